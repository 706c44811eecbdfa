"""What is asked of a database about what waits. Times are epoch milliseconds."""

from collections.abc import Mapping
from typing import Final, Protocol

from msgspec import Struct


class WaitingJob(Struct, frozen=True, kw_only=True):
    """The waiting executions of one job. `waiting` is counted up to a bound; `room` None: no limit."""

    number: int
    job: str
    waiting: int
    more: bool
    first: int
    first_id: str
    oldest_at: int | None
    paused: bool
    room: int | None


class Shares(Struct, frozen=True, kw_only=True):
    """How projects stand to each other: what each runs, and how often each was served, those left out `now` times."""

    running: Mapping[str, int]
    served: Mapping[str, int]
    now: int = 0

    def place(self, project: str, nth: int) -> tuple[int, int]:
        """Where the nth that waits in a project stands (from 0 on) among those of all projects; the smallest first."""
        return self.running.get(project, 0) + nth, max(self.served.get(project, 0), self.now) + nth


ALIKE: Final = Shares(running={}, served={})
"""Nobody runs anything, nobody was served."""


class QueueTable(Protocol):
    """The queue, as people look at it."""

    async def waiting(self, project: str, after: int, limit: int) -> list[WaitingJob]: ...
