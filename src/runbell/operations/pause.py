"""Pause a job, and resume it: what is queued waits, what runs goes on."""

from runbell.domain.identity import Actor
from runbell.operations.catalogue import no_job
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord, PauseJob


async def pause(ports: Ports, actor: Actor, name: str) -> JobRecord:
    """Nothing of the job begins any more; it goes on taking starts unless it says otherwise. Raises NotFound."""
    return await _set(ports, actor, name, paused=True)


async def resume(ports: Ports, actor: Actor, name: str) -> JobRecord:
    """What waited may begin again. Raises NotFound."""
    record = await _set(ports, actor, name, paused=False)
    ports.engine.nudge()
    return record


async def _set(ports: Ports, actor: Actor, name: str, *, paused: bool) -> JobRecord:
    if not actor.reaches(name):
        raise no_job(name)
    now = ports.clock.now()
    audit = actor.did("jobs.pause" if paused else "jobs.resume", name, now)
    asked = PauseJob(project=actor.project, name=name, paused=paused, at=now, audit=audit)
    return await ports.store.pause_job(asked)
