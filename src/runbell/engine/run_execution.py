"""One execution from its claim to its verdict: plan, start steps, wait for news, write it down, again."""

import asyncio
import logging
from contextlib import suppress

from msgspec import structs

from runbell.domain import plan
from runbell.domain.execution import MAX_WORKERS_LOST, Error, Execution, Progress, StepExecution, Stop
from runbell.domain.faults import Unavailable
from runbell.domain.fill_in import FillInError
from runbell.domain.job import Job
from runbell.domain.outcome import Failed, Gone
from runbell.domain.status import ERROR, StepStatus
from runbell.engine import verdicts
from runbell.engine.alarm import Alarm
from runbell.engine.departures import AnyFlight, Departures
from runbell.engine.ending import Ending
from runbell.engine.flight import Landed
from runbell.engine.footing import lay
from runbell.engine.keeping import checked
from runbell.engine.order import Withheld
from runbell.engine.order_book import OrderBook
from runbell.engine.time_limits import deadline_of, time_left
from runbell.engine.workshop import Workshop
from runbell.engine.write_down import write_down
from runbell.ports.job_table import JobRecord
from runbell.ports.runner import HandLost, InnerStep, Note, Progressed
from runbell.ports.store import Advance, Fail, Lose, Ref, Requeue, Stale, StopWins, Verdict

SURVIVOR_PAUSE_S = 1.0
Slot = tuple[str, str | None, int]
log = logging.getLogger(__name__)


