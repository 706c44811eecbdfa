"""The native routes: one table of everything that this door offers."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec import structs

from runbell.dialects.native import logs, results, stops
from runbell.dialects.native.executions import Executions
from runbell.dialects.native.faults import ProblemPage
from runbell.dialects.native.jobs import Jobs
from runbell.dialects.native.service import Service
from runbell.dialects.native.shapes import (
    ExecutionShape,
    ExecutionsPage,
    Health,
    JobShape,
    JobsPage,
    LogLineShape,
    RerunBody,
    RestartBody,
    StartBody,
    StepsPage,
    StopBody,
    StopShape,
    Version,
    VersionShape,
    VersionsPage,
)
from runbell.domain import faults as f
from runbell.http.answer import Answer, Stream
from runbell.http.event_stream import SSE
from runbell.http.request import Request
from runbell.http.route import JSON, Header, Query, Reply, Route

API: Final = "/api/v1"
_EXECUTION: Final = f"{API}/executions/{{id}}"
_JOB: Final = f"{API}/jobs/{{job}}"

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_FLAG: Final = {"type": "boolean"}
_TIME: Final = {"type": "string", "format": "date-time"}
_PROJECT: Final = Query("project", _TEXT, "The project; only that of the credentials exists for them.")
_WAIT: Final = Query("wait", {"type": "integer", "minimum": 0}, "Wait so many seconds; without a value 30.", blank=True)
_ASYNC: Final = Query("async", _FLAG, "As `Prefer: respond-async`.", blank=True)
_PAGE: Final = (
    Query("limit", _COUNT, "Rows per page; 0 or absent 50, at most 1,000."),
    Query("cursor", _TEXT, "`next_cursor` of the page before."),
    Query("page_size", _COUNT, "As limit."),
    Query("page_token", _TEXT, "As cursor."),
)
_PREFER: Final = Header("Prefer", "wait=N, respond-async, return=minimal, handling=lenient (RFC 7240).")
_KEY: Final = Header("Idempotency-Key", "The same key and body again is the same execution.")
_IF_MATCH: Final = Header("If-Match", "The ETag that was read; otherwise 412.")
_IF_NONE_MATCH: Final = Header("If-None-Match", "The ETag that is known; 304 while it stands.")

_STARTED: Final = ("Location", "ETag", "Retry-After", "Preference-Applied", "Idempotent-Replayed")
_ACCEPTED: Final = {
    200: Reply("It has ended.", {JSON: ExecutionShape}, _STARTED),
    202: Reply("Accepted, and on disk.", {JSON: ExecutionShape}, _STARTED),
}
_STOP: Final = {
    200: Reply("The outcome is final.", {JSON: StopShape}, ("Location",)),
    202: Reply("Under way.", {JSON: StopShape}, ("Location", "Retry-After")),
}
_DEFINED: Final = {200: Reply("The job.", {JSON: JobShape}, ("ETag",))}
_ABSENT: Final = (f.NotFound, f.Gone)
_FULL: Final = (f.QueueFull, f.StorageFull)
_WITH_KEY: Final = (f.IdempotencyInProgress, f.IdempotencyKeyReused, f.Gone)
_AGAIN: Final = (*_ABSENT, *_FULL, *_WITH_KEY, f.AlreadyRunning, f.JobDisabled, f.NotFinished)


def routes(executions: Executions, jobs: Jobs, service: Service, *, metrics_open: bool) -> list[Route]:
    """The whole table."""
    mine = [*_of_jobs(jobs), *_of_starts(executions), *_of_executions(executions), *_of_logs()]
    return [*(_in_project(route) for route in mine), *_of_service(service, metrics_open=metrics_open)]


def _of_jobs(jobs: Jobs) -> list[Route]:
    write = (f.InvalidDefinition, f.RevisionMismatch, f.StorageFull)
    put = _DEFINED | {201: Reply("A new job.", {JSON: JobShape}, ("ETag", "Location"))}
    return [
        Route(method="GET", path=f"{API}/jobs", endpoint=jobs.page, name="list_jobs", scope="jobs:read", query=_PAGE,
              summary="Jobs by name", faults=(f.BadCursor,), replies=_page(JobsPage)),
        Route(method="GET", path=_JOB, endpoint=jobs.get, name="get_job", scope="jobs:read", headers=(_IF_NONE_MATCH,),
              summary="One job", replies=_DEFINED | {304: Reply("Unchanged.", {}, ("ETag",))}),
        Route(method="PUT", path=_JOB, endpoint=jobs.put, name="put_job", scope="jobs:write", headers=(_IF_MATCH,),
              body=dict[str, Any], body_required=True, summary="Define a job", faults=write, replies=put),
        Route(method="PATCH", path=_JOB, endpoint=jobs.patch, name="patch_job", scope="jobs:write",
              headers=(_IF_MATCH,), body=dict[str, Any], body_media="application/merge-patch+json", body_required=True,
              summary="Change members of a definition", faults=(*write, f.PreconditionRequired), replies=_DEFINED),
        Route(method="DELETE", path=_JOB, endpoint=jobs.retire, name="retire_job", scope="jobs:write",
              headers=(_IF_MATCH,), summary="Retire a job", replies=_DEFINED,
              faults=(f.RevisionMismatch, f.StorageFull)),
        Route(method="GET", path=f"{_JOB}/versions", endpoint=jobs.versions, name="list_versions", scope="jobs:read",
              query=_PAGE, summary="Versions of a job, newest first", faults=(f.BadCursor,),
              replies=_page(VersionsPage)),
        Route(method="GET", path=f"{_JOB}/versions/{{n}}", endpoint=jobs.version, name="get_version", scope="jobs:read",
              summary="One version of a job", replies={200: Reply("The version.", {JSON: VersionShape})}),
    ]  # fmt: skip


def _of_starts(executions: Executions) -> list[Route]:
    start = Route(
        method="POST", path=f"{_JOB}/executions", endpoint=executions.start, name="start", scope="executions:run",
        query=(_WAIT, _ASYNC), headers=(_PREFER, _KEY), body=StartBody, summary="Start a job", replies=_ACCEPTED,
        faults=(*_FULL, *_WITH_KEY, f.IdempotencyKeyRequired, f.KeyTaken, f.AlreadyRunning, f.JobDisabled,
                f.InvalidParams),
    )  # fmt: skip
    again = structs.replace(start, headers=(_PREFER, _KEY), faults=_AGAIN)
    return [
        start,
        structs.replace(start, path=f"{_JOB}:run", name="start_by_verb"),
        structs.replace(again, path=f"{_EXECUTION}/restart", endpoint=executions.restart, name="restart",
                        body=RestartBody, summary="Go on from what did not finish", faults=(*_AGAIN, f.NotRestartable)),
        structs.replace(again, path=f"{_EXECUTION}/rerun", endpoint=executions.rerun, name="rerun", body=RerunBody,
                        summary="Run everything again", faults=(*_AGAIN, f.InvalidParams)),
    ]  # fmt: skip


def _of_executions(executions: Executions) -> list[Route]:
    unchanged = {304: Reply("Unchanged.", {}, ("ETag", "Retry-After"))}
    filters = (
        Query("status", _TEXT, "One or more statuses, separated by commas."), Query("job", _TEXT, "The job's name."),
        Query("trigger", _TEXT, "What started it: api, cli, schedule, …"), Query("actor", _TEXT, "Who started it."),
        Query("created_at.gte", _TIME, "Accepted at this moment or later."),
        Query("created_at.lt", _TIME, "Accepted before this moment."),
        Query("order", {"enum": ["-created_at", "created_at"]}, "Newest first (default), or oldest first."),
    )  # fmt: skip
    stop = Route(
        method="GET", path=f"{_EXECUTION}/stop", endpoint=stops.get, name="get_stop", scope="executions:stop",
        query=(_WAIT,), headers=(_PREFER,), summary="A stop and its proof", faults=_ABSENT, replies=_STOP,
    )  # fmt: skip
    return [
        Route(method="GET", path=f"{API}/executions", endpoint=executions.page, name="list_executions",
              scope="executions:read", query=(*filters, *_PAGE), summary="Executions, newest first",
              faults=(f.BadCursor,), replies=_page(ExecutionsPage)),
        Route(method="GET", path=_EXECUTION, endpoint=executions.get, name="get_execution", scope="executions:read",
              query=(_WAIT,), headers=(_PREFER, _IF_NONE_MATCH), summary="One execution", faults=_ABSENT,
              replies={200: Reply("As it is.", {JSON: ExecutionShape}, ("ETag", "Retry-After"))} | unchanged),
        Route(method="DELETE", path=_EXECUTION, endpoint=executions.delete, name="delete_execution",
              scope="executions:delete", summary="Delete what has ended", faults=(*_ABSENT, f.NotFinished),
              replies={204: Reply("Gone, with its log and its files.")}),
        Route(method="GET", path=f"{_EXECUTION}/steps", endpoint=executions.steps, name="list_steps",
              scope="executions:read", summary="Step executions in file order", faults=_ABSENT,
              replies={200: Reply("All of them.", {JSON: StepsPage})}),
        stop,
        structs.replace(stop, method="POST", endpoint=stops.ask, name="stop", body=StopBody,
                        summary="Stop an execution", faults=(*_ABSENT, f.StorageFull)),
        Route(method="GET", path=f"{_EXECUTION}/result", endpoint=results.get, name="get_result", scope="results:read",
              summary="The result, a JSON value", faults=_ABSENT,
              replies={200: Reply("The value.", {JSON: Any}), 204: Reply("It ended without one.")}),
    ]  # fmt: skip


def _of_logs() -> list[Route]:
    wanted = (
        Query("after_line", _COUNT, "Lines after this number."), Query("before_line", _COUNT, "Lines before it."),
        Query("tail", _COUNT, "Only the last lines."), Query("q", _TEXT, "Lines that hold this text."),
        Query("step", _TEXT, "Lines of this step."),
        Query("stream", {"enum": ["out", "err", "sys"]}, "Lines of this stream."),
        Query("limit", _COUNT, "At most so many lines; 0 or absent 1,000, at most 10,000."),
        Query("follow", _FLAG, "Go on with the lines still to come, until it has ended.", blank=True),
    )  # fmt: skip
    content = {logs.TEXT: str, logs.NDJSON: LogLineShape, SSE: str}
    accept = Header("Accept", "text/plain, application/x-ndjson or text/event-stream.")
    last_seen = Header("Last-Event-ID", "Where the event stream goes on.")
    part = Reply("One range of it.", {logs.TEXT: str}, ("Content-Range",))
    return [
        Route(method="GET", path=f"{_EXECUTION}/logs", endpoint=logs.lines, name="get_log", scope="logs:read",
              query=wanted, headers=(accept, last_seen),
              summary="Lines of the log, while it runs and after", faults=(*_ABSENT, f.NotAcceptable),
              replies={200: Reply("The lines.", content, ("Link",)), 204: Reply("The event stream has ended.")}),
        Route(method="GET", path=f"{_EXECUTION}/logs/raw", endpoint=logs.raw, name="get_raw_log", scope="logs:read",
              headers=(Header("Range", "One range of bytes."), Header("If-Range", "With it the whole is sent.")),
              summary="The stored log as a file", faults=(*_ABSENT, f.BadRange),
              replies={200: Reply("The file.", {logs.TEXT: str}), 206: part}),
    ]  # fmt: skip


def _of_service(service: Service, *, metrics_open: bool) -> list[Route]:
    policy: dict[str, Any] = {"open": True} if metrics_open else {"scope": "jobs:read"}
    return [
        Route(method="GET", path="/healthz", endpoint=service.healthz, name="healthz", open=True,
              summary="The process answers", replies={200: Reply("It does.", {JSON: Health})}),
        Route(method="GET", path="/readyz", endpoint=service.readyz, name="readyz", open=True,
              summary="Starts can be sent here", replies={200: Reply("They can.", {JSON: Health})}),
        Route(method="GET", path="/version", endpoint=service.version, name="version", open=True,
              summary="What runs here", replies={200: Reply("Name and version.", {JSON: Version})}),
        Route(method="GET", path="/metrics", endpoint=service.metrics, name="metrics", **policy,
              summary="Prometheus metrics", replies={200: Reply("Text.", {logs.TEXT: str})}),
        Route(method="GET", path="/openapi.json", endpoint=service.openapi, name="openapi", open=True,
              summary="This document", replies={200: Reply("OpenAPI 3.1.", {JSON: dict[str, Any]})}),
        Route(method="GET", path="/problems/{code}", endpoint=service.problem, name="problem", open=True,
              summary="What a problem means", faults=(f.NotFound,), replies={200: Reply("It.", {JSON: ProblemPage})}),
    ]  # fmt: skip


def _page(shape: type) -> dict[int, Reply]:
    return {200: Reply("One page.", {JSON: shape}, ("Link",))}


def _in_project(route: Route) -> Route:
    """The route with `?project=`: another project than that of the credentials is not there."""
    endpoint: Callable[[Request], Awaitable[Answer | Stream]] = route.endpoint

    async def inside(request: Request) -> Answer | Stream:
        if request.query and request.query.get("project", request.actor.project) != request.actor.project:
            raise f.NotFound(f"There is no project {request.query['project']}.")
        return await endpoint(request)

    return structs.replace(route, endpoint=inside, query=(*route.query, _PROJECT))
