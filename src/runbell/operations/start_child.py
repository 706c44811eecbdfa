"""Start another job for a step that waits for it: once, however often the one who waits is lost and comes back."""

from typing import Any

from msgspec import Struct, structs

from runbell.domain.execution import Execution, Trigger
from runbell.domain.fault import Problem
from runbell.domain.faults import Gone, InvalidParams, JobDisabled
from runbell.domain.job import Job
from runbell.domain.new_execution import new_execution
from runbell.domain.parameters import coerce
from runbell.domain.pointer import pointer
from runbell.domain.secrecy import handed_over_openly
from runbell.operations.ports import Desk
from runbell.operations.seal import sealed
from runbell.operations.trigger import accept, start_of
from runbell.ports.store import Idempotency, Ref


class Wanted(Struct, frozen=True, kw_only=True):
    """What a step wants started: `given` are the parameters that it names, `own` those of its job (`giver`).

    `written` are `given` before they were filled in. `place` and `turn` tell this start from the execution's others.
    """

    job: str
    giver: Job
    given: dict[str, Any]
    written: dict[str, Any]
    own: dict[str, Any]
    place: str
    turn: int


async def start_child(desk: Desk, parent: Execution, wanted: Wanted) -> Execution:
    """The execution that the step waits for: made now, or found when it was made before the one who waits was lost.

    Raises NotFound, JobDisabled, InvalidParams, Gone and what else keeps a job from starting.
    """
    remember = Idempotency(
        client=f"execution:{parent.id}", path=wanted.place, key=str(wanted.turn), fingerprint="", members={}
    )
    known = await desk.store.remembered(remember.client, remember.path, remember.key)
    if known is not None:
        found = await desk.store.execution(parent.project, Ref(id=known.execution))
        if found is None:
            raise Gone(
                f"The execution of {wanted.job} that it waited for was deleted; start this one anew.",
                execution=known.execution,
            )
        return found
    record, other = await desk.catalogue.current(parent.project, wanted.job)
    if not record.enabled:
        raise JobDisabled(f"Job {record.name} is disabled; set `enabled: true` in its definition to start it.")
    params = _handed_over(wanted, other)
    came_by = Trigger("job", parent.trigger.actor, parent.trigger.surface)
    drafted = structs.replace(
        new_execution(other, record.version, desk.clock.now(), params, came_by), traceparent=parent.traceparent
    )
    new = await start_of(desk, record, other, sealed(desk.vault, other, drafted), remember=remember)
    return (await accept(desk, new)).execution


def handed_over(giver: Job, taker: Job, written: dict[str, Any]) -> dict[str, Any]:
    """All parameters that `taker` gets, as they are written: those that the step names, and those of the same name."""
    theirs = {parameter.name for parameter in taker.parameters}
    same = [parameter.name for parameter in giver.parameters if parameter.name in theirs]
    return {name: f"{{parameters.{name}}}" for name in same} | written


def _handed_over(wanted: Wanted, taker: Job) -> dict[str, Any]:
    problems = tuple(
        Problem(pointer("params", name), code, said)
        for name, code, said in handed_over_openly(
            wanted.giver, handed_over(wanted.giver, taker, wanted.written), taker
        )
    )
    if problems:
        raise InvalidParams(problems[0].detail, problems=problems)
    theirs = {parameter.name for parameter in taker.parameters}
    same = {name: value for name, value in wanted.own.items() if name in theirs}
    return coerce(taker.parameters, {**same, **wanted.given}, can_name_none=False)
