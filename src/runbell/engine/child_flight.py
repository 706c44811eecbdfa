"""A step that starts another job and waits for its end. It holds no slot: the other execution takes its own."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from msgspec import structs

from runbell.domain.data import ChildExecution
from runbell.domain.execution import Error, Execution, StepExecution
from runbell.domain.fault import Fault
from runbell.domain.fill_in import FillInError
from runbell.domain.outcome import Failed, Gone, Outcome, Succeeded
from runbell.domain.status import ERROR, OK, TIMEOUT, ExitStatus, Status
from runbell.engine.workshop import Workshop
from runbell.operations.start_child import Wanted, start_child
from runbell.operations.wait import until_terminal
from runbell.ports.runner import InnerStep, Note
from runbell.ports.store import AskToStop

UNBOUNDED_S: Final = 10 * 365 * 86_400.0
log = logging.getLogger(__name__)


class ChildFlight:
    """Like a `Flight`, without a hand: `on_note` tells what is waited for, `on_landed` its end."""

    slots: Final = 0

    def __init__(
        self,
        shop: Workshop,
        parent: Execution,
        row: StepExecution,
        wanted: Wanted,
        timeout_ms: int | None,
        on_note: Callable[["ChildFlight", Note], None],
        on_landed: Callable[["ChildFlight", Outcome], None],
    ) -> None:
        self.row = row
        self._shop = shop
        self._parent = parent
        self._wanted = wanted
        self._timeout_ms = timeout_ms
        self._on_note = on_note
        self._on_landed = on_landed
        self._called = asyncio.Event()
        self._grace_ms: int | None = None
        self._left = False
        self.task = asyncio.create_task(self._fly(), name=f"step {parent.number}/{row.name}")

    def _is_ending(self) -> bool:
        """Whether it was asked to end."""
        return self._left or self._grace_ms is not None

    def stop(self, grace_ms: int | None) -> None:
        """Stop what it waits for; a second call may shorten the grace. None: only the waiting ends."""
        if grace_ms is None:
            self._left = True
            self._called.set()
        elif self._grace_ms is None or grace_ms < self._grace_ms:
            self._grace_ms = grace_ms
            self._called.set()

    def noted(self) -> None:
        """Nobody waits for this."""

    async def _fly(self) -> None:
        try:
            landed = await self._run()
        except (Fault, FillInError) as refusal:
            said = refusal.detail if isinstance(refusal, Fault) else str(refusal)
            landed = Failed(Error(code=ERROR, detail=f"Job {self._wanted.job} cannot be waited for. {said}"))
        except Exception as defect:  # a defect of ours must end the step, not leave it waiting for ever
            log.exception("step_defect", extra={"execution": self._parent.number, "step": self.row.name})
            said = f"A defect of the server ended the step: {type(defect).__name__}."
            landed = Failed(Error(code=ERROR, detail=said))
        self._on_landed(self, landed)

    async def _run(self) -> Outcome:
        if self._is_ending():
            return Gone(signalled_at=None, forced_at=None, gone_at=None)
        child = await start_child(self._shop.desk, self._parent, self._wanted)
        left = ChildExecution(job=child.job, id=child.id, number=child.number)
        self.row = structs.replace(self.row, data=(left,))
        self._on_note(self, InnerStep(self.row))
        ended, timed_out = await self._until_ended(child)
        if self._is_ending():
            gone_at = None if ended.stop is None else ended.stop.process_gone_at
            return Gone(signalled_at=None, forced_at=None, gone_at=gone_at or self._shop.desk.clock.now())
        if timed_out:
            said = f"Job {child.job} (execution {child.number}) took longer than was left, and was stopped."
            return Failed(Error(code=TIMEOUT, detail=said), data=(left,))
        return structs.replace(_outcome(ended), data=(left,))

    async def _until_ended(self, child: Execution) -> tuple[Execution, bool]:
        """The execution once it has ended, and whether the time limit had it stopped."""
        seconds = UNBOUNDED_S if self._timeout_ms is None else self._timeout_ms / 1_000
        end = asyncio.create_task(until_terminal(self._shop.desk.store, self._shop.watchers, child, UNBOUNDED_S))
        timed_out = False
        try:
            while True:
                call = asyncio.create_task(self._called.wait())
                await asyncio.wait((end, call), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                called = self._called.is_set()
                call.cancel()
                if end.done():
                    return await end, timed_out
                if self._left:
                    return child, False
                timed_out = timed_out or not called
                self._called.clear()
                seconds = UNBOUNDED_S
                await self._stop(child, self._grace_ms)
        finally:
            end.cancel()

    async def _stop(self, child: Execution, grace_ms: int | None) -> None:
        desk = self._shop.desk
        parent = f"execution {self._parent.number}"
        reason = f"{parent} is being stopped" if grace_ms is not None else f"the time limit of {parent} is over"
        grace = (await desk.catalogue.of(child))[1].limits.grace_ms if grace_ms is None else grace_ms
        mode = "kill" if grace == 0 else "graceful"
        asked = AskToStop(
            number=child.number, mode=mode, reason=reason, actor=self._parent.trigger.actor, grace_ms=grace,
            at=desk.clock.now(),
        )  # fmt: skip
        await desk.store.ask_to_stop(asked)


def _outcome(ended: Execution) -> Succeeded | Failed:
    """What its end means for the step. A result that is a file of its own stays with it."""
    if ended.status is Status.SUCCEEDED:
        result = ended.result if ended.result is not None and ended.result.file is None else None
        return Succeeded(ended.exit_status or ExitStatus(OK), result)
    said = ended.exit_status or ExitStatus(ERROR)
    why = ended.error.detail if ended.error is not None else said.message
    detail = f"Job {ended.job} (execution {ended.number}) ended as {ended.status}. {why}".rstrip()
    return Failed(Error(code=said.code, detail=detail))
