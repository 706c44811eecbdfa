"""What of an execution somebody may see who may look at it: what it handed back, and the last lines of its log.

`executions:read` shows that it ran, with what parameters, how it ended and what it says of itself (exit status, error,
progress, counts). What it made is shown with `results:read`, what it wrote with `logs:read`, wherever it would appear.
"""

from typing import Final

from msgspec import Struct

RESULTS: Final = "results:read"
LOGS: Final = "logs:read"


class Sight(Struct, frozen=True):
    """Whether results and logs are shown. `place` tells the four kinds apart."""

    results: bool
    logs: bool
    place: int


_ALL: Final = tuple(Sight(results=bool(place & 1), logs=bool(place & 2), place=place) for place in range(4))


def sight(*, results: bool, logs: bool) -> Sight:
    """The one of the four kinds."""
    return _ALL[results + 2 * logs]
