"""The calls of the data extraction service.

https://docs.powerepos.cloud/Document/DES/StartJob
https://docs.powerepos.cloud/Document/DES/QueryRunStatus
https://docs.powerepos.cloud/Document/DES/Overview
"""

from typing import Any, Final

from msgspec import Struct

from runbell.dialects.des import bodies, files, places, tokens, wire
from runbell.dialects.des.faults import LinkExpired, LinkInvalid, NoFile, NoRun
from runbell.dialects.des.listing import listing
from runbell.dialects.des.options import Options
from runbell.dialects.des.starting import asked
from runbell.dialects.des.wire import (
    GetRunFilesResponse,
    QueryJobRunStatusResponse,
    QueryJobsResponse,
    StartJobResponse,
)
from runbell.domain.faults import (
    AlreadyRunning,
    IdempotencyInProgress,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    InvalidDefinition,
    InvalidParams,
    JobDisabled,
    JobPaused,
    JobScheduled,
    QueueFull,
    StorageFull,
)
from runbell.http.answer import Answer, Stream
from runbell.http.request import Request
from runbell.http.route import JSON, Header, Reply, Route
from runbell.operations import trigger

_STARTS: Final = (
    AlreadyRunning, IdempotencyInProgress, IdempotencyKeyRequired, IdempotencyKeyReused, InvalidDefinition,
    InvalidParams, JobDisabled, JobPaused, JobScheduled, QueueFull, StorageFull,
)  # fmt: skip


class JobRunParameterValue(Struct, kw_only=True, rename="camel"):
    """One value, as text whatever its type; null in either spelling."""

    type: int | str | None = None
    value_string_encoded: str | None = None
    use_auto_value: bool | None = False


class QueryJobsBody(Struct, kw_only=True, rename="camel"):
    """Which jobs to list."""

    job_ids: list[str] | None = None
    skip: int | None = 0
    take: int | None = 1_000


class StartJobBody(Struct, kw_only=True, rename="camel"):
    """A start. The body may hold comments; names of members in any letter case."""

    job_id: str
    parameters: dict[str, JobRunParameterValue | None] | None = None


class QueryJobRunStatusBody(Struct, kw_only=True, rename="camel"):
    """Which run."""

    job_run_id: str
    job_id: str | None = None


class GetRunFilesBody(Struct, kw_only=True, rename="camel"):
    """Which files of which run; without both lists all of them."""

    job_run_id: str
    job_id: str | None = None
    file_ids: list[str] | None = None
    file_names: list[str] | None = None


class Runs:
    """The endpoints, and the settings that they share."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def query_jobs(self, request: Request) -> Answer:
        """POST /api/v1/queryjobs."""
        members = await bodies.read(request, may_be_empty=True)
        request.need("executions:run")
        return wire.answer(await listing(request.ports, request.actor, bodies.jobs(members)))

    async def start(self, request: Request) -> Answer:
        """POST /api/v1/startjob."""
        members = await bodies.read(request)
        body = bodies.start(members)
        record = await places.startable(request, body.job)
        start = await asked(request, record, body, members.value, self._options)
        made = await trigger.trigger(request.ports, request.actor, start)
        return wire.started(record, made.execution)

    async def status(self, request: Request) -> Answer:
        """POST /api/v1/queryrunstatus."""
        found = await places.run(request, bodies.run(await bodies.read(request)), "executions:read")
        run = found.execution
        left = await files.run_files(request.ports, run) if run.files and request.sees(run).results else ()
        return wire.standing(found.job, run, await places.started_by(request.ports, run), left)

    async def files(self, request: Request) -> Answer | Stream:
        """POST /api/v1/getrunfiles."""
        wanted = bodies.run(await bodies.read(request))
        found = await places.run(request, wanted, "results:read")
        return await files.answer(request, found, wanted)


def routes(options: Options) -> list[Route]:
    """The whole table."""
    runs = Runs(options)
    listed: dict[str, Any] = {
        "path": "/api/v1/queryjobs", "endpoint": runs.query_jobs, "scope": "executions:run", "late": True,
        "summary": "List the jobs that you may start.",
        "replies": {200: Reply("Jobs by name.", {JSON: QueryJobsResponse})},
    }  # fmt: skip
    found = [
        tokens.route(),
        Route(method="GET", name="query_jobs", **listed),
        Route(method="POST", name="query_jobs_by_body", body=QueryJobsBody, **listed),
        Route(
            method="POST", path="/api/v1/startjob", endpoint=runs.start, name="start_job", scope="executions:run",
            late=True, summary="Start a job.", body=StartJobBody, body_required=True, faults=_STARTS,
            headers=(Header("Idempotency-Key", "The same request again under this key is the same run."),),
            replies={200: Reply("The run was created.", {JSON: StartJobResponse})},
        ),
    ]  # fmt: skip
    for path, name in (("queryrunstatus", "query_run_status"), ("queryjobrunstatus", "query_job_run_status")):
        found.append(
            Route(
                method="POST", path=f"/api/v1/{path}", endpoint=runs.status, name=name, scope="executions:read",
                late=True, summary="How a run stands.", body=QueryJobRunStatusBody, body_required=True,
                replies={200: Reply("How it stands.", {JSON: QueryJobRunStatusResponse})},
            )
        )  # fmt: skip
    content = {JSON: GetRunFilesResponse, files.ZIP: str, files.RAW: str}
    found.append(
        Route(
            method="POST", path="/api/v1/getrunfiles", endpoint=runs.files, name="get_run_files", scope="results:read",
            late=True, summary="The files of a run that succeeded.", body=GetRunFilesBody, body_required=True,
            replies={200: Reply("The files.", content)},
        )
    )  # fmt: skip
    found.append(
        Route(
            method="GET", path="/api/v1/runfiles/{run}/{file}", endpoint=files.download, name="run_file", open=True,
            summary="A file of a run; the URL comes from getrunfiles, whole.",
            faults=(NoRun, NoFile, LinkInvalid, LinkExpired), replies={200: Reply("The file.", {"*/*": str})},
        )
    )  # fmt: skip
    return found
