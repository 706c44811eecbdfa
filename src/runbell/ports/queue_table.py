"""What is asked of a database about what waits. Times are epoch milliseconds."""

from typing import Protocol

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


class QueueTable(Protocol):
    """The queue, as people look at it."""

    async def waiting(self, project: str, after: int, limit: int) -> list[WaitingJob]: ...
