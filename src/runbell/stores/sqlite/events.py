"""The store's part that knows what happened."""

from runbell.ports.event_table import EventBounds, EventQuery, EventsPage, Moment
from runbell.stores.sqlite import read_events
from runbell.stores.sqlite.ends import Ends
from runbell.stores.sqlite.protocol import PruneEvents


class EventRows(Ends):
    """Implements `ports.event_table.EventTable`."""

    async def events(self, query: EventQuery) -> EventsPage:
        return read_events.events(self._db, query)

    async def event_bounds(self) -> EventBounds:
        return read_events.bounds(self._db)

    async def story(self, number: int, since: int) -> list[Moment]:
        return read_events.story(self._db, number, since)

    async def prune_events(self, before: int, limit: int) -> int:
        gone: int = await self._link.ask(PruneEvents(before, limit))
        return gone
