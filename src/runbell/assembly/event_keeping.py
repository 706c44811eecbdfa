"""The caretaker of the feed: events that are older than they need to be kept go, a little at a time."""

import asyncio
import logging
from typing import Final

from runbell.domain.fault import Fault
from runbell.domain.job import DAY_MS
from runbell.operations.ports import Desk

EVERY_S: Final = 600.0
BATCH: Final = 500
PAUSE_S: Final = 0.05
"""Between two batches, so that starts and claims come in between: a batch takes the writer about a millisecond."""
log = logging.getLogger("runbell.events")


async def keep_events(desk: Desk, days: int) -> None:
    """Let go of events older than so many days, for ever. A full disk is no reason to end."""
    while True:
        try:
            gone = await let_go(desk, days)
        except Fault as fault:
            log.warning("events_not_pruned", extra={"why": fault.detail})
        else:
            if gone:
                log.info("events_pruned", extra={"events": gone})
        await asyncio.sleep(EVERY_S)


async def let_go(desk: Desk, days: int, batch: int = BATCH) -> int:
    """Remove what is too old, in batches; how many events went. 0 days: nothing ever."""
    gone, last = 0, batch
    while days and last == batch:
        last = await desk.store.prune_events(desk.clock.now() - days * DAY_MS, batch)
        gone += last
        await asyncio.sleep(PAUSE_S if last == batch else 0)
    return gone
