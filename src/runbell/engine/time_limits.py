"""Time limits of a run: that of the execution counts from its first start, a step's spans all its attempts."""

from collections.abc import Iterable

from runbell.domain import plan
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.job import Job
from runbell.engine.order import step_of


def deadline_of(execution: Execution) -> int | None:
    """When the execution's own time limit passes, epoch ms; None without one."""
    if execution.timeout_ms is None or execution.started_at is None:
        return None
    return execution.started_at + execution.timeout_ms


def time_left(
    job: Job, execution: Execution, rows: Iterable[StepExecution], row: StepExecution, now: int
) -> int | None:
    """Milliseconds to the nearest time limit of a step, None without one."""
    tries = [one for one in rows if (one.name, one.scope) == (row.name, row.scope)]
    step = step_of(job, row)
    limits = [at for at in (deadline_of(execution), plan.deadline(step, tries)) if at is not None]
    return max(min(limits) - now, 0) if limits else step.timeout_ms