class Run:
    """Drives one claimed execution. `spare` counts the slots it holds that no step uses."""

    def __init__(
        self,
        workshop: Workshop,
        record: JobRecord,
        job: Job,
        rows: list[StepExecution],
        first: tuple[StepExecution, ...],
        claimed: Execution,
    ) -> None:
        self.execution = claimed
        self.survivors = 0
        self._shop = workshop
        self._job = job
        orders = OrderBook(workshop, job, record.folder, claimed)
        self._departures = Departures(workshop, job, orders, self._noted, self._landed)
        self._rows: dict[Slot, StepExecution] = {row.slot: row for row in rows}
        self._first = first
        self.flights: set[AnyFlight] = set()
        self._spare = 1
        self._wanting = False
        self._outbox: dict[Slot, StepExecution] = {}
        self._unacknowledged: list[AnyFlight] = []
        self._progress: Progress | None = None
        self._gone: list[Gone] = []
        self._hands_lost = 0
        self._ending: Ending | None = None
        self._news = asyncio.Event()
        self._alarm = Alarm(self._news.set)

    async def drive(self) -> None:
        """Run to the verdict. Returns when it is written, or when the claim turns out to be over."""
        try:
            if (why := await lay(self._shop, self._job, self.execution, self._rows.values())) is not None:
                return await self._turn_away(why)
            await self._departures.look_up()
            self._launch(self._first)
            steps = self._job.steps
            if len(self.flights) < len(steps) or steps[0].for_each or deadline_of(self.execution):
                self._news.set()  # more may start beside the first, or a time limit wants its alarm
            while True:
                await self._news.wait()
                self._news.clear()
                if await self._advance():
                    return None
        except Stale:
            await self._kill()
        except Unavailable:
            raise  # the table is gone, and with it the server
        except Exception as defect:  # a defect of ours must not leave it running for ever
            log.exception("run_defect", extra={"execution": self.execution.number})
            await self._kill()
            await self._give_up(f"A defect of the server ended it: {type(defect).__name__}; its log has more.")
        finally:
            self._alarm.clear()
            self._release_slots()

    async def _turn_away(self, why: str) -> None:
        now, error = self._shop.desk.clock.now(), Error(code=ERROR, detail=why)
        for row in self._first:
            self._note_row(verdicts.landed_row(row, Failed(error), now))
        await self._finish(Fail(error), now)

    def stop_asked(self) -> None:
        """A stop of this execution was written."""
        self._ending = self._ending or Ending.STOP
        self._news.set()

    def abandon(self) -> None:
        """The server leaves: kill what runs, and let the table say what that means for it."""
        self._ending = Ending.ABANDONED
        self._news.set()

    async def _advance(self) -> bool:
        """Deal with the news. True when the verdict is written."""
        now = self._shop.desk.clock.now()
        if self._ending is None and self.execution.workers_lost + self._hands_lost >= MAX_WORKERS_LOST:
            self._ending = Ending.LOST
        if self._ending is not None:
            return await self._end(now)
        planned = plan.plan(self._job, self.execution.scopes, self._rows.values(), now, self.execution.id)
        deadline = deadline_of(self.execution)
        if isinstance(planned.verdict, plan.Unknown):
            self._ending = Ending.LOST
            return await self._end(now)
        if planned.verdict is not None and not self.flights:
            self._release_slots()
            if isinstance(planned.verdict, plan.Done) and verdicts.cut_short(self._rows.values(), deadline):
                return await self._finish(verdicts.out_of_time(self.execution), now)
            return await self._finish(verdicts.verdict_of(planned.verdict, self._rows.values()), now)
        if deadline is not None and now >= deadline:
            return not self.flights and await self._finish(verdicts.out_of_time(self.execution), now)
        started = self._admit(planned, now)
        await self._write(now)
        await self._departures.look_up()
        self._launch(started)
        self._alarm.set((planned.wake_at, deadline), now)
        return False

    def _admit(self, planned: plan.Plan, now: int) -> tuple[StepExecution, ...]:
        """As many of the planned steps as there are slots for; the rest start when one is free."""
        while self._spare < len(planned.start) and self._shop.slots.take():
            self._spare += 1
        started = []
        for row in planned.start[: self._spare]:
            if self._left(row, now) == 0:
                self._note_row(verdicts.too_late(row, now))
                self._news.set()
            else:
                self._note_row(row)
                started.append(row)
        for row in planned.wait:
            self._note_row(row)
        if len(planned.start) > self._spare and not self._wanting:
            self._wanting = True
            self._shop.slots.want(self._offered)
        elif not planned.start:
            self._release_slots()
        return tuple(started)

    def _offered(self) -> bool:
        if not self._wanting:
            return False
        self._wanting = False
        self._spare += 1
        self._news.set()
        return True

    def _launch(self, rows: tuple[StepExecution, ...]) -> None:
        now = self._shop.desk.clock.now()
        for row in rows:
            try:
                flight = self._departures.depart(self.execution, self._rows.values(), row, self._left(row, now))
            except (FillInError, Withheld) as error:
                self._note_row(verdicts.landed_row(row, Failed(Error(code=ERROR, detail=str(error))), now))
                self._news.set()
                continue
            self._spare -= flight.slots
            self.flights.add(flight)

    def _landed(self, flight: AnyFlight, landed: Landed) -> None:
        now = self._shop.desk.clock.now()
        landed = checked(self._job, flight.row, landed)
        self.flights.discard(flight)
        self._spare += flight.slots
        if isinstance(landed, Gone):
            self._gone.append(landed)
        if isinstance(landed, Gone | HandLost):
            self.survivors += landed.survivors
        if isinstance(landed, HandLost) and self._ending is not Ending.STOP:
            self._hands_lost += 1
        killed = self._ending is Ending.ABANDONED and isinstance(landed, Gone)
        self._note_row(verdicts.lost_row(flight.row, now) if killed else verdicts.landed_row(flight.row, landed, now))
        if isinstance(landed, Gone | HandLost):
            self._end_inner_steps(now)
        self._news.set()

    def _end_inner_steps(self, now: int) -> None:
        """The steps inside a Python job went with the process that ran them."""
        for row in list(self._rows.values()):
            if row.inner and row.status is StepStatus.RUNNING:
                self._note_row(verdicts.lost_row(row, now))

    def _noted(self, flight: AnyFlight, note: Note) -> None:
        match note:
            case Progressed(progress):
                self._progress = progress
            case InnerStep(row):
                self._note_row(row)
                self._unacknowledged.append(flight)
        self._news.set()

    def _note_row(self, row: StepExecution) -> None:
        self._rows[row.slot] = row
        self._outbox[row.slot] = row

    async def _write(self, now: int, verdict: Verdict | None = None, stop: Stop | None = None) -> None:
        """Write down whatever is new; then let the flights that waited for it go on."""
        if not (self._outbox or self._progress or self._hands_lost or verdict or stop):
            return
        counted = 0 if isinstance(verdict, Lose | Requeue) else self._hands_lost  # those two count the loss themselves
        advance = Advance(
            number=self.execution.number,
            epoch=self.execution.epoch,
            at=now,
            steps=tuple(self._outbox.values()),
            left=verdicts.left(self._rows.values()) if any(row.data for row in self._outbox.values()) else None,
            progress=self._progress,
            hands_lost=counted,
            stop=stop,
            verdict=verdict,
        )
        waiting, self._unacknowledged = self._unacknowledged, []
        self._outbox, self._progress, self._hands_lost = {}, None, 0
        self.execution = await write_down(self._shop, self._job, self.execution, self._rows.values(), advance)
        for flight in waiting:
            flight.noted()

    async def _finish(self, verdict: Verdict, now: int) -> bool:
        for row in verdicts.called_off(self._rows.values()):
            self._note_row(row)
        unsaid = dict(self._outbox)
        try:
            await self._write(now, verdict)
        except StopWins:
            self._outbox = unsaid
            self._ending = Ending.STOP
            return await self._end(now)
        return True

    async def _end(self, now: int) -> bool:
        """Nothing new starts. Stop what runs; once nothing does, write the verdict."""
        stop = await self._stop_intent()
        self._release_slots()
        if self.flights:
            grace_ms = 0 if stop is not None and stop.mode == "kill" else self._job.limits.grace_ms
            for flight in self.flights:
                flight.stop(None if self._ending is Ending.ABANDONED else grace_ms)
            return False
        await self._outlive(stop)
        now = self._shop.desk.clock.now()
        if stop is not None:
            return await self._finish(verdicts.confirmed(stop, self._gone, now), now)
        return await self._finish(verdicts.after_loss(self._job, self.execution, self._rows.values(), now), now)

    async def _outlive(self, stop: Stop | None) -> None:
        """A process outlived every rung of the ladder: never say `stopped` before it is gone."""
        while self.survivors:
            if stop is not None and stop.survivors != self.survivors:
                stop = structs.replace(stop, survivors=self.survivors)
                await self._write(self._shop.desk.clock.now(), stop=stop)
            await asyncio.sleep(SURVIVOR_PAUSE_S)
            self.survivors = await self._shop.runner.sweep([self.execution.id])

    async def _stop_intent(self) -> Stop | None:
        if self._ending is not Ending.STOP:
            return None
        fresh = await self._shop.desk.store.execution(self.execution.project, Ref(number=self.execution.number))
        if fresh is None or fresh.epoch != self.execution.epoch:
            raise Stale
        self.execution = fresh
        return fresh.stop

    def _left(self, row: StepExecution, now: int) -> int | None:
        return time_left(self._job, self.execution, self._rows.values(), row, now)

    def _release_slots(self) -> None:
        self._wanting = False
        while self._spare > 0:
            self._spare -= 1
            self._shop.slots.give()

    async def _give_up(self, why: str) -> None:
        self._outbox = {slot: row for slot, row in self._outbox.items() if row.status is not StepStatus.RUNNING}
        with suppress(Stale):
            await self._finish(Fail(Error(code=ERROR, detail=why)), self._shop.desk.clock.now())

    async def _kill(self) -> None:
        """The claim is over: whatever still runs for it must not."""
        for flight in (flights := [*self.flights]):
            flight.stop(None)
        await asyncio.gather(*(flight.task for flight in flights), return_exceptions=True)
