"""The engine of one process: it takes what is queued as slots allow, and runs each in a task of its own."""

import asyncio
import logging
from typing import Final

from msgspec import structs

from runbell.domain import plan
from runbell.domain.execution import Error, Execution
from runbell.domain.fault import Fault
from runbell.domain.status import ERROR, Status
from runbell.engine.prepared import Prepared
from runbell.engine.reconcile import reconcile
from runbell.engine.run_execution import Run
from runbell.engine.slots import Slots
from runbell.engine.timekeeper import Timekeeper
from runbell.engine.turns import Turns
from runbell.engine.verdicts import confirmed
from runbell.engine.workshop import Workshop
from runbell.operations.ports import Desk
from runbell.operations.wait import Watchers
from runbell.ports.artifacts import Artifacts
from runbell.ports.engine import EngineStats, Held, Worker
from runbell.ports.runner import Runner
from runbell.ports.store import Advance, Claim, Fail, Notice, Ref, StopWins

BREATH_S: Final = 1.0
log = logging.getLogger(__name__)


class LocalEngine:
    """Implements `ports.engine.Engine` in the server's own process."""

    def __init__(
        self, desk: Desk, runner: Runner, artifacts: Artifacts, watchers: Watchers, *, slots: int, worker: str
    ) -> None:
        self._wake = asyncio.Event()
        self._slots = Slots(slots, self.nudge)
        self._shop = Workshop(desk, runner, artifacts, self._slots, watchers)
        self._worker = worker
        self._runs: dict[int, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._early_stops: set[int] = set()
        self._turns = Turns()
        self._draining = False
        self._timekeeper = Timekeeper(desk)

    def notice(self, notice: Notice) -> None:
        """The store's listener: what was queued may be claimed, what is to stop is told so."""
        if notice.status is Status.QUEUED:
            self.nudge()
        elif notice.status is Status.SCHEDULED:
            self._timekeeper.nudge()
        elif notice.status is Status.STOPPING:
            self.cancel(notice.number)
        elif notice.status.terminal:
            self._early_stops.discard(notice.number)
            self.nudge()  # its job may have room for another one now

    def nudge(self) -> None:
        """Something may be ready to run."""
        self._wake.set()

    def cancel(self, number: int) -> None:
        """A stop was written for this execution; perhaps in the same commit as its claim, before its run is known."""
        if (run := self._runs.get(number)) is not None:
            run.stop_asked()
        else:
            self._early_stops.add(number)

    def stats(self) -> EngineStats:
        """What it is doing now."""
        return EngineStats(
            slots=self._slots.total,
            busy=self._slots.busy,
            running=len(self._runs),
            draining=self._draining,
            healthy=not any(run.survivors for run in self._runs.values()),
        )

    def workers(self) -> list[Worker]:
        """Itself: in one process nobody else runs things."""
        stats = self.stats()
        held = tuple(
            Held(
                number=number, id=run.execution.id, project=run.execution.project, job=run.execution.job,
                started_at=run.execution.started_at, steps=tuple(flight.row.name for flight in run.flights),
            )
            for number, run in sorted(self._runs.items())
        )  # fmt: skip
        return [
            Worker(
                name=self._worker, slots=stats.slots, busy=stats.busy, hands=self._shop.runner.hands(),
                draining=stats.draining, healthy=stats.healthy, last_seen=self._shop.desk.clock.now(), running=held,
            )
        ]  # fmt: skip

    async def serve(self) -> None:
        """Resolve what a former process left, then claim and run until `drain`."""
        await reconcile(self._shop)
        timekeeper = asyncio.create_task(self._timekeeper.serve(), name="timekeeper")
        try:
            self.nudge()
            while not self._draining:
                await self._wake.wait()
                self._wake.clear()
                await self._claim_while_free()
        finally:
            timekeeper.cancel()

    async def drain(self, seconds: float) -> None:
        """Claim nothing more, let running executions end for so long, then kill the rest."""
        self._draining = True
        self.nudge()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for run in list(self._runs.values()):
            run.abandon()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _claim_while_free(self) -> None:
        while not self._draining and self._slots.free > 0:
            try:
                if not await self._claim_some():
                    return
            except Fault as fault:
                log.warning("claim_failed", extra={"code": fault.code, "detail": fault.detail})
                await asyncio.sleep(BREATH_S)
                self.nudge()
                return

    async def _claim_some(self) -> int:
        """Claim as many as there are free slots; answers how many were taken."""
        queued = await self._shop.desk.store.queue(self._slots.free, self._turns.shares())
        prepared = [await self._prepare(execution) for execution in queued if self._slots.take()]
        if not prepared:
            return 0
        try:
            claimed = await self._shop.desk.store.claim([self._claim_of(one) for one in prepared])
        except Fault:
            for _ in prepared:
                self._slots.give()
            raise
        taken = 0
        for one, execution in zip(prepared, claimed, strict=True):
            if execution is None:
                self._slots.give()
                continue
            taken += 1
            self._start(one, execution)
        return taken

    async def _prepare(self, execution: Execution) -> Prepared:
        """Plan the first steps, so that claim and start are one commit."""
        desk = self._shop.desk
        try:
            record, job = await desk.catalogue.of(execution)
        except Fault as fault:
            return Prepared(execution, None, None, [], (), fault.detail)
        except Exception as defect:  # one job that cannot be read must not stop all others
            log.exception("job_defect", extra={"execution": execution.number})
            return Prepared(execution, None, None, [], (), f"A defect of the server: {type(defect).__name__}.")
        fresh = not execution.began and execution.restart_of is None
        rows = [] if fresh else await desk.store.steps(execution.number)
        planned = plan.plan(job, execution.scopes, rows, desk.clock.now(), execution.id)
        return Prepared(execution, record, job, rows, planned.start[:1])

    def _claim_of(self, prepared: Prepared) -> Claim:
        return Claim(
            number=prepared.execution.number,
            worker=self._worker,
            at=self._shop.desk.clock.now(),
            steps=prepared.first,
        )

    def _start(self, prepared: Prepared, claimed: Execution) -> None:
        self._turns.took(claimed.project)
        if prepared.job is None or prepared.record is None:
            self._keep(asyncio.create_task(self._refuse(claimed, prepared.unreadable)), claimed)
            return
        run = Run(self._shop, prepared.record, prepared.job, [*prepared.rows, *prepared.first], prepared.first, claimed)
        self._runs[claimed.number] = run
        if claimed.number in self._early_stops:
            self._early_stops.discard(claimed.number)
            run.stop_asked()
        self._keep(asyncio.create_task(run.drive(), name=f"execution {claimed.number}"), claimed)

    async def _refuse(self, execution: Execution, why: str) -> None:
        """Its definition cannot be read any more: it fails with that sentence, or is stopped if that was asked for."""
        self._slots.give()
        store, now = self._shop.desk.store, self._shop.desk.clock.now()
        advance = Advance(
            number=execution.number, epoch=execution.epoch, at=now, verdict=Fail(Error(code=ERROR, detail=why))
        )
        try:
            await store.advance(advance)
        except StopWins:
            fresh = await store.execution(execution.project, Ref(number=execution.number))
            if fresh is not None and fresh.stop is not None:
                await store.advance(structs.replace(advance, verdict=confirmed(fresh.stop, [], now)))

    def _keep(self, task: asyncio.Task[None], claimed: Execution) -> None:
        self._tasks.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._runs.pop(claimed.number, None)
            self._turns.gave(claimed.project)
            if not task.cancelled() and (defect := task.exception()) is not None:
                log.error("run_defect", exc_info=defect, extra={"execution": claimed.number})
            self.nudge()

        task.add_done_callback(done)
