"""The caretaker of bulks: works them off in small batches, through the same operations as single calls.

An item that was done and not told of before a crash is done again, which changes nothing: a stop is a stop, what is
deleted is gone, and a rerun or restart carries a key.
"""

import asyncio
import logging
from typing import Final

from msgspec import structs

from runbell.domain.fault import Fault
from runbell.domain.faults import Gone, QueueFull, StorageFull, Unavailable
from runbell.domain.identity import Actor
from runbell.operations.bulk import RIGHTS
from runbell.operations.delete import delete
from runbell.operations.idempotency import IdempotencyKey
from runbell.operations.ports import Ports
from runbell.operations.restart import rerun, restart
from runbell.operations.stop import stop
from runbell.ports.bulk_table import Bulk, BulkItem, EndBulk, TellBulk
from runbell.ports.store import Ref, Started

BATCH: Final = 20
PAUSE_S: Final = 0.02
LOOK_S: Final = 0.5
LATER: Final = (Unavailable, StorageFull, QueueFull)
"""Refusals that say nothing about the item: it is tried again."""
log = logging.getLogger(__name__)


class BulkWorker:
    """Does what bulks ask for, as whoever asked, with the reach that he had then."""

    def __init__(self, ports: Ports, *, pause_s: float = PAUSE_S) -> None:
        self._ports = ports
        self._pause_s = pause_s

    async def serve(self) -> None:
        """Give up what a former process did not finish collecting, then work for ever."""
        await self.abandon()
        while True:
            try:
                busy = await self.once()
            except Fault as fault:
                log.warning("bulk_waits", extra={"code": fault.code, "detail": fault.detail})
                busy = False
            await asyncio.sleep(self._pause_s if busy else LOOK_S)

    async def abandon(self) -> None:
        """A bulk that is still collecting when a server starts was never accepted."""
        for bulk in await self._ports.store.bulks_at_work():
            if bulk.status == "collecting":
                await self._ports.store.end_bulk(EndBulk(bulk=bulk.number, status="abandoned", at=0))

    async def once(self) -> bool:
        """One batch of every bulk at work; answers whether there was anything to do."""
        busy = False
        for bulk in await self._ports.store.bulks_at_work():
            if bulk.status != "working":
                continue
            batch = await self._ports.store.bulk_items(bulk.number, 0, BATCH, open_only=True)
            told = await asyncio.gather(*(self._told(bulk, item) for item in batch))
            done = [item for item in told if item is not None]
            if done:
                await self._ports.store.tell_bulk(TellBulk(bulk.number, done, self._ports.clock.now()))
            busy = busy or bool(done)
        return busy

    async def _told(self, bulk: Bulk, item: BulkItem) -> BulkItem | None:
        """What came of one item; None when it has to be tried again."""
        try:
            return await self._done(bulk, item)
        except LATER:
            return None
        except Fault as fault:
            if bulk.order.action == "delete" and isinstance(fault, Gone):
                return structs.replace(item, outcome="done")
            return structs.replace(item, outcome="refused", code=fault.code, detail=fault.detail)
        except Exception as defect:
            log.exception("bulk_defect", extra={"bulk": bulk.id, "execution": item.number})
            said = f"A defect of the server: {type(defect).__name__}."
            return structs.replace(item, outcome="refused", code="internal", detail=said)

    async def _done(self, bulk: Bulk, item: BulkItem) -> BulkItem:
        order = bulk.order
        actor = Actor(
            bulk.actor, bulk.project, frozenset({RIGHTS[order.action]}),
            None if order.jobs is None else frozenset(order.jobs), order.address, order.request,
        )  # fmt: skip
        ref = Ref(id=item.execution)
        key = IdempotencyKey(f"bulk_{bulk.id}", f"/executions/{item.number}/{order.action}", {})
        started: Started | None = None
        match order.action:
            case "stop":
                await stop(self._ports, actor, ref, "kill" if order.mode == "kill" else "graceful", order.reason)
            case "delete":
                await delete(self._ports, actor, ref)
            case "rerun":
                mode = "current" if order.mode == "current" else "exact"
                started = await rerun(self._ports, actor, ref, mode, None, key)  # type: ignore[arg-type]
            case "restart":
                started = await restart(self._ports, actor, ref, None, key)
        return structs.replace(item, outcome="done", made=None if started is None else started.execution.id)
