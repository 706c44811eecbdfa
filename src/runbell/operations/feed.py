"""The feed: every change that the caller may see, in one order. What was seen is a number: nothing comes before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from msgspec import Struct, structs

from runbell.domain.faults import EventsExpired, InvalidField
from runbell.domain.identity import Actor
from runbell.operations.ports import Ports
from runbell.operations.tail import Waiter
from runbell.ports.event_table import EventQuery, EventsPage

NEWEST: Final = -1
"""In place of a position: only what is still to come."""


class Feed(Struct, frozen=True):
    """A page of the feed and the first event that is kept."""

    page: EventsPage
    oldest: int


async def query_of(
    ports: Ports, actor: Actor, after: int | None, *, job: str | None, types: frozenset[str] | None, limit: int
) -> EventQuery:
    """What the caller may see of what it asks for. `after` None: from the oldest that is kept.

    Raises EventsExpired when something after that position is not kept any more, InvalidField for a number that no
    event has had yet.
    """
    bounds = await ports.store.event_bounds()
    if after is None:
        after = bounds.oldest - 1
    elif after == NEWEST:
        after = bounds.newest
    elif after < bounds.oldest - 1:
        raise EventsExpired(
            f"Events before {bounds.oldest} are not kept any more; go on with after={bounds.oldest - 1}, and read the "
            "list of executions for what you missed.",
            about={"oldest_seq": str(bounds.oldest)},
        )
    elif after > bounds.newest:
        said = f"No event has had the number {after} yet, the newest is {bounds.newest}; was this server restored from "
        said += "an older copy? Begin without `after`."
        raise InvalidField.at("?after", "unknown_position", said)
    jobs = actor.jobs
    if job is not None:
        jobs = frozenset((job,)) if actor.reaches(job) else frozenset()
    return EventQuery(
        project=actor.project,
        after=after,
        jobs=None if jobs is None else tuple(sorted(jobs)),
        types=types,
        limit=limit,
    )


async def page(ports: Ports, query: EventQuery, seconds: float) -> Feed:
    """The events there are; when there are none, those that come within so many seconds."""
    found = await ports.store.events(query)
    if not found.items and not found.more and seconds > 0:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), waiting(ports, query) as waiter:
                while not found.items:
                    query = structs.replace(query, after=found.next_after)
                    found = await following(ports, query, waiter)
                    if not found.items and not found.more:
                        await waiter.news.wait()
    return Feed(found, (await ports.store.event_bounds()).oldest)


@asynccontextmanager
async def waiting(ports: Ports, query: EventQuery) -> AsyncIterator[Waiter]:
    """Wait for events; the waiter is woken when there may be one."""
    tail = ports.watchers.tail
    waiter = await tail.enter(ports.store, query)
    try:
        yield waiter
    finally:
        tail.leave(waiter)


async def following(ports: Ports, query: EventQuery, waiter: Waiter) -> EventsPage:
    """The next events for a waiter; it is woken anew by whatever comes after this look."""
    waiter.news.clear()
    return await ports.watchers.tail.page(ports.store, query)
