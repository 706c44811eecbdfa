"""From a planned step to the order a hand can carry out: everything filled in, nothing left to look up."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from runbell.domain.execution import Execution, StepExecution
from runbell.domain.fill_in import Filling, Template, parse
from runbell.domain.ids import public
from runbell.domain.job import Command, Job, Python, Shell, Step
from runbell.domain.restart import FINISHED
from runbell.ports.runner import StepOrder


def write_order(
    job: Job,
    folder: str | None,
    home: str,
    execution: Execution,
    rows: Iterable[StepExecution],
    row: StepExecution,
    timeout_ms: int | None,
) -> StepOrder:
    """The order for one attempt of one step. Raises FillInError when a value it names is not there."""
    step = job.step(row.name)
    if step is None:
        raise LookupError(f"Job {job.name} has no step {row.name}.")
    action = step.action
    return StepOrder(
        execution=execution.id,
        number=execution.number,
        job=job.name,
        project=job.project,
        step=row.name,
        kind=row.kind,
        scope=row.scope,
        attempt=row.attempt,
        epoch=execution.epoch,
        home=home,
        folder=folder,
        argv=_argv(action, execution, rows, row, home) if isinstance(action, Command) else None,
        script=action.script if isinstance(action, Shell) else None,
        target=action.target if isinstance(action, Python) else None,
        takes_job=isinstance(action, Python) and action.takes_job,
        params=execution.params,
        types={parameter.name: parameter.type for parameter in job.parameters},
        env=job.env,
        exit_codes=step.exit_codes,
        timeout_ms=timeout_ms,
        grace_ms=job.limits.grace_ms,
        log_bytes=job.limits.log_bytes,
        kept=_kept(rows) if isinstance(action, Python) and action.takes_job else (),
    )


def filling(
    execution: Execution, rows: Iterable[StepExecution], scope: str | None = None, workspace: str = ""
) -> Filling:
    """The values that fill-ins may name."""
    return Filling(
        parameters=execution.params,
        results=_results(rows),
        scope=scope,
        workspace=workspace,
        execution_id=public(execution.id),
        execution_number=execution.number,
    )


def step_of(job: Job, row: StepExecution) -> Step:
    """The declared step of a row."""
    step = job.step(row.name)
    if step is None:
        raise LookupError(f"Job {job.name} has no step {row.name}.")
    return step


def _argv(
    action: Command, execution: Execution, rows: Iterable[StepExecution], row: StepExecution, home: str
) -> tuple[str, ...]:
    values = filling(execution, rows, row.scope, f"{home}/workspace")
    return tuple(_template(element).fill(values) for element in action.argv)


@lru_cache(maxsize=4_096)
def _template(text: str) -> Template:
    return parse(text)


def _results(rows: Iterable[StepExecution]) -> dict[str, Any]:
    return {
        row.name: msgspec.json.decode(row.result.inline)
        for row in rows
        if row.status in FINISHED and row.result is not None and row.result.inline is not None
    }


def _kept(rows: Iterable[StepExecution]) -> tuple[StepExecution, ...]:
    return tuple(row for row in rows if row.inner)
