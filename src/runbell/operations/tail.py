"""The newest events in memory: read from the table once, for all who wait for them.

Nobody who waits asks the table. The store says that something was committed; then one read fetches what is new, and
those whom it concerns are woken. Who has fallen behind what is kept here reads pages from the table until he is back.
"""

import asyncio
import logging
from bisect import bisect_right
from collections import defaultdict
from typing import Final

from runbell.ports.event_table import EventQuery, EventRecord, EventsPage
from runbell.ports.store import Store

KEPT: Final = 4_096
BATCH: Final = 1_000
log = logging.getLogger(__name__)


class Waiter:
    """Somebody who waits for events of a project: `news` is set when there may be one for him."""

    __slots__ = ("keys", "news", "types")

    def __init__(self, query: EventQuery) -> None:
        self.news = asyncio.Event()
        self.types = query.types
        self.keys = [(query.project, job) for job in (query.jobs if query.jobs is not None else (None,))]


class Tail:
    """What came last, and who waits for more. Nothing is read while nobody waits."""

    def __init__(self) -> None:
        self._waiting: defaultdict[tuple[str | None, str | None], set[Waiter]] = defaultdict(set)
        self._records: list[EventRecord] = []
        self._seqs: list[int] = []
        self._floor = self._last = 0
        self._behind = False
        self._reading: asyncio.Task[None] | None = None
        self._store: Store

    def notice(self) -> None:
        """Something was committed."""
        self._behind = True
        if self._waiting and self._reading is None:
            self._reading = asyncio.create_task(self._catch_up())

    async def enter(self, store: Store, query: EventQuery) -> Waiter:
        """From now on the waiter is woken by every event that this query wants. Read once more before you wait."""
        if not self._waiting:
            self._store, self._behind = store, False
            newest = (await store.event_bounds()).newest
            if not self._waiting:
                self._records, self._seqs = [], []
                self._floor = self._last = newest
        waiter = Waiter(query)
        for key in waiter.keys:
            self._waiting[key].add(waiter)
        if self._behind:
            self.notice()
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Nobody waits with it any more."""
        for key in waiter.keys:
            self._waiting[key].discard(waiter)
            if not self._waiting[key]:
                del self._waiting[key]

    async def page(self, store: Store, query: EventQuery) -> EventsPage:
        """The next events for somebody who has entered: from memory as far as it reaches, else from the table."""
        if query.after < self._floor:
            return await store.events(query)
        items: list[EventRecord] = []
        start = bisect_right(self._seqs, query.after)
        for place in range(start, len(self._records)):
            record = self._records[place]
            if wants(query, record):
                if len(items) == query.limit:
                    return EventsPage(items, items[-1].seq, more=True)
                items.append(record)
        return EventsPage(items, max(self._last, query.after), more=False)

    async def _catch_up(self) -> None:
        try:
            while self._behind and self._waiting:
                self._behind = False
                page = await self._store.events(EventQuery(project=None, after=self._last, limit=BATCH))
                self._take(page)
                self._behind = self._behind or page.more
        except Exception:
            log.exception("events_not_read")  # those who wait go on from the table when the next notice comes
        finally:
            self._reading = None

    def _take(self, page: EventsPage) -> None:
        self._last = max(self._last, page.next_after)
        self._records += page.items
        self._seqs += [record.seq for record in page.items]
        if len(self._records) > 2 * KEPT:
            self._floor = self._seqs[-KEPT - 1]
            del self._records[:-KEPT], self._seqs[:-KEPT]
        for record in page.items:
            for key in ((record.project, None), (record.project, record.job)):
                for waiter in self._waiting.get(key, ()):
                    if waiter.types is None or record.type in waiter.types:
                        waiter.news.set()


def wants(query: EventQuery, record: EventRecord) -> bool:
    """Whether a query asks for this event."""
    return (
        record.project == query.project
        and (query.jobs is None or record.job in query.jobs)
        and (query.types is None or record.type in query.types)
    )
