"""What is asked of a database about what happened: the feed of all events, and the story of one execution."""

from typing import Protocol

from msgspec import Struct

from runbell.domain.execution import Progress, StepExecution
from runbell.domain.status import Status


class EventRecord(Struct, frozen=True, kw_only=True):
    """An event on the table. `data` is JSON text; `seq` is visible in order: no smaller one ever comes later."""

    seq: int
    time: int
    type: str
    execution: str
    number: int
    job: str
    project: str
    revision: int
    data: str


class EventQuery(Struct, frozen=True, kw_only=True):
    """Events in their order, those after the event `after`. None: of every project, every job, every type."""

    project: str | None
    after: int
    jobs: tuple[str, ...] | None = None
    types: frozenset[str] | None = None
    limit: int = 50


class EventsPage(Struct, frozen=True):
    """Events, and the position to go on from: everything up to there was looked at. A short page need not be the last.

    `more`: there is more on the table already.
    """

    items: list[EventRecord]
    next_after: int
    more: bool


class EventBounds(Struct, frozen=True):
    """The first event that is kept (the one to come, when none is), and the last that was given a number."""

    oldest: int
    newest: int


class Moment(Struct, frozen=True, kw_only=True):
    """One thing in the story of an execution: its status, a step of it, or its progress as they became at `revision`.

    `place` orders what became with the same revision. `time` is None for progress.
    """

    revision: int
    place: int
    time: int | None = None
    status: Status | None = None
    step: StepExecution | None = None
    progress: Progress | None = None

    @property
    def position(self) -> tuple[int, int]:
        """What orders the story."""
        return (self.revision, self.place)


class EventTable(Protocol):
    """The trace of every change, as long as it is kept."""

    async def events(self, query: EventQuery) -> EventsPage: ...
    async def event_bounds(self) -> EventBounds: ...
    async def story(self, number: int, since: int) -> list[Moment]:
        """What became of an execution from its revision `since` on, in order. Empty when it is not there."""
        ...

    async def prune_events(self, before: int, limit: int) -> int:
        """Remove at most `limit` of the oldest events from before that time; answers how many."""
        ...
