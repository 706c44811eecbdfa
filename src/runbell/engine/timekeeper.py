"""The caretaker of due times: releases what may start now, discards what came too late."""

import asyncio
import logging
from typing import Final

from runbell.domain.fault import Fault
from runbell.operations.ports import Desk

MOST_S: Final = 1.0
BATCH: Final = 500
log = logging.getLogger(__name__)


class Timekeeper:
    """Looks at the next due time on the table at least once a second: a nearer one may come with any start, and wall
    clocks are set by hand sometimes. A look is one read; only what is due is written."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._wake = asyncio.Event()

    def nudge(self) -> None:
        """A nearer due time may have been written."""
        self._wake.set()

    async def once(self) -> int:
        """Deal with everything that is due, in batches; answers how many executions changed."""
        changed = 0
        while True:
            batch = await self._desk.store.tick(self._desk.clock.now(), BATCH)
            changed += batch
            if batch < BATCH:
                return changed

    async def serve(self) -> None:
        """Do so for ever."""
        while True:
            wait_s = MOST_S
            try:
                due = await self._desk.store.next_due()
                if due is not None and due <= self._desk.clock.now():
                    wait_s = 0 if await self.once() else MOST_S
                elif due is not None:
                    wait_s = min((due - self._desk.clock.now()) / 1_000, MOST_S)
            except Fault as fault:
                log.warning("tick_failed", extra={"code": fault.code, "detail": fault.detail})
            try:
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
