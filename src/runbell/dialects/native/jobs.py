"""Endpoints for jobs: define, change, look, list, retire, versions."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import UNSET

from runbell.dialects.native import asking
from runbell.dialects.native.shapes import JobItem, JobShape, JobsPage, VersionItem, VersionShape, VersionsPage
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidDefinition, NotFound, RevisionMismatch
from runbell.http import conditional
from runbell.http.answer import Answer, Headers, header, json_answer
from runbell.http.cursor import Cursors
from runbell.http.merge_patch import merged
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import define_job, look, pause
from runbell.ports.job_table import JobRecord, JobVersion

ROOT: Final = "/api/v1/jobs/"


class Jobs:
    """The endpoints, and the cursors of their lists."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def put(self, request: Request) -> Answer:
        """Define a job: new, or its next version."""
        definition = _definition(await request.json())
        revision = asking.condition(request)
        put = await define_job.put(
            request.ports, request.actor, request.values["job"], definition, if_revision=revision
        )
        return await written(request, put.job, 201 if put.created else 200, definition)

    async def patch(self, request: Request) -> Answer:
        """Change single members of a definition (RFC 7396)."""
        name = request.values["job"]
        revision = asking.expected_revision(request, required=True)
        job = await look.job(request.ports, request.actor, name)
        if revision is not None and job.revision != revision:
            raise RevisionMismatch(f"Job {name} is at revision {job.revision}; read it again, then send the change.")
        definition = _definition(merged(job.definition, await request.json()))
        put = await define_job.put(request.ports, request.actor, name, definition, if_revision=job.revision)
        return await written(request, put.job, 200, definition)

    async def get(self, request: Request) -> Answer:
        """One job with its definition."""
        job = await look.job(request.ports, request.actor, request.values["job"])
        next_fire = await _next_fire(request, job)
        if conditional.unchanged(request.header(b"if-none-match"), job.revision, moving(next_fire)):
            return Answer(304, _headers(job, next_fire))
        return _answer(job, next_fire)

    async def page(self, request: Request) -> Answer:
        """One page of jobs, by name."""
        limit = request.limit()
        after = await self._cursors.read(request.cursor(), {"list": "jobs"}, str)
        jobs = await look.jobs(request.ports, request.actor, after or "", limit + 1)
        onward = await self._cursors.write(jobs[limit - 1].name, {"list": "jobs"}) if len(jobs) > limit else None
        fires = await request.ports.store.next_fires([job.number for job in jobs[:limit]])
        items = [JobItem(**_members(job, fires.get(job.number))) for job in jobs[:limit]]
        page = JobsPage(items, onward, onward is not None)
        return json_answer(page, headers=request.next_page(onward))

    async def retire(self, request: Request) -> Answer:
        """No new starts; the history stays."""
        revision = asking.expected_revision(request)
        job = await define_job.retire(request.ports, request.actor, request.values["job"], if_revision=revision)
        return await written(request, job)

    async def pause(self, request: Request) -> Answer:
        """Hold its executions back; again is the same."""
        return await written(request, await pause.pause(request.ports, request.actor, request.values["job"]))

    async def resume(self, request: Request) -> Answer:
        """Let its executions go again; again is the same."""
        return await written(request, await pause.resume(request.ports, request.actor, request.values["job"]))

    async def versions(self, request: Request) -> Answer:
        """The kept versions of a job, newest first."""
        limit, name = request.limit(), request.values["job"]
        before = await self._cursors.read(request.cursor(), {"versions": name}, int)
        found = await look.versions(request.ports, request.actor, name, before, limit + 1)
        more = len(found) > limit
        onward = await self._cursors.write(found[limit - 1].version, {"versions": name}) if more else None
        page = VersionsPage([VersionItem(**_of_version(version)) for version in found[:limit]], onward, more)
        return json_answer(page, headers=request.next_page(onward))

    async def version(self, request: Request) -> Answer:
        """One version of a job with its definition."""
        number = request.values["n"]
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise NotFound("A version is a whole number; GET the versions of the job to see which there are.")
        found = await look.version(request.ports, request.actor, request.values["job"], int(number))
        return json_answer(VersionShape(**_of_version(found), definition=found.definition))


def _definition(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        said = "A definition is a JSON object."
        raise InvalidDefinition(said, problems=(Problem("", "invalid_type", said),))
    return value


async def written(request: Request, job: JobRecord, status: int = 200, defined: dict[str, Any] | None = None) -> Answer:
    """The answer that shows a job, with what there is to say of the definition that was just sent."""
    doubts = [] if defined is None else await define_job.doubts(request.ports, request.actor.project, defined)
    return _answer(job, await _next_fire(request, job), status, doubts)


def moving(*parts: int | None) -> str:
    """What moves beside a revision, for its entity tag."""
    return "-".join("" if part is None else str(part) for part in parts)


async def _next_fire(request: Request, job: JobRecord) -> int | None:
    return (await request.ports.store.next_fires([job.number])).get(job.number)


def _answer(job: JobRecord, next_fire: int | None, status: int = 200, doubts: Sequence[str] = ()) -> Answer:
    place = [header("location", ROOT + job.name)] if status == 201 else []
    shape = JobShape(**_members(job, next_fire), definition=job.definition, warnings=list(doubts) or UNSET)
    return json_answer(shape, status, [*_headers(job, next_fire), *place])


def _headers(job: JobRecord, next_fire: int | None) -> Headers:
    return [(b"etag", conditional.etag(job.revision, moving(next_fire))), (b"cache-control", b"private, no-cache")]


def _members(job: JobRecord, next_fire: int | None) -> dict[str, Any]:
    own = ROOT + job.name
    return {
        "name": job.name,
        "number": job.number,
        "id": job.id,
        "project": job.project,
        "version": job.version,
        "revision": job.revision,
        "enabled": job.enabled,
        "paused": job.paused,
        "retired_at": None if job.retired_at is None else rfc3339(job.retired_at),
        "source": job.source,
        "created_at": rfc3339(job.created_at),
        "updated_at": rfc3339(job.updated_at),
        "next_fire": None if next_fire is None else rfc3339(next_fire),
        "links": {
            "self": own,
            "versions": f"{own}/versions",
            "executions": f"{own}/executions",
            "schedule": f"{own}/schedule",
        },
    }


def _of_version(version: JobVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "created_at": rfc3339(version.created_at),
        "created_by": version.created_by,
    }
