"""Endpoints for schedules: look, set, clear, pause, resume, and the next fire times."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from runbell.dialects.native import asking, jobs
from runbell.dialects.native.schedule_shapes import FireShape, PreviewShape, ScheduleShape
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidDefinition
from runbell.domain.job import Schedule
from runbell.http import conditional, query
from runbell.http.answer import Answer, Headers, json_answer
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import schedules
from runbell.operations.schedules import Preview, Scheduled

PREVIEWED: Final = 10
MOST_PREVIEWED: Final = 200


async def get(request: Request) -> Answer:
    """The schedule of a job."""
    found = await schedules.show(request.ports, request.actor, request.values["job"])
    if conditional.unchanged(request.header(b"if-none-match"), found.record.revision, _moving(found)):
        return Answer(304, _headers(found))
    return _written(found)


async def put(request: Request) -> Answer:
    """Set it."""
    given = _schedule(await request.json())
    revision = asking.expected_revision(request)
    name = request.values["job"]
    return _written(await schedules.put(request.ports, request.actor, name, given, if_revision=revision))


async def clear(request: Request) -> Answer:
    """End it; the job is started over the API from then on."""
    revision, keep = asking.expected_revision(request), query.flag(request.query, "keep")
    name = request.values["job"]
    job = await schedules.clear(request.ports, request.actor, name, keep=keep, if_revision=revision)
    return await jobs.written(request, job)


async def pause(request: Request) -> Answer:
    """It fires no more; again is the same."""
    return _written(await schedules.pause(request.ports, request.actor, request.values["job"]))


async def resume(request: Request) -> Answer:
    """It goes on; again is the same."""
    return _written(await schedules.resume(request.ports, request.actor, request.values["job"]))


async def preview(request: Request) -> Answer:
    """The next fire times of the schedule that the job has, or of the one in the body."""
    given = _schedule(await request.json()) if request.has_body else None
    asked, name = request.query, request.values["job"]
    count = min(query.whole(asked, "count", high=MOST_PREVIEWED) or PREVIEWED, MOST_PREVIEWED)
    since = query.time(asked, "from")
    return json_answer(
        _previewed(await schedules.preview(request.ports, request.actor, name, given, count=count, since=since))
    )


def _schedule(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        said = "A schedule is a JSON object with cron, every or at."
        raise InvalidDefinition(said, problems=(Problem("", "invalid_type", said),))
    return value


def _written(found: Scheduled) -> Answer:
    record, standing = found.record, found.standing
    own = jobs.ROOT + record.name
    shape = ScheduleShape(
        job=record.name,
        project=record.project,
        revision=record.revision,
        starts=found.job.starts,
        schedule=record.definition["schedule"],
        on=standing.on,
        paused=standing.paused,
        anchor=_anchor(found.schedule, standing.anchor),
        next_fire=None if standing.next_at is None else rfc3339(standing.next_at),
        last_fire=None if standing.last_at is None else rfc3339(standing.last_at),
        links={"self": f"{own}/schedule", "preview": f"{own}/schedule:preview", "job": own},
    )
    return json_answer(shape, headers=_headers(found))


def _previewed(preview: Preview) -> PreviewShape:
    zone = ZoneInfo(preview.schedule.timezone)
    local = (datetime.fromtimestamp(moment / 1_000, zone).isoformat(timespec="seconds") for moment in preview.moments)
    items = [FireShape(rfc3339(moment), text) for moment, text in zip(preview.moments, local, strict=True)]
    anchor = _anchor(preview.schedule, preview.anchor)
    return PreviewShape(timezone=preview.schedule.timezone, anchor=anchor, items=items)


def _anchor(schedule: Schedule, anchor: int) -> str | None:
    if schedule.every_ms is None:
        return None
    return rfc3339(anchor if schedule.anchor is None else schedule.anchor)


def _moving(found: Scheduled) -> str:
    return jobs.moving(found.standing.next_at, found.standing.last_at, int(found.standing.paused))


def _headers(found: Scheduled) -> Headers:
    tag = conditional.etag(found.record.revision, _moving(found))
    return [(b"etag", tag), (b"cache-control", b"private, no-cache")]
