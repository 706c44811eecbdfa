"""From what the plan says to what the store is asked to write."""

from collections.abc import Iterable

from msgspec import structs

from runbell.domain import plan
from runbell.domain.data import exception_count, output_files
from runbell.domain.execution import MAX_WORKERS_LOST, Error, Execution, StepExecution, Stop
from runbell.domain.job import Job
from runbell.domain.outcome import Failed, Gone, Succeeded
from runbell.domain.status import TIMEOUT, ExitStatus, Status, StepStatus
from runbell.domain.yielded import last_attempts
from runbell.engine.flight import Landed
from runbell.engine.keeping import handed_back
from runbell.ports.runner import HandLost
from runbell.ports.store import ConfirmStop, Fail, Lose, Requeue, Succeed, Verdict


def landed_row(row: StepExecution, landed: Landed, now: int) -> StepExecution:
    """The step execution as it ended."""
    match landed:
        case Succeeded(exit_status, result, keep, data):
            return structs.replace(
                row, status=StepStatus.SUCCEEDED, ended_at=now, exit_status=exit_status, result=result, keep=keep,
                data=data,
            )  # fmt: skip
        case Failed(error, result, data):
            said = ExitStatus(error.code, error.detail)
            placed = structs.replace(error, step=row.name, scope=row.scope)
            return structs.replace(
                row, status=StepStatus.FAILED, ended_at=now, exit_status=said, error=placed, result=result, data=data
            )
        case Gone():
            return structs.replace(row, status=StepStatus.STOPPED, ended_at=now, exit_status=ExitStatus("STOPPED"))
        case HandLost():
            return lost_row(row, now)
        case _:
            return structs.replace(row, status=StepStatus.WAITING, not_before=now + 1_000, started_at=None)


def lost_row(row: StepExecution, now: int) -> StepExecution:
    """The step execution whose worker died."""
    said = ExitStatus("LOST", "The worker died while it ran.")
    return structs.replace(row, status=StepStatus.LOST, ended_at=now, exit_status=said)


def called_off(rows: Iterable[StepExecution]) -> list[StepExecution]:
    """Steps that waited for a retry when the execution ended: they will not run any more."""
    return [
        structs.replace(row, status=StepStatus.SKIPPED, not_before=None)
        for row in rows
        if row.status is StepStatus.WAITING
    ]


def too_late(row: StepExecution, now: int) -> StepExecution:
    """A step whose time limit was over before it could begin another attempt."""
    error = Error(code=TIMEOUT, detail=f"Step {row.name} took longer than its time limit, retries included.")
    return landed_row(row, Failed(error), now)


def cut_short(rows: Iterable[StepExecution], deadline: int | None) -> bool:
    """Whether the execution's own time limit (epoch ms) ended one of its steps, which that step may not forgive."""
    return deadline is not None and any(
        row.error is not None and row.error.code == TIMEOUT and (row.ended_at or 0) >= deadline for row in rows
    )


def out_of_time(execution: Execution) -> Fail:
    """The verdict of an execution that took longer than it may."""
    limit = (execution.timeout_ms or 0) / 1_000
    said = f"The execution took longer than its time limit of {limit:g} s."
    return Fail(Error(code=TIMEOUT, detail=said))


def verdict_of(decided: plan.Done | plan.Broken | plan.Unknown, rows: Iterable[StepExecution]) -> Verdict:
    """What the store is asked to write for a verdict of the plan."""
    match decided:
        case plan.Done(exit_status, result):
            return Succeed(exit_status, result, handed_back(rows))
        case plan.Broken(error, result):
            return Fail(error, result)
        case plan.Unknown(error):
            return Lose(error)


def after_loss(job: Job, execution: Execution, rows: Iterable[StepExecution], now: int) -> Verdict:
    """The verdict when whoever held the claim is gone: lost if a step it ran must not run twice, else try again."""
    decided = plan.plan(job, execution.scopes, rows, now, execution.id).verdict
    return Lose(decided.error) if isinstance(decided, plan.Unknown) else Requeue()


def confirmed(stop: Stop, ended: list[Gone], now: int) -> ConfirmStop:
    """The proof of a stop: every process of it was seen to go."""
    return ConfirmStop(
        structs.replace(
            stop,
            signalled_at=_earliest([gone.signalled_at for gone in ended], stop.signalled_at),
            forced_at=_earliest([gone.forced_at for gone in ended], stop.forced_at),
            process_gone_at=max([gone.gone_at or now for gone in ended], default=now),
            proof="observed",
            survivors=0,
        )
    )


def left(rows: Iterable[StepExecution]) -> tuple[int, int]:
    """How many exception records and output files the steps left; of a step that was tried again, its last attempt."""
    data = [one for row in last_attempts(rows) for one in row.data]
    return exception_count(data), len(output_files(data))


def _earliest(times: list[int | None], known: int | None) -> int | None:
    return min((at for at in [*times, known] if at is not None), default=None)


def status_after(execution: Execution, verdict: Verdict) -> Status:
    """The status a verdict leads to. The third loss of a worker ends what would be queued again."""
    match verdict:
        case Succeed():
            return Status.SUCCEEDED
        case Fail():
            return Status.FAILED
        case Lose():
            return Status.LOST
        case ConfirmStop():
            return Status.STOPPED
        case Requeue():
            return Status.FAILED if execution.workers_lost + 1 >= MAX_WORKERS_LOST else Status.QUEUED
