"""What is asked of a database about schedules: when each fires next, and what it starts. Epoch milliseconds."""

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from runbell.domain.audit import Entry

if TYPE_CHECKING:
    from runbell.ports.fire import Fire


class Timed(Struct, frozen=True, kw_only=True):
    """The schedule of a definition, as the table keeps it: `timing` is all that decides when it fires.

    `on`: it is in force as the definition has it. `anchor`: what its intervals are counted from. `first`: when it
    fires first from now on.
    """

    timing: str
    on: bool
    anchor: int
    first: int | None


class Standing(Struct, frozen=True, kw_only=True):
    """A job's schedule as it stands. `on`: it is in force, but for a pause. `anchor`: since when it has this timing.

    `next_at` None: it fires no more, or not while this lasts. `last_at`: the last fire time that was dealt with.
    """

    job_number: int
    project: str
    job: str
    timing: str
    on: bool
    paused: bool
    anchor: int
    next_at: int | None
    last_at: int | None


class PauseSchedule(Struct, frozen=True, kw_only=True):
    """Hold a schedule (`paused`), or let it go on: `next_at` is when one of that `timing` fires then."""

    project: str
    job: str
    paused: bool
    timing: str
    next_at: int | None
    at: int
    audit: Entry | None = None


class Realign(Struct, frozen=True, kw_only=True):
    """It fires at another time than was thought; nothing happens when it stands otherwise than `was`."""

    job_number: int
    was: int | None
    next_at: int | None


class ScheduleTable(Protocol):
    """The schedules of all jobs, and the firings that they make."""

    async def schedule(self, job_number: int) -> Standing | None: ...
    async def schedules(self, after: int, limit: int) -> list[Standing]:
        """Schedules by the numbers of their jobs, those after `after`."""
        ...

    async def schedules_due(self, at: int, limit: int) -> list[Standing]:
        """Those whose time has come, the longest due first."""
        ...

    async def next_fire(self) -> int | None:
        """When the next of all schedules fires."""
        ...

    async def next_fires(self, job_numbers: list[int]) -> dict[int, int]:
        """When each of these jobs fires next; those that do not are left out."""
        ...

    async def fire(self, asked: "Fire") -> bool:
        """Make the starts and move the schedule on, in one transaction; False when it stands otherwise by now."""
        ...

    async def pause_schedule(self, asked: PauseSchedule) -> Standing: ...
    async def realign(self, asked: Realign) -> None: ...
