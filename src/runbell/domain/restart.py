"""What a restart takes over: finished steps are reused with their results, everything that is not done runs again."""

from collections.abc import Sequence

import msgspec

from runbell.domain.execution import StepExecution
from runbell.domain.job import Job, Step
from runbell.domain.status import StepStatus

Spot = tuple[str, str | None]
FINISHED = frozenset({StepStatus.SUCCEEDED, StepStatus.REUSED})


class CannotRestart(ValueError):  # noqa: N818 - an answer, not a defect
    """The chosen step cannot be the first; the text says why."""


def reused_steps(
    job: Job, rows: Sequence[StepExecution], source: str, from_step: str | None
) -> tuple[StepExecution, ...]:
    """The step executions a restart of execution `source` takes over as they are.

    Without `from_step`: all finished ones, but for those that need a step which runs again. With it: all finished ones
    but for that step and what needs it; its own needs must be done. Raises CannotRestart.
    """
    finished = {(row.name, row.scope): row for row in rows if row.status in FINISHED}
    again = _again(job, rows, finished, from_step)
    return tuple(
        msgspec.structs.replace(row, status=StepStatus.REUSED, reused_from=row.reused_from or source)
        for row in finished.values()
        if (from_step is None if row.inner else _stays(job.step_at(row.name, row.scope), from_step, again))
    )


def _again(
    job: Job,
    rows: Sequence[StepExecution],
    finished: dict[Spot, StepExecution],
    from_step: str | None,
) -> set[str]:
    """The declared steps that run again: those not done, or `from_step`, and all that need one of them."""
    begun = {(row.name, row.scope) for row in rows}
    if from_step is None:
        again = {step.key for step in job.steps if not _done(step, begun, finished)}
    else:
        first = [step for step in job.steps if from_step in (step.name, step.frame and step.frame.outer)]
        if not first:
            names = ", ".join(dict.fromkeys(step.name for step in job.steps))
            raise CannotRestart(f"The job has no step {from_step}; name one of {names}.")
        again = {step.key for step in first}
        by_key = {step.key: step for step in job.steps}
        before = [by_key[need] for step in first for need in step.needs if need not in again]
        undone = [step.name for step in before if not _done(step, begun, finished)]
        if undone:
            raise CannotRestart(
                f"Step {from_step} needs {', '.join(dict.fromkeys(undone))}, which did not finish; restart from there."
            )
    while True:
        more = {step.key for step in job.steps if step.key not in again and again & set(step.needs)}
        if not more:
            return again
        again |= more


def _done(
    step: Step, begun: set[tuple[str, str | None]], finished: dict[tuple[str, str | None], StepExecution]
) -> bool:
    """Whether a step finished in every scope that it began in, and in one at least."""
    scopes = [at for at in begun if at[0] == step.name and step.copy in (None, at[1])]
    return bool(scopes) and all(at in finished for at in scopes)


def _stays(step: Step | None, from_step: str | None, again: set[str]) -> bool:
    """Whether a finished step is taken over. A `for_each` step that broke off keeps its finished scopes, unless a step
    it needs runs again."""
    if step is None or step.key not in again:
        return True
    return from_step is None and step.for_each is not None and not again & set(step.needs)
