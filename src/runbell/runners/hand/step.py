"""A step under way in a hand: who leads it, what it wrote, its time limits, and the ladder that may be ending it."""
# ruff: noqa: PTH112 - pathlib costs time in every step

import os
import time
from shutil import rmtree

import msgspec

from runbell.domain.execution import Error, Progress
from runbell.domain.outcome import Failed, Gone, Outcome, Succeeded
from runbell.domain.status import ERROR, TIMEOUT
from runbell.ports.runner import StepOrder
from runbell.runners.hand.command import Command
from runbell.runners.hand.ladder import Ladder, now_ms
from runbell.runners.hand.log import LogWriter
from runbell.runners.hand.masked import masked_outcome, masked_progress
from runbell.runners.hand.masks import Masks
from runbell.runners.hand.outputs import collect
from runbell.runners.hand.results import BadResult

PROGRESS_SECONDS = 1.0


class Step:
    """One attempt of one step. `outcome` is what the step itself came to, None while it runs."""

    def __init__(self, order: StepOrder) -> None:
        self.order = order
        self.masks = Masks.of(order)
        self.log = LogWriter(order, self.masks)
        self.command: Command | None = None
        self.leader = 0
        self.outcome: Outcome | None = None
        self.clean = False
        self.ladder: Ladder | None = None
        self.progress: Progress | None = None
        self._limit_ms = self._inner_ms = order.timeout_ms
        self._until = _after(order.timeout_ms)
        self._inner_until: float | None = None
        self._next_look = time.monotonic() + PROGRESS_SECONDS

    def end(self, grace_ms: int, *, timed_out: bool = False) -> None:
        """Begin to end it, or hurry the ending that has begun."""
        if self.ladder is None:
            self.ladder = Ladder(self.leader, grace_ms, timed_out=timed_out)
        else:
            self.ladder.hurry(grace_ms)
            self.ladder.timed_out = self.ladder.timed_out and timed_out

    def within(self, ms: int | None) -> None:
        """An inner step has so much time; the worker watches it, this is for when it cannot."""
        self._inner_until = _after(None if ms is None else ms + self.order.grace_ms)
        self._inner_ms = ms

    def overdue(self, now: float) -> bool:
        """True when a time limit has passed and nothing ends it yet."""
        if self.ladder is not None:
            return False
        if self._inner_until is not None and now >= self._inner_until:
            self._limit_ms = self._inner_ms
            return True
        return self._until is not None and now >= self._until

    def news(self, now: float) -> Progress | None:
        """Progress to tell, at most once a second; only the last one counts."""
        if now < self._next_look:
            return None
        self._next_look = now + PROGRESS_SECONDS
        if self.command is not None:
            news = self.command.progress.news()
        else:
            news, self.progress = self.progress, None
        return news if news is None or self.masks is None else masked_progress(news, self.masks)

    def wake_at(self) -> float:
        """When something has to be looked at again, monotonic."""
        if self.ladder is not None:
            return min(self.ladder.force_after, time.monotonic() + 0.02)
        times = [self._next_look, self._until, self._inner_until, self.log.flush_at]
        return min(at for at in times if at is not None)

    def gather(self, output: str, data: str) -> None:
        """Keep the files that it left, unless it was ended; what it may have left then is taken away."""
        if not os.path.isdir(output):
            return
        outcome = self.outcome
        try:
            if self.ladder is None and isinstance(outcome, Succeeded | Failed):
                files = collect(output, data)
                self.outcome = msgspec.structs.replace(outcome, data=(*outcome.data, *files))
        except (BadResult, OSError) as wrong:
            said = f"The files that the step left cannot be kept: {wrong}"
            self.outcome = Failed(Error(code=ERROR, detail=said))
        rmtree(output, ignore_errors=True)

    def verdict(self, survivors: int) -> Outcome:
        """What is answered: the stop's proof, the time limit, or what the step came to."""
        order, ladder = self.order, self.ladder
        if ladder is not None and not ladder.timed_out:
            return Gone(ladder.signalled_at, ladder.forced_at, now_ms() if not survivors else None, survivors)
        outcome = self.outcome
        if ladder is not None:
            said = f"The step took longer than its time limit of {(self._limit_ms or 0) / 1000:g} s and was ended."
            outcome = Failed(Error(code=TIMEOUT, detail=said))
        assert outcome is not None
        if isinstance(outcome, Failed):
            error = msgspec.structs.replace(
                outcome.error, step=order.step, scope=order.scope, log_tail=self.log.recent_lines()
            )
            outcome = Failed(error, outcome.result, outcome.data)
        return outcome if self.masks is None else masked_outcome(outcome, self.masks)


def _after(ms: int | None) -> float | None:
    return None if ms is None else time.monotonic() + ms / 1000
