"""The caretaker of what has outlived its time: executions, logs and data, in small batches with pauses between them.

It goes from job to job and asks an index for what is over, so a look costs the same however long the history is. The
writer looks at each row once more: nothing that lives or is pinned is touched. The row says that files are going before
they go; what a crash leaves lying is found by the sweep.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from runbell.domain.audit import Entry
from runbell.domain.execution import DATA_REMOVED, LOG_REMOVED
from runbell.domain.fault import Fault
from runbell.domain.job import DAY_MS
from runbell.domain.yielded import named_files
from runbell.operations import keep
from runbell.operations.ports import Ports
from runbell.ports.upkeep_table import Expire, Forget, Keeping, Kept, Strip

BATCH: Final = 50
PAUSE_S: Final = 0.05
EVERY_S: Final = 10.0
SWEEP_EVERY_S: Final = 86_400.0
RANKED: Final = 5_000
SETTLED_MS: Final = 3_600_000
TOMBSTONE_MS: Final = 30 * DAY_MS
KEY_MS: Final = 90 * DAY_MS
BULK_MS: Final = 30 * DAY_MS
ACTOR: Final = "system:retention"
_NEVER: Final = (-(1 << 62), 0)
log = logging.getLogger(__name__)


class Retention:
    """Removes what every job's `retention` says, and what only answers for it afterwards."""

    def __init__(self, ports: Ports, *, pause_s: float = PAUSE_S) -> None:
        self._ports = ports
        self._pause_s = pause_s

    async def serve(self) -> None:
        """Sweep the folders, then go round for ever."""
        clock = self._ports.clock
        swept: float | None = None
        while True:
            try:
                if swept is None or clock.monotonic() - swept >= SWEEP_EVERY_S:
                    await self.sweep()
                    await self.clear()
                    swept = clock.monotonic()
                await self.once()
            except (Fault, OSError) as trouble:
                log.warning("retention_failed", extra={"why": str(trouble)})
            await asyncio.sleep(EVERY_S)

    async def once(self) -> int:
        """One round over all jobs; answers how many executions were removed."""
        removed, after = 0, 0
        while jobs := await self._ports.store.keeping(after, BATCH):
            for job in jobs:
                removed += await self._of(job)
            after = jobs[-1].number
            await self._breathe()
        await self._forget()
        return removed

    async def sweep(self) -> int:
        """Remove folders of executions that are not on the table, and files that a row says are gone."""
        orphans = 0
        async for held in self._ports.artifacts.held(BATCH):
            lost = await self._ports.store.removed(held)
            gone = [execution for execution in held if execution not in lost]
            await self._ports.artifacts.delete(gone)
            for bits in (LOG_REMOVED, DATA_REMOVED, LOG_REMOVED | DATA_REMOVED):
                await self._strip_files([execution for execution, taken in lost.items() if taken == bits], bits)
            orphans += len(gone)
            await self._breathe()
        if orphans:
            log.info("orphans_removed", extra={"folders": orphans})
        return orphans

    async def clear(self) -> int:
        """Remove what killed hands and attempts that were tried again left of executions that are over; how many files.

        Only what was there an hour ago, of those that had ended then: their steps do not change any more.
        """
        before, taken = self._ports.clock.now() - SETTLED_MS, 0
        async for lying in self._ports.artifacts.lying(BATCH, before):
            over = await self._ports.store.over([*lying], before)
            for execution, number in over.items():
                named = {f"data/{name}" for name in named_files(await self._ports.store.steps(number))}
                left = [name for name in lying[execution] if name not in named]
                taken += await self._ports.artifacts.take_away(execution, left) if left else 0
                await asyncio.sleep(0)
            await self._breathe()
        if taken:
            log.info("leavings_removed", extra={"files": taken})
        return taken

    async def _of(self, job: Keeping) -> int:
        said = await keep.retention(self._ports, job.project, job.name)
        now = self._ports.clock.now()
        removed = 0
        for lost in range(4):
            while over := await self._over(job, lost, now - said.executions_ms):
                gone = await self._expire(job, over)
                removed += gone
                if not gone:
                    break
        if said.count is not None:
            removed += await self._beyond(job, said.count)
        for bits, age in ((DATA_REMOVED, said.data_ms), (LOG_REMOVED, said.logs_ms)):
            for lost in (0, LOG_REMOVED + DATA_REMOVED - bits):
                while over := await self._over(job, lost, now - age):
                    if not await self._strip(over, bits):
                        break
        return removed

    async def _over(self, job: Keeping, lost: int, before: int) -> list[Kept]:
        return await self._ports.store.outlived(job.number, lost, before, BATCH)

    async def _beyond(self, job: Keeping, count: int) -> int:
        """Remove what is older than the `count` newest ones; they are counted off in steps."""
        spot: tuple[int, int] | None = None
        left = count
        while left:
            step = min(left, RANKED)
            spot = await self._ports.store.rank(job.number, spot, step - 1)
            if spot is None:
                return 0
            left -= step
            await asyncio.sleep(0)
        removed, after = 0, _NEVER
        while spot is not None and (old := await self._ports.store.older(job.number, spot, after, BATCH)):
            removed += await self._expire(job, old)
            after = (old[-1].created_at, old[-1].number)
        return removed

    async def _expire(self, job: Keeping, old: list[Kept]) -> int:
        now = self._ports.clock.now()
        detail = {"first": old[0].number, "last": old[-1].number, "at_most": len(old)}
        told = Entry(at=now, actor=ACTOR, action="executions.expire", project=job.project, object=job.name,
                     detail=detail)  # fmt: skip
        gone = await self._ports.store.expire(Expire(numbers=tuple(one.number for one in old), at=now, audit=told))
        await self._ports.artifacts.delete(gone)
        await self._breathe()
        return len(gone)

    async def _strip(self, old: list[Kept], bits: int) -> int:
        stripped = await self._ports.store.strip(Strip(numbers=tuple(one.number for one in old), removed=bits))
        await self._strip_files(stripped, bits)
        await self._breathe()
        return len(stripped)

    async def _strip_files(self, executions: Iterable[str], bits: int) -> None:
        await self._ports.artifacts.strip(executions, log=bool(bits & LOG_REMOVED), data=bool(bits & DATA_REMOVED))

    async def _forget(self) -> None:
        now = self._ports.clock.now()
        keys_after: int | None = 0
        while True:
            forgot = await self._ports.store.forget(
                Forget(tombstones=now - TOMBSTONE_MS, keys=now - KEY_MS, bulks=now - BULK_MS, limit=10 * BATCH,
                       keys_after=keys_after)
            )  # fmt: skip
            keys_after = forgot.keys_after
            if not forgot.rows and keys_after is None:
                return
            await self._breathe()

    async def _breathe(self) -> None:
        await asyncio.sleep(self._pause_s)
