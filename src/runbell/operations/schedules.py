"""Schedules over the API: look, set, clear, pause, resume, preview. One stands in the definition of its job.

A job runs on its schedule or is started over the API: setting a schedule ends the API mode, clearing it brings it back.
`starts: both` in the definition lifts that; nothing here ever writes it.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from runbell.domain.definition import read_job
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidDefinition, NotFound, RevisionMismatch
from runbell.domain.firing import moments, timing
from runbell.domain.identity import Actor
from runbell.domain.job import Job, Schedule
from runbell.domain.missed import resumed
from runbell.operations import define_job
from runbell.operations.catalogue import no_job
from runbell.operations.ports import Ports
from runbell.operations.timed import timed, whole
from runbell.ports.job_table import JobRecord
from runbell.ports.schedule_table import PauseSchedule, Standing

TRIES: Final = 5
Change = Callable[[dict[str, Any]], dict[str, Any]]


class Scheduled(Struct, frozen=True, kw_only=True):
    """A job's schedule: as it is written, as it is understood, and as it stands."""

    record: JobRecord
    job: Job
    schedule: Schedule
    standing: Standing


class Preview(Struct, frozen=True, kw_only=True):
    """When a schedule fires: its next moments, and where an interval is counted from."""

    schedule: Schedule
    anchor: int
    moments: tuple[int, ...]


async def show(ports: Ports, actor: Actor, name: str) -> Scheduled:
    """The schedule of a job. Raises NotFound when there is no such job, or it has none."""
    record, job = await _current(ports, actor, name)
    standing = await ports.store.schedule(record.number)
    if job.schedule is None or standing is None:
        raise _none(name)
    return Scheduled(record=record, job=job, schedule=job.schedule, standing=standing)


async def put(
    ports: Ports, actor: Actor, name: str, schedule: dict[str, Any], *, if_revision: int | None = None
) -> Scheduled:
    """Set the schedule; the job runs on it alone from then on, unless it says `starts: both`.

    Raises NotFound, InvalidDefinition, RevisionMismatch.
    """

    def change(definition: dict[str, Any]) -> dict[str, Any]:
        return _with(definition, schedule)

    now = ports.clock.now()
    _, job = await _read(ports, actor, name, schedule)
    same = (await _current(ports, actor, name))[1].schedule
    once = None if job.schedule is None else job.schedule.at
    if once is not None and once <= now and (same is None or same.at != once):
        said = "That moment has passed; name one that is still to come."
        raise InvalidDefinition(
            f"The schedule of {name} would never fire.", problems=(Problem("/at", "too_early", said),)
        )
    await _change(ports, actor, name, change, "schedules.put", if_revision)
    return await show(ports, actor, name)


async def clear(
    ports: Ports, actor: Actor, name: str, *, keep: bool = False, if_revision: int | None = None
) -> JobRecord:
    """End the schedule, so that the job is started over the API; `keep` leaves it in the definition, switched off.

    Raises NotFound, RevisionMismatch.
    """

    def change(definition: dict[str, Any]) -> dict[str, Any]:
        if definition.get("schedule") is None:
            raise _none(name)
        if keep:
            return {**definition, "starts": "api"}
        return {member: value for member, value in definition.items() if member not in ("schedule", "starts")}

    return await _change(ports, actor, name, change, "schedules.clear", if_revision)


async def pause(ports: Ports, actor: Actor, name: str) -> Scheduled:
    """It fires no more until it is resumed; what falls into the pause is not made up for. Raises NotFound."""
    return await _hold(ports, actor, name, paused=True)


async def resume(ports: Ports, actor: Actor, name: str) -> Scheduled:
    """It goes on with the next of its fire times. Raises NotFound."""
    return await _hold(ports, actor, name, paused=False)


