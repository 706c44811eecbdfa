"""What a run does next: pure and deterministic. Given a job and its step executions so far, which steps start, which
wait for their retry, or the verdict. Every engine calls `plan` in a loop.
"""

from binascii import crc32
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from functools import cached_property
from typing import Final

from msgspec import Struct

from runbell.domain.execution import Error, ResultRef, StepExecution
from runbell.domain.job import Job, OnLost, Step, When
from runbell.domain.status import ERROR, OK, TIMEOUT, WARN, ExitStatus, StepStatus

JITTER: Final = 0.1
IN_FLIGHT: Final = frozenset({StepStatus.RUNNING, StepStatus.WAITING})


class Done(Struct, frozen=True):
    """Verdict: every step is settled and none failed for good."""

    exit_status: ExitStatus
    result: ResultRef | None


class Broken(Struct, frozen=True):
    """Verdict: a step failed for good."""

    error: Error
    result: ResultRef | None


class Unknown(Struct, frozen=True):
    """Verdict: a worker died during a step that must not run twice."""

    error: Error


class Plan(Struct, frozen=True):
    """The next move: rows to start now, rows to write as waiting, when to look again, or the verdict."""

    start: tuple[StepExecution, ...] = ()
    wait: tuple[StepExecution, ...] = ()
    wake_at: int | None = None
    verdict: Done | Broken | Unknown | None = None


class _End(Enum):
    """How a settled step looks to the steps that need it."""

    OPEN = auto()
    GOOD = auto()
    BAD = auto()
    CUT = auto()  # never ran, because a step before it failed


def plan(job: Job, scopes: Sequence[str] | None, rows: Iterable[StepExecution], now: int, seed: str) -> Plan:
    """The next move of an execution. `scopes` narrows `for_each: scopes`; `seed` makes the jitter its own."""
    return _Board(job, scopes, rows, now, seed).plan()


def outlook(
    job: Job, scopes: Sequence[str] | None, rows: Sequence[StepExecution], *, ended: bool
) -> list[StepExecution]:
    """All steps in file order: the rows there are, and a `pending` or `skipped` one for each that has none yet."""
    board = _Board(job, scopes, rows, 0, "")
    listed: list[StepExecution] = []
    for step in job.steps:
        cut = ended or board.end(step) in (_End.CUT, _End.GOOD, _End.BAD)
        status = StepStatus.SKIPPED if cut else StepStatus.PENDING
        for scope in board.scopes_of(step):
            tries = board.tries.get((step.name, scope))
            listed += tries or [StepExecution(name=step.name, kind=step.kind, scope=scope, status=status)]
    return listed + [row for row in rows if row.inner]


def _lost(row: StepExecution) -> Error:
    said = (
        f"The worker died while step {row.name} ran, and nobody can know how far it came; restart it when it is safe."
    )
    return Error(code="LOST", detail=said, step=row.name, scope=row.scope)


