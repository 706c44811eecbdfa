"""Fire: what a schedule starts when its time has come, by the same decisions as a start over the API."""

import asyncio
import logging

from msgspec import structs

from runbell.domain.execution import Execution, Trigger
from runbell.domain.fault import Fault
from runbell.domain.faults import InvalidDefinition, StorageFull, Unavailable
from runbell.domain.firing import following
from runbell.domain.identity import Actor
from runbell.domain.job import DAY_MS, Job, Schedule
from runbell.domain.log import stamp
from runbell.domain.missed import Decision, decide, resumed
from runbell.domain.new_execution import new_execution
from runbell.operations.ports import Ports
from runbell.operations.trigger import Asked, draft, start_of
from runbell.ports.fire import Fire, Firing
from runbell.ports.job_table import JobRecord
from runbell.ports.schedule_table import Realign, Standing
from runbell.ports.store import Start

UNREADABLE_MS = DAY_MS // 24
UNKNOWN_MS = 60_000
PAGE = 500
log = logging.getLogger(__name__)


async def fire(ports: Ports, standing: Standing) -> bool:
    """Do what a due schedule is to do now; False when it stands otherwise by then: look again."""
    now = ports.clock.now()
    if standing.next_at is None or standing.next_at > now:
        return False
    try:
        asked = await _asked(ports, standing, standing.next_at, now)
    except (Unavailable, StorageFull):
        raise  # it is not the schedule's fault: all of them wait
    except Exception as trouble:  # one that cannot be read any more must not stop all others
        log.warning("schedule_unreadable", exc_info=trouble, extra={"job": standing.job})
        later = UNREADABLE_MS if isinstance(trouble, Fault | ValueError) else UNKNOWN_MS
        asked = Realign(job_number=standing.job_number, was=standing.next_at, next_at=now + later)
    if isinstance(asked, Realign):
        await ports.store.realign(asked)
        return True
    return await ports.store.fire(asked)


async def _asked(ports: Ports, standing: Standing, due: int, now: int) -> Fire | Realign:
    """What is to be written. It was due at a moment that is none of its fire times when it could not be read for a
    while, or when the rules of its zone changed: then it goes on after the last that was dealt with."""
    record, job = await ports.catalogue.current(standing.project, standing.job)
    if job.schedule is None:
        raise InvalidDefinition(f"Job {job.name} has no schedule any more.")
    first: int | None = due
    if following(job.schedule, standing.anchor, due - 1, ports.cron) != due:
        done = standing.anchor if standing.last_at is None else standing.last_at
        first = following(job.schedule, standing.anchor, done, ports.cron)
    if first is None or first > now:
        return Realign(job_number=record.number, was=due, next_at=first)
    decision = decide(job.schedule, standing.anchor, first, now, ports.cron)
    return Fire(
        job_number=record.number,
        job_revision=record.revision,
        due=due,
        at=now,
        firings=await _firings(ports, record, job, job.schedule, decision),
        next_at=decision.next_at,
        last_at=decision.last_at,
        missed=None if decision.missed is None else decision.missed.told,
    )


async def realign(ports: Ports) -> None:
    """Compute anew what lies ahead: the rules of a time zone may have changed, or the clock was set back."""
    after = 0
    while page := await ports.store.schedules(after, PAGE):
        after = page[-1].job_number
        now = ports.clock.now()
        for standing in page:
            if standing.on and not standing.paused and (standing.next_at is None or standing.next_at > now):
                await _realign(ports, standing, now)
                await asyncio.sleep(0)  # there may be thousands, and others wait


async def _realign(ports: Ports, standing: Standing, now: int) -> None:
    try:
        _, job = await ports.catalogue.current(standing.project, standing.job)
        if job.schedule is None:
            return
        next_at = resumed(job.schedule, standing.anchor, standing.last_at, now, ports.cron)
    except (Fault, ValueError) as trouble:
        log.warning("schedule_unreadable", extra={"job": standing.job, "detail": str(trouble)})
        return
    if next_at != standing.next_at:
        await ports.store.realign(Realign(job_number=standing.job_number, was=standing.next_at, next_at=next_at))


async def _firings(
    ports: Ports, record: JobRecord, job: Job, schedule: Schedule, decision: Decision
) -> tuple[Firing, ...]:
    found = []
    for moment in decision.runs:
        try:
            found.append(Firing(start=await _start(ports, record, job, schedule, moment)))
        except (Unavailable, StorageFull):
            raise
        except Fault as fault:
            found.append(Firing(start=_note(ports, record, job, moment), refused=fault.detail))
    if decision.skipped is not None and decision.missed is not None:
        start = _note(ports, record, job, decision.skipped)
        found.append(Firing(start=start, skipped=decision.missed.sentence))
    return tuple(found)


async def _start(ports: Ports, record: JobRecord, job: Job, schedule: Schedule, moment: int) -> Start:
    """The start that the schedule makes. Raises what refuses any such start."""
    asked = Asked(job=job.name, params=schedule.parameters, kind="schedule", nameless=True)
    actor = Actor(f"schedule:{job.name}", record.project, frozenset())
    execution = draft(ports, actor, record, job, asked, {})
    return await start_of(ports, record, job, _due(execution, moment))


def _note(ports: Ports, record: JobRecord, job: Job, moment: int) -> Start:
    """An execution that never runs, as the note of what did not happen."""
    came_by = Trigger("schedule", f"schedule:{job.name}", "native")
    execution = new_execution(job, record.version, ports.clock.now(), {}, came_by)
    return Start(execution=_due(execution, moment), job_number=record.number)


def _due(execution: Execution, moment: int) -> Execution:
    return structs.replace(execution, trigger=structs.replace(execution.trigger, schedule=stamp(moment)))
