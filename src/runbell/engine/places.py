"""What a step sees of the job that it was written in: for an included step that is another job than the execution's."""

from typing import Any

from msgspec import Struct, structs

from runbell.domain.execution import Execution, StepExecution
from runbell.domain.faults import InvalidParams
from runbell.domain.fill_in import FillInError, Filling, fill_value
from runbell.domain.ids import public
from runbell.domain.job import Frame, Parameter
from runbell.domain.parameters import coerce
from runbell.domain.results import results_of


class Place(Struct, frozen=True):
    """Its folder, its parameters with their values, its environment and secrets, and its own steps so far."""

    folder: str | None
    params: dict[str, Any]
    parameters: tuple[Parameter, ...]
    env: dict[str, str]
    secrets: dict[str, str]
    rows: tuple[StepExecution, ...]


def place_of(frame: Frame | None, outermost: Place, execution: Execution, row: StepExecution) -> Place:
    """The place of a step in that frame. Raises FillInError when the including step hands over what does not fit."""
    if frame is None:
        return outermost
    above = place_of(frame.above, outermost, execution, row)
    params = _handed_over(frame, above, execution, row)
    rows = tuple(
        structs.replace(one, name=one.name.removeprefix(frame.prefix))
        for one in outermost.rows
        if one.name.startswith(frame.prefix) and one.scope in (None, row.scope)
    )
    return Place(frame.folder, params, frame.parameters, frame.env, frame.secrets, rows)


def _handed_over(frame: Frame, above: Place, execution: Execution, row: StepExecution) -> dict[str, Any]:
    """The included job's parameters: those that the step names, else those of the same name, else the defaults."""
    values = Filling(
        parameters=above.params,
        results=results_of(above.rows),
        scope=row.scope,
        execution_id=public(execution.id),
        execution_number=execution.number,
    )
    given = fill_value(frame.given, values)
    same = {one.name: above.params[one.name] for one in frame.parameters if one.name in above.params}
    try:
        return coerce(frame.parameters, {**same, **given}, can_name_none=False)
    except InvalidParams as refusal:
        said = "; ".join(f"{wrong.pointer.rpartition('/')[2]}: {wrong.detail}" for wrong in refusal.problems)
        raise FillInError(f"Job {frame.job} does not take what step {frame.outer} hands over: {said}") from None
