"""What a cron line means, without a time zone: the calendar of whoever reads such lines."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Cron(Protocol):
    """The local times (naive, whole minutes, growing) that a line of five fields names, as Debian's cron(5) has it.

    They begin after `after`, and end when none comes within fifty years. Raises ValueError for a line that it refuses.
    """

    def __call__(self, line: str, after: datetime) -> Iterator[datetime]: ...