async def preview(
    ports: Ports, actor: Actor, name: str, schedule: dict[str, Any] | None, *, count: int, since: int | None
) -> Preview:
    """The next fire times after `since` (epoch ms; None: now) of the job's schedule, or of one that is not saved.

    Raises NotFound, InvalidDefinition.
    """
    now = ports.clock.now()
    after = now if since is None else since
    record, job = await (_current(ports, actor, name) if schedule is None else _read(ports, actor, name, schedule))
    found = job.schedule
    if found is None:
        raise _none(name)
    standing = await ports.store.schedule(record.number)
    same = standing is not None and standing.timing in ("", timing(found))
    anchor = standing.anchor if standing is not None and same else whole(now)
    return Preview(
        schedule=found, anchor=anchor if found.anchor is None else found.anchor,
        moments=tuple(islice(moments(found, anchor, after, ports.cron), count)),
    )  # fmt: skip


async def _change(
    ports: Ports, actor: Actor, name: str, change: Change, action: str, if_revision: int | None
) -> JobRecord:
    """Write a changed definition; when somebody else was quicker, and nobody named a revision, on top of theirs."""
    for attempt in range(TRIES):
        record, _ = await _current(ports, actor, name)
        if if_revision is not None and record.revision != if_revision:
            raise RevisionMismatch(f"Job {name} is at revision {record.revision}; read it again, then send the change.")
        try:
            made = await define_job.put(
                ports, actor, name, change(record.definition), if_revision=record.revision, source=record.source,
                folder=record.folder, loaded=False, action=action,
            )  # fmt: skip
        except RevisionMismatch:
            if if_revision is not None or attempt == TRIES - 1:
                raise
        except InvalidDefinition as refusal:
            raise _of_schedule(name, refusal) from None
        else:
            return made.job
    raise AssertionError("the last attempt returns or raises")


async def _hold(ports: Ports, actor: Actor, name: str, *, paused: bool) -> Scheduled:
    seen = await show(ports, actor, name)
    now = ports.clock.now()
    next_at = resumed(seen.schedule, seen.standing.anchor, seen.standing.last_at, now, ports.cron)
    audit = actor.did("schedules.pause" if paused else "schedules.resume", name, now)
    asked = PauseSchedule(
        project=actor.project,
        job=name,
        paused=paused,
        timing=seen.standing.timing,
        next_at=next_at,
        at=now,
        audit=audit,
    )
    await ports.store.pause_schedule(asked)
    ports.rota.ring()
    return await show(ports, actor, name)


async def _current(ports: Ports, actor: Actor, name: str) -> tuple[JobRecord, Job]:
    if not actor.reaches(name):
        raise no_job(name)
    return await ports.catalogue.current(actor.project, name)


async def _read(ports: Ports, actor: Actor, name: str, schedule: dict[str, Any]) -> tuple[JobRecord, Job]:
    """The job as it would be with that schedule. Raises InvalidDefinition, its pointers into the schedule."""
    record, _ = await _current(ports, actor, name)
    definition = _with(record.definition, schedule)
    try:
        job = read_job(definition, name=name, project=record.project, trusted_python=record.source == "python")
        timed(ports, job, ports.clock.now())
    except InvalidDefinition as refusal:
        raise _of_schedule(name, refusal) from None
    return record, job


def _with(definition: dict[str, Any], schedule: dict[str, Any]) -> dict[str, Any]:
    both = definition.get("starts") == "both"
    kept = {member: value for member, value in definition.items() if both or member != "starts"}
    return {**kept, "schedule": schedule}


def _of_schedule(name: str, refusal: InvalidDefinition) -> InvalidDefinition:
    """The same refusal, as seen from the schedule."""
    problems = tuple(
        Problem(problem.pointer.removeprefix("/schedule"), problem.code, problem.detail) for problem in refusal.problems
    )
    return InvalidDefinition(f"This schedule of {name} cannot be run as written.", problems=problems)


def _none(name: str) -> NotFound:
    return NotFound(f"Job {name} has no schedule; PUT one to have it start by itself.")
