"""Time from outside: a wall clock for records, a monotonic one for waiting."""

from typing import Protocol


class Clock(Protocol):
    """Tells the time. Tests hand in one that stands still."""

    def now(self) -> int:
        """The wall clock: epoch milliseconds, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump; for waiting only."""
        ...
