"""Why an execution stands where it stands, in one sentence for people. Pure: what is to be known is handed over."""

from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from runbell.domain.execution import Execution, StepExecution
from runbell.domain.status import TIMEOUT, WARN, DiscardReason, Status, StepStatus
from runbell.domain.usual import Usual, slower_than


class Blocked(Struct, frozen=True):
    """One thing that keeps an execution from beginning: a code, a sentence, since when (epoch ms), and the way out.

    Codes: job_paused, concurrency_limit, not_before, predecessor, draining.
    """

    code: str
    detail: str
    since: int
    unblock: str


class Prospect(Struct, frozen=True):
    """What holds an execution back, its place among those of its job (1: the next), and when it may begin."""

    blocked_by: tuple[Blocked, ...] = ()
    position: int | None = None
    expected_start: int | None = None


class StepNow(Struct, frozen=True):
    """The step that counts now, and what it usually takes."""

    row: StepExecution
    usual: Usual | None = None

    def took(self, now: int) -> int:
        """How long it has been running, ms."""
        return max(0, now - (self.row.started_at if self.row.started_at is not None else now))


class Difference(Struct, frozen=True):
    """One member that differs, by its JSON pointer; UNSET stands for one that is not there."""

    pointer: str
    before: Any
    after: Any


class Changed(Struct, frozen=True):
    """What is different since the last success of the job. `host`: it ran on another machine."""

    execution: str
    number: int
    definition: tuple[str, ...]
    params: tuple[str, ...]
    host: bool


class RestartOutlook(Struct, frozen=True):
    """Whether it can be restarted, whether that is safe, why, and which steps would be reused and which run again."""

    possible: bool
    safe: bool
    why: str
    reused_steps: tuple[str, ...] = ()
    rerun_steps: tuple[str, ...] = ()


def summary(execution: Execution, now: int, prospect: Prospect, step: StepNow | None) -> str:
    """Where it stands and why, in one sentence; right in every status."""
    match execution.status:
        case Status.SCHEDULED | Status.QUEUED:
            return _waiting(execution, prospect)
        case Status.RUNNING:
            return "It runs, between two steps." if step is None else _running(step, now)
        case Status.STOPPING:
            return _stopping(execution, step)
        case Status.SUCCEEDED:
            warned = execution.exit_status is not None and execution.exit_status.code == WARN
            return f"It succeeded{_after(execution)}{', with warnings' if warned else ''}."
        case Status.FAILED | Status.LOST:
            return _broken(execution, step)
        case Status.STOPPED:
            return f"It was stopped{_asked(execution)}{_at_step(step)}."
        case Status.DISCARDED:
            return _discarded(execution)


def _waiting(execution: Execution, prospect: Prospect) -> str:
    again = "Its worker was lost and it begins again. " if execution.workers_lost and execution.began else ""
    if not prospect.blocked_by:
        return f"{again}It is next: a free slot takes it within moments."
    first, *others = prospect.blocked_by
    more = f" ({len(others)} more {'reason' if len(others) == 1 else 'reasons'})" if others else ""
    return f"{again}{first.detail}{more}"


def _running(step: StepNow, now: int) -> str:
    name = step_name(step.row)
    if step.row.status is StepStatus.WAITING:
        due = step.row.not_before
        when = f" at {clock(due)}" if due is not None and due > now else " now"
        return f"Step {name} did not succeed and is tried again{when} (attempt {step.row.attempt})."
    took = step.took(now)
    if step.usual is None:
        return f"Step {name} has been running for {lasting(took)}."
    usually = lasting(step.usual.p50)
    if slower_than(step.usual, took):
        return f"Step {name} has been running for {lasting(took)}, longer than usual ({usually})."
    return f"Step {name} has been running for {lasting(took)}; it usually takes {usually}."


def _stopping(execution: Execution, step: StepNow | None) -> str:
    stop = execution.stop
    if stop is not None and stop.survivors:
        some = "One process does" if stop.survivors == 1 else f"{stop.survivors} processes do"
        return f"It is to stop{_asked(execution)}. {some} not die; it is stopped when none is left."
    until = "" if stop is None else f"; by {clock(stop.deadline_at)} it has stopped"
    return f"It is to stop{_asked(execution)}{_at_step(step)}{until}."


def _broken(execution: Execution, step: StepNow | None) -> str:
    error = execution.error
    if error is None:
        return f"It {'failed' if execution.status is Status.FAILED else 'was lost'}{_after(execution)}."
    detail = error.detail.strip() or f"It ended with {error.code}."
    if execution.status is Status.LOST or (error.step is None and step is None):
        return detail
    where = error.step if error.step is not None else step_name(step.row) if step is not None else ""
    scope = f" [{error.scope}]" if error.scope else ""
    verb = "ran out of time" if error.code == TIMEOUT else "failed"
    return f"Step {where}{scope} {verb}: {detail}"


def _discarded(execution: Execution) -> str:
    ended = execution.exit_status
    if execution.trigger.kind == "schedule" and ended is not None and ended.message:
        return f"It never ran. {ended.message}"
    match execution.discard_reason:
        case DiscardReason.EXPIRED:
            until = "its latest start" if execution.start_by is None else clock(execution.start_by)
            return f"It never ran: no slot was free for it before {until}."
        case DiscardReason.PREDECESSOR:
            return "It never ran: the execution it waited for did not end as this one needs it."
        case DiscardReason.STOPPED:
            return f"It never ran: it was stopped{_asked(execution)} before it began."
        case DiscardReason.MISSED_FIRE:
            return "It never ran: the server was down at its time, and its schedule skips what was missed."
        case DiscardReason.BUSY:
            return "It never ran: its job took no start at that moment (full, disabled or retired)."
        case _:
            return "It never ran."


def _asked(execution: Execution) -> str:
    if execution.stop is None:
        return ""
    reason = f" ({execution.stop.reason})" if execution.stop.reason else ""
    return f", as {execution.stop.requested_by} asked{reason}"


def _at_step(step: StepNow | None) -> str:
    return "" if step is None else f", in step {step_name(step.row)}"


def _after(execution: Execution) -> str:
    if execution.started_at is None or execution.ended_at is None:
        return ""
    return f" after {lasting(execution.ended_at - execution.started_at)}"


def step_name(row: StepExecution) -> str:
    """A step with its scope."""
    return f"{row.name} [{row.scope}]" if row.scope else row.name


_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"))


def lasting(ms: int) -> str:
    """`880 ms`, `1.2 s`, `12 min`, `3 h`, `2 d`."""
    if ms < 1_000:
        return f"{ms} ms"
    for size, unit in _UNITS:
        if ms >= 2 * size:
            return f"{ms // size} {unit}"
    return f"{ms / 1_000:.1f} s"


def clock(at: int) -> str:
    """A moment (epoch ms) as people read it: `2031-04-07 02:00:00 UTC`."""
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
