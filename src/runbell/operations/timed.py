"""When the schedule of a definition fires first, and whether it is in force: what the table keeps of it."""

from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidDefinition
from runbell.domain.firing import following, timing
from runbell.domain.job import Job
from runbell.operations.ports import Ports
from runbell.ports.schedule_table import Standing, Timed


def timed(ports: Ports, job: Job, at: int, standing: Standing | None = None) -> Timed | None:
    """What the table keeps of the schedule, set at that moment over what stands. Raises InvalidDefinition for one that
    never comes."""
    schedule = job.schedule
    if schedule is None:
        return None
    text = timing(schedule)
    anchor = standing.anchor if standing is not None and standing.timing == text else whole(at)
    try:
        first = following(schedule, anchor, at, ports.cron)
    except ValueError as refusal:
        raise _never(job, str(refusal)) from None
    if first is None and schedule.cron is not None:
        raise _never(job, "no such day comes within fifty years")
    return Timed(timing=text, on=job.enabled and job.starts != "api", anchor=anchor, first=first)


def whole(at: int) -> int:
    """The full second that an interval is counted from when it is set at that moment."""
    return at // 1_000 * 1_000


def _never(job: Job, said: str) -> InvalidDefinition:
    problem = Problem("/schedule/cron", "invalid", said)
    return InvalidDefinition(f"Job {job.name} cannot be run as written.", problems=(problem,))