class _Board:
    """The steps of one job beside what has become of them."""

    def __init__(
        self, job: Job, scopes: Sequence[str] | None, rows: Iterable[StepExecution], now: int, seed: str
    ) -> None:
        self.job, self.now, self.seed = job, now, seed
        self.chosen = job.scopes if scopes is None else tuple(scopes)
        self.tries: dict[tuple[str, str | None], list[StepExecution]] = {}
        self.inner: list[StepExecution] = []
        for row in rows:
            if row.inner:
                self.inner.append(row)
            else:
                self.tries.setdefault((row.name, row.scope), []).append(row)
        for tries in self.tries.values():
            tries.sort(key=lambda row: row.attempt)
        self.ends: dict[str, _End] = {}

    @cached_property
    def by_name(self) -> dict[str, Step]:
        return {step.name: step for step in self.job.steps}

    @cached_property
    def by_key(self) -> dict[str, Step]:
        return {step.key: step for step in self.job.steps}

    def scopes_of(self, step: Step) -> Sequence[str | None]:
        """The scopes a step runs over; a step without `for_each` has the one scope None."""
        if step.for_each is None:
            return (None,)
        return self.chosen if step.for_each == "scopes" else step.for_each

    def end(self, step: Step) -> _End:
        """How the step has ended, OPEN while it has not."""
        known = self.ends.get(step.key)
        if known is None:
            known = self.ends[step.key] = self._end(step)
        return known

    def _seen_from(self, step: Step, need: Step) -> _End:
        """How `need` has ended for `step`: what is forgiven counts only for the steps that it came with."""
        end = self.end(need)
        outside = need.forgiven and need.circle != step.circle
        return _End.GOOD if outside and end in (_End.BAD, _End.CUT) else end

    def _end(self, step: Step) -> _End:
        scopes = self.scopes_of(step)
        begun = [tries for scope in scopes if (tries := self.tries.get((step.name, scope)))]
        if not begun:
            return self._gate(step) or (_End.OPEN if scopes else _End.GOOD)
        if any(self._unsettled(step, tries) for tries in begun):
            return _End.OPEN
        failed = not step.continue_on_error and any(_failed(tries) for tries in begun)
        if failed:
            return _End.BAD
        return _End.GOOD if len(begun) == len(scopes) else _End.OPEN

    def _gate(self, step: Step) -> _End | None:
        """None when a step that has not begun may begin or must wait (see `_ready`), else how it ends unrun."""
        ends = [self._seen_from(step, self.by_key[need]) for need in step.needs]
        if _End.OPEN in ends:
            return None
        if step.when is When.SUCCEEDED and any(end is not _End.GOOD for end in ends):
            return _End.CUT
        if step.when is When.FAILED and not self._failed_before(step):
            return _End.GOOD
        return None

    def _ready(self, step: Step) -> bool:
        return self._gate(step) is None and all(self.end(self.by_key[need]) is not _End.OPEN for need in step.needs)

    def _failed_before(self, step: Step) -> bool:
        return any(
            self._seen_from(step, before) is _End.BAD or self._failed_before(before)
            for before in (self.by_key[need] for need in step.needs)
        )

    def _unsettled(self, step: Step, tries: list[StepExecution]) -> bool:
        last = tries[-1]
        if last.status is StepStatus.FAILED:
            return self._may_retry(step, tries)
        return last.status in IN_FLIGHT or (last.status is StepStatus.LOST and self._on_lost(last) is OnLost.RERUN)

    def _may_retry(self, step: Step, tries: list[StepExecution]) -> bool:
        error = tries[-1].error
        if error is not None and error.code == TIMEOUT:
            return False  # the time limit spans all attempts: nothing is left for another
        return sum(row.status is StepStatus.FAILED for row in tries) < step.retry.attempts

    def plan(self) -> Plan:
        lost = self._lost_for_good()
        if lost is not None:
            return Plan(verdict=Unknown(_lost(lost)))
        start: list[StepExecution] = []
        wait: list[StepExecution] = []
        wake: list[int] = []
        for step in self.job.steps:
            if self.end(step) is _End.OPEN:
                self._next(step, start, wait, wake)
        if start or wait or wake or any(row.status in IN_FLIGHT for tries in self.tries.values() for row in tries[-1:]):
            return Plan(tuple(start), tuple(wait), min(wake, default=None))
        return Plan(verdict=self._verdict())

    def _next(self, step: Step, start: list[StepExecution], wait: list[StepExecution], wake: list[int]) -> None:
        busy = 0
        fresh: list[str | None] = []
        stopped = False
        for scope in self.scopes_of(step):
            tries = self.tries.get((step.name, scope))
            if not tries:
                fresh.append(scope)
            elif self._unsettled(step, tries):
                busy += 1
                self._again(step, tries, start, wait, wake)
            else:
                stopped |= _failed(tries) and not step.continue_on_error
        if fresh and not stopped and (len(fresh) < len(self.scopes_of(step)) or self._ready(step)):
            width = max(step.at_once - busy, 0)
            start += [self._row(step, scope, 1) for scope in fresh[:width]]

    def _again(
        self,
        step: Step,
        tries: list[StepExecution],
        start: list[StepExecution],
        wait: list[StepExecution],
        wake: list[int],
    ) -> None:
        """The next attempt of a step that failed, was lost, or waits for its retry."""
        last = tries[-1]
        if last.status is StepStatus.LOST:
            start.append(self._row(step, last.scope, last.attempt + 1))
        elif last.status is StepStatus.FAILED:
            due = (last.ended_at or self.now) + max(last.again_in_ms, self._back_off(step, tries))
            due = min(due, deadline(step, tries) or due)
            row = self._row(step, last.scope, last.attempt + 1, StepStatus.WAITING, due)
            wait.append(row)
            wake.append(due)
        elif last.status is StepStatus.WAITING:
            if last.not_before is None or last.not_before <= self.now:
                start.append(self._row(step, last.scope, last.attempt))
            else:
                wake.append(last.not_before)

    def _back_off(self, step: Step, tries: list[StepExecution]) -> int:
        failures = sum(row.status is StepStatus.FAILED for row in tries)
        retry = step.retry
        grown = retry.delay_ms * retry.factor ** min(failures - 1, 64)
        noise = crc32(f"{self.seed}/{step.name}/{tries[-1].scope}/{failures}".encode()) / 0xFFFF_FFFF
        return round(min(grown * (1 + JITTER * (2 * noise - 1)), retry.max_ms))

    def _row(
        self,
        step: Step,
        scope: str | None,
        attempt: int,
        status: StepStatus = StepStatus.RUNNING,
        due: int | None = None,
    ) -> StepExecution:
        started = None if status is StepStatus.WAITING else self.now
        return StepExecution(
            name=step.name,
            kind=step.kind,
            scope=scope,
            attempt=attempt,
            status=status,
            not_before=due,
            started_at=started,
        )

    def _lost_for_good(self) -> StepExecution | None:
        for tries in self.tries.values():
            if tries[-1].status is StepStatus.LOST and self._on_lost(tries[-1]) is OnLost.FAIL:
                return tries[-1]
        return None

    def _on_lost(self, row: StepExecution) -> OnLost:
        """What the loss of a step means. In a Python job the `@step` calls that went with it decide: it runs again
        from its top, and they say whether they may run again."""
        within = [one.on_lost for one in self.inner if one.status is StepStatus.LOST and one.ended_at == row.ended_at]
        if not within:
            return self.by_name[row.name].on_lost
        return OnLost.FAIL if OnLost.FAIL in within else OnLost.RERUN

    def _verdict(self) -> Done | Broken:
        last = [tries[-1] for tries in self.tries.values()]
        last.sort(key=lambda row: row.ended_at or 0)
        result = self._result()
        failed = [row for row in last if row.status is StepStatus.FAILED]
        fatal = [row for row in failed if not self.by_name[row.name].may_fail]
        if fatal:
            return Broken(fatal[0].error or Error(code=ERROR, detail="", step=fatal[0].name), result)
        warned = bool(failed) or any(row.exit_status is not None and row.exit_status.code == WARN for row in last)
        said = [row.exit_status.message for row in last if row.exit_status is not None and row.exit_status.message]
        return Done(ExitStatus(WARN if warned else OK, said[-1] if said else ""), result)

    def _result(self) -> ResultRef | None:
        """That of the last step in file order that returned one; of its last scope."""
        for step in reversed(self.job.steps):
            for scope in reversed(self.scopes_of(step)):
                tries = self.tries.get((step.name, scope))
                if tries and tries[-1].result is not None:
                    return tries[-1].result
        return None


def _failed(tries: list[StepExecution]) -> bool:
    return tries[-1].status in (StepStatus.FAILED, StepStatus.STOPPED)


def deadline(step: Step, tries: Sequence[StepExecution]) -> int | None:
    """When the step's time limit ends, epoch ms: it spans all attempts and their waits. None without a limit."""
    first = next((row.started_at for row in tries if row.started_at is not None), None)
    return None if step.timeout_ms is None or first is None else first + step.timeout_ms
