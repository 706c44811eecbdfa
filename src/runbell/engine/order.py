"""From a planned step to the order a hand can carry out: everything filled in, nothing left to look up."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import structs

from runbell.domain.actions import Action, Child, Command, Python, Shell, Task
from runbell.domain.engine_url import secrets_of
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.files import referred
from runbell.domain.fill_in import Filling, Template, fill_value, parse
from runbell.domain.http_call import fill_http
from runbell.domain.ids import public
from runbell.domain.job import Job, ParameterType, Step
from runbell.domain.results import results_of
from runbell.domain.status import StepStatus
from runbell.engine.places import Place, place_of
from runbell.operations.start_child import Wanted
from runbell.ports.runner import StepOrder


class Withheld(Exception):  # noqa: N818 - an answer about the step, not a defect
    """A secret that the step needs is not there, or cannot be opened; the sentence says which and what to do."""


def write_order(
    job: Job,
    folder: str | None,
    home: str,
    execution: Execution,
    rows: Iterable[StepExecution],
    row: StepExecution,
    timeout_ms: int | None,
    params: dict[str, Any],
    secret: Callable[[str], str],
    upload: Callable[[str], Path],
) -> StepOrder:
    """The order for one attempt of one step. Raises FillInError when a value it names is not there.

    `params` are the execution's, opened; `secret` answers the value of a secret by its name, or raises Withheld.
    `upload` answers where a file that was handed in lies.
    """
    step = step_of(job, row)
    action = step.action
    outermost = Place(folder, params, job.parameters, job.env, job.secrets, tuple(rows))
    place = place_of(step.frame, outermost, execution, row)
    secrets = {name: secret(kept) for name, kept in place.secrets.items()}
    received = _with_paths(place, upload)
    values = filling(execution, place.rows, row.scope, f"{home}/workspace", received)
    task, hidden = _task(action, values, secret)
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
        folder=place.folder,
        argv=tuple(_template(text).fill(values) for text in action.argv) if isinstance(action, Command) else None,
        script=action.script if isinstance(action, Shell) else None,
        target=action.target if isinstance(action, Python) else None,
        task=task,
        takes_job=isinstance(action, Python) and action.takes_job,
        params=received,
        types={parameter.name: parameter.type for parameter in place.parameters},
        env=place.env | traced(execution),
        secrets=secrets,
        veiled=(*secrets.values(), *hidden, *_veiled(job, params), *_veiled_here(place)),
        exit_codes=step.exit_codes,
        timeout_ms=timeout_ms,
        grace_ms=job.limits.grace_ms,
        log_bytes=job.limits.log_bytes,
        kept=_kept(rows) if isinstance(action, Python) and action.takes_job else (),
    )


def write_wanted(
    job: Job, folder: str | None, execution: Execution, rows: list[StepExecution], row: StepExecution,
    params: dict[str, Any],
) -> Wanted:  # fmt: skip
    """The start of another job that a step asks for. An attempt after a loss asks for the same start once more."""
    step = step_of(job, row)
    assert isinstance(step.action, Child)
    outermost = Place(folder, params, job.parameters, job.env, job.secrets, tuple(rows))
    place = place_of(step.frame, outermost, execution, row)
    hidden = tuple(parameter.name for parameter in place.parameters if parameter.secret)
    lost = {one.attempt for one in rows if one.slot[:2] == row.slot[:2] and one.status is StepStatus.LOST}
    turn = row.attempt
    while turn - 1 in lost:
        turn -= 1
    return Wanted(
        job=step.action.job,
        giver=structs.replace(job, parameters=place.parameters, secret_parameters=hidden),
        given=fill_value(step.action.parameters, filling(execution, place.rows, row.scope, params=place.params)),
        written=step.action.parameters,
        own=place.params,
        place=f"{row.name}\n{row.scope or ''}",
        turn=turn,
    )


def _task(
    action: Action, values: Filling, secret: Callable[[str], str]
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """The members of a task with everything filled in, and what of it is secret."""
    if not isinstance(action, Task):
        return None, ()
    if action.kind == "http":
        filled = fill_http(action.filled, structs.replace(values, secret=secret))
        return action.body | filled, tuple(secret(name) for name in action.secrets)
    task = action.body | fill_value(action.filled, values)
    if "bind" in action.filled:  # what was not given is bound as null
        task["bind"] = dict.fromkeys(action.filled["bind"]) | task["bind"]
    if action.connection is None:
        return task, ()
    url = secret(action.connection).strip()
    return task | {"connection": url, "connection_name": action.connection}, (url, *secrets_of(url))


def _with_paths(place: Place, upload: Callable[[str], Path]) -> dict[str, Any]:
    """The parameters as the step receives them: a file by its path."""
    files = [one.name for one in place.parameters if one.type is ParameterType.FILE]
    if not files:
        return place.params
    paths = {name: str(upload(file_id)) for name in files if (file_id := referred(place.params.get(name))) is not None}
    return place.params | paths


def _veiled(job: Job, params: dict[str, Any]) -> Iterable[str]:
    """The values of the execution's secret parameters."""
    return (value for name in job.secret_parameters if isinstance(value := params.get(name), str) and value)


def _veiled_here(place: Place) -> Iterable[str]:
    """Those of an included job."""
    secret = (parameter.name for parameter in place.parameters if parameter.secret)
    return (value for name in secret if isinstance(value := place.params.get(name), str) and value)


def traced(execution: Execution) -> dict[str, str]:
    """The W3C trace context that the start came with, under the name that tracing libraries read."""
    return {} if execution.traceparent is None else {"TRACEPARENT": execution.traceparent}


def filling(
    execution: Execution,
    rows: Iterable[StepExecution],
    scope: str | None = None,
    workspace: str = "",
    params: dict[str, Any] | None = None,
) -> Filling:
    """The values that fill-ins may name; `params` are those of an included job, else the execution's own."""
    return Filling(
        parameters=execution.params if params is None else params,
        results=results_of(rows),
        scope=scope,
        workspace=workspace,
        execution_id=public(execution.id),
        execution_number=execution.number,
    )


def step_of(job: Job, row: StepExecution) -> Step:
    """The declared step of a row."""
    step = job.step_at(row.name, row.scope)
    if step is None:
        raise LookupError(f"Job {job.name} has no step {row.name}.")
    return step


@lru_cache(maxsize=4_096)
def _template(text: str) -> Template:
    return parse(text)


def _kept(rows: Iterable[StepExecution]) -> tuple[StepExecution, ...]:
    return tuple(row for row in rows if row.inner)
