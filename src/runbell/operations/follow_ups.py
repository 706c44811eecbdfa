"""Follow-ups: made with their predecessor, released or discarded at its end."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import structs

from runbell.domain.execution import Execution, Trigger
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidDefinition, InvalidParams, NotFound
from runbell.domain.fill_in import FillInError, Filling, fill_value
from runbell.domain.job import FollowUp, FollowUpOn, Job, WhenFull
from runbell.domain.marks import marks
from runbell.domain.new_execution import new_execution
from runbell.domain.parameters import coerce
from runbell.domain.pointer import pointer
from runbell.domain.secrecy import SHOWN_TO_ALL, handed_over_openly
from runbell.domain.status import Status
from runbell.operations.ports import Desk
from runbell.operations.seal import sealed_params
from runbell.ports.job_table import JobRecord
from runbell.ports.store import FollowUpPlan, Start

FITS = {
    FollowUpOn.SUCCEEDED: frozenset({Status.SUCCEEDED}),
    FollowUpOn.FAILED: frozenset({Status.FAILED, Status.LOST}),
    FollowUpOn.ENDED: frozenset({Status.SUCCEEDED, Status.FAILED, Status.LOST}),
}

CANNOT_START = (NotFound, InvalidDefinition, InvalidParams, FillInError)
"""What keeps a follow-up from starting. It must never keep its predecessor from ending."""


async def waiting_follow_ups(desk: Desk, job: Job, predecessor: Execution) -> tuple[Execution, ...]:
    """The executions that wait for `predecessor` from its acceptance on, and those that wait for them."""
    made: list[Execution] = []
    todo = [(job, predecessor)]
    while todo:
        before, execution = todo.pop()
        for follow_up in _waiting(before):
            record, after = await _job_of(desk, before, follow_up)
            blocked = _blocked(after, record.version, execution, follow_up, execution.created_at)
            made.append(blocked)
            todo.append((after, blocked))
    return tuple(made)


async def settle_follow_ups(desk: Desk, job: Job, ended: Execution, status: Status, filling: Filling) -> FollowUpPlan:
    """What becomes of the follow-ups of an execution that ends as `status`: released with parameters, or made now."""
    now = desk.clock.now()
    released = {}
    start_by = {}
    found_by = {}
    waiting = await desk.store.follow_ups(ended.id)
    for execution, follow_up in _paired(waiting, _waiting(job)):
        if status not in FITS[follow_up.on]:
            continue
        try:
            _, version = await desk.catalogue.of(execution)  # one of a job that was retired since: the store refuses it
            values = _handed_over(job, follow_up, version, filling)
            released[execution.id] = sealed_params(desk.vault, version, execution, values)
        except CANNOT_START:
            continue  # it is discarded with its predecessor's end
        found_by[execution.id] = marks(version.parameters, released[execution.id])
        start_by[execution.id] = now + version.limits.start_by_ms
    return FollowUpPlan(
        released=released,
        start_by=start_by,
        marks={waiting: marked for waiting, marked in found_by.items() if marked},
        created=await _made_now(desk, job, ended, status, filling),
    )


async def _job_of(desk: Desk, before: Job, follow_up: FollowUp) -> tuple[JobRecord, Job]:
    """The job of a follow-up. Raises InvalidDefinition: it is the definition of the job before it that cannot run."""
    try:
        return await desk.catalogue.current(before.project, follow_up.job)
    except NotFound:
        said = (
            f"Job {before.name} cannot start: its follow-up {follow_up.job} is not defined any more; define it again, "
            "or take it out of `then`."
        )
        place = pointer("then", before.then.index(follow_up), "job")
        raise InvalidDefinition(said, problems=(Problem(place, "unknown_job", said),)) from None


def _paired(waiting: Iterable[Execution], declared: Iterable[FollowUp]) -> Iterator[tuple[Execution, FollowUp]]:
    """Each execution beside what it was made for: both are in the same order, but some may have been deleted since."""
    left = iter(declared)
    for execution in waiting:
        for follow_up in left:
            if (follow_up.job, follow_up.on) == (execution.job, execution.predecessor_on):
                yield execution, follow_up
                break


async def _made_now(desk: Desk, job: Job, ended: Execution, status: Status, filling: Filling) -> tuple[Start, ...]:
    now = desk.clock.now()
    made = []
    for follow_up in job.then:
        if follow_up.on is not FollowUpOn.FAILED or status not in FITS[follow_up.on]:
            continue
        try:
            record, after = await desk.catalogue.current(job.project, follow_up.job)
            blocked = _blocked(after, record.version, ended, follow_up, now)
            values = _handed_over(job, follow_up, after, filling)
            execution = structs.replace(
                blocked,
                params=sealed_params(desk.vault, after, blocked, values),
                predecessor_on=None,
                start_by=now + after.limits.start_by_ms,
            )
            waiting = await waiting_follow_ups(desk, after, execution)
        except CANNOT_START:
            continue
        made.append(
            Start(
                execution=execution,
                job_number=record.number,
                limit=after.limits.running,
                when_full=after.limits.when_full or WhenFull.QUEUE,
                grace_ms=after.limits.grace_ms,
                follow_ups=waiting,
                marks=marks(after.parameters, execution.params),
            )
        )
    return tuple(made)


def _handed_over(job: Job, follow_up: FollowUp, taker: Job, filling: Filling) -> dict[str, Any]:
    """The follow-up's parameters. Raises what is in CANNOT_START; a secret is not handed over where it would show."""
    problems = tuple(
        Problem(pointer("params", name), code, said)
        for name, code, said in handed_over_openly(job, follow_up.parameters, taker)
        if code == SHOWN_TO_ALL
    )
    if problems:
        raise InvalidParams("A secret would be shown; see errors.", problems=problems)
    return coerce(taker.parameters, fill_value(follow_up.parameters, filling), can_name_none=False)


def _waiting(job: Job) -> list[FollowUp]:
    return [follow_up for follow_up in job.then if follow_up.on is not FollowUpOn.FAILED]


def _blocked(job: Job, version: int, predecessor: Execution, follow_up: FollowUp, at: int) -> Execution:
    came_by = Trigger("job", predecessor.trigger.actor, predecessor.trigger.surface)
    return structs.replace(
        new_execution(job, version, at, {}, came_by),
        start_by=None,  # counted from its release
        predecessor=predecessor.id,
        predecessor_on=follow_up.on,
        traceparent=predecessor.traceparent,
    )
