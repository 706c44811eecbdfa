"""One attempt of one step on its way: a hand is taken, runs the order, and is given back."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from runbell.domain.execution import Error, StepExecution
from runbell.domain.outcome import Failed, Gone, Outcome, Succeeded, TryLater
from runbell.domain.status import ERROR
from runbell.ports.data_files import CannotKeep, DataFiles
from runbell.ports.runner import Hand, HandLost, Note, Runner, StepOrder

Landed = Outcome | HandLost
log = logging.getLogger(__name__)


class Flight:
    """A step that runs. `on_landed` is called once, with its outcome or the loss of its hand."""

    slots: Final = 1

    def __init__(
        self,
        runner: Runner,
        data: DataFiles,
        row: StepExecution,
        order: StepOrder,
        on_note: Callable[["Flight", Note], None],
        on_landed: Callable[["Flight", Landed], None],
    ) -> None:
        self.row = row
        self._runner = runner
        self._data = data
        self._order = order
        self._on_note = on_note
        self._on_landed = on_landed
        self._hand: Hand | None = None
        self._grace_ms: int | None = None
        self.task = asyncio.create_task(self._fly(), name=f"step {order.number}/{row.name}")

    def stop(self, grace_ms: int | None) -> None:
        """End it by the kill ladder. A second call only matters when it shortens the grace. None: the claim is over."""
        grace_ms = grace_ms or 0
        if self._grace_ms is not None and self._grace_ms <= grace_ms:
            return
        self._grace_ms = grace_ms
        if self._hand is not None:
            self._hand.stop(grace_ms=grace_ms)

    def noted(self) -> None:
        """What it told us has been written down: it may go on."""
        if self._hand is not None:
            self._hand.noted()

    async def _fly(self) -> None:
        try:
            landed = await self._published(await self._run())
        except Exception as defect:  # a defect of ours must end the step, not leave it running for ever
            log.exception("step_defect", extra={"execution": self._order.number, "step": self._order.step})
            landed = Failed(
                Error(code=ERROR, detail=f"A defect of the server ended the step: {type(defect).__name__}.")
            )
        self._on_landed(self, landed)

    async def _published(self, landed: Landed) -> Landed:
        """The outcome, once what the step left lies where it belongs: nothing is on record that is not there."""
        if not isinstance(landed, Succeeded | Failed) or not landed.data:
            return landed
        try:
            await self._data.publish(self._order.execution, landed.data)
        except CannotKeep as refusal:
            return Failed(Error(code=ERROR, detail=str(refusal)))
        return landed

    async def _run(self) -> Landed:
        try:
            hand = await self._runner.take(self._order.project)
        except OSError as refusal:
            return TryLater(f"No process could be made: {refusal}.")
        try:
            if self._grace_ms is not None:
                return Gone(signalled_at=None, forced_at=None, gone_at=None)
            self._hand = hand
            return await hand.run(self._order, lambda note: self._on_note(self, note))
        except HandLost as loss:
            return loss
        finally:
            self._hand = None
            self._runner.give_back(hand)
