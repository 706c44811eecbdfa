"""The calls of "Manage Jobs": start, look, stop.

https://docs-v4-1.infolinkcloud.com/docs/rest-api/manage-jobs/post-executejob
https://docs-v3-8.infolinkcloud.com/docs/rest-api/manage-jobs/get-getjobstatus
https://docs-v3-8.infolinkcloud.com/docs/rest-api/manage-jobs/get-stopjob
"""

from typing import Any, Final

from msgspec import UNSET, Struct

from runbell.dialects.infolink import places, reading, starting, tokens, wire
from runbell.dialects.infolink.call import EXECUTE, call_of
from runbell.dialects.infolink.options import Options
from runbell.dialects.infolink.result_sets import result_sets
from runbell.dialects.infolink.wire import Envelope
from runbell.domain.faults import (
    AlreadyRunning,
    Gone,
    IdempotencyInProgress,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    InvalidDefinition,
    InvalidParams,
    JobDisabled,
    JobPaused,
    JobScheduled,
    KeyTaken,
    MethodNotAllowed,
    QueueFull,
    StorageFull,
)
from runbell.http.answer import Answer
from runbell.http.form import FORM
from runbell.http.request import Request
from runbell.http.route import JSON, Header, Query, Reply, Route
from runbell.operations import stop, trigger
from runbell.ports.store import Ref

_STARTS: Final = (
    AlreadyRunning, Gone, IdempotencyInProgress, IdempotencyKeyRequired, IdempotencyKeyReused, InvalidDefinition,
    InvalidParams, JobDisabled, JobPaused, JobScheduled, KeyTaken, QueueFull, StorageFull,
)  # fmt: skip


class OperationShape(Struct, kw_only=True, rename="camel"):
    """What is to be done: RunScenario, or an operation that a job stands for."""

    op_name: str
    op_params: dict[str, Any] = {}


class ExecuteShape(Struct, kw_only=True, rename="camel"):
    """The body of executeJob.jsp. Members that are not named here are ignored."""

    app_id: str | int
    operation: OperationShape
    api_key: str | None = None
    is_async: bool | str | None = True
    no_result_schema: bool | str | None = False
    job_id: str | int | None = None


class LookShape(Struct, kw_only=True, rename="camel"):
    """A look or a stop as a body."""

    app_id: str | int
    job_id: str | int
    api_key: str | None = None


class Jobs:
    """The endpoints, and the settings that they share."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def execute(self, request: Request) -> Answer:
        """POST /api/v1/executeJob.jsp."""
        asked = reading.execute(call_of(request))
        await places.enter(request, asked.app, self._options)
        record = await places.scenario(request, asked)
        start = await starting.start(request, record, asked, self._options)
        started = await trigger.trigger(request.ports, request.actor, start)
        return await starting.answer(request, started.execution, asked, self._options)

    async def status(self, request: Request) -> Answer:
        """GET /api/v1/getJobStatus.jsp."""
        app, job_id = reading.look(call_of(request))
        execution = await places.job(request, app, job_id, self._options, "executions:read")
        request.told.append(wire.belongs_to(job_id))
        if not execution.status.terminal:
            return wire.standing(execution, job_id, UNSET)
        most = self._options.max_result_bytes
        return wire.standing(execution, job_id, await result_sets(request, execution, schema=True, most_bytes=most))

    async def stop(self, request: Request) -> Answer:
        """GET /api/v1/stopJob.jsp, and stop.jsp."""
        app, job_id = reading.look(call_of(request))
        execution = await places.job(request, app, job_id, self._options, "executions:stop")
        request.told.append(wire.belongs_to(job_id))
        await stop.stop(request.ports, request.actor, Ref(number=execution.number))
        return wire.stopping(execution.status)


def routes(options: Options) -> list[Route]:
    """The whole table."""
    jobs = Jobs(options)
    found = [
        Route(
            method="POST", path="/api/v1/executeJob.jsp", endpoint=jobs.execute, name=EXECUTE, late=True,
            scope="executions:run", summary="Run a job to execute an operation, as a rule a scenario.",
            body=ExecuteShape, body_required=True, faults=_STARTS, replies=_reply("Started, or ended if waited for."),
            headers=(Header("Idempotency-Key", "The same request again under this key is the same job."),),
        )
    ]  # fmt: skip
    found += _both("/api/v1/getJobStatus.jsp", jobs.status, "job_status", "executions:read", "How a job stands.")
    for path, name in (("/api/v1/stopJob.jsp", "stop_job"), ("/api/v1/stop.jsp", "stop")):
        found += _both(path, jobs.stop, name, "executions:stop", "Ask a job to stop.")
        found.append(_no_head(path, name))
    return [*found, tokens.route()]


def _both(path: str, endpoint: Any, name: str, scope: str, summary: str) -> list[Route]:
    """A call by GET, as the vendor has it, and by POST with the same names."""
    said: dict[str, Any] = {
        "path": path, "endpoint": endpoint, "scope": scope, "late": True, "summary": summary,
        "replies": _reply("Done."), "faults": (Gone, MethodNotAllowed),
    }  # fmt: skip
    text = {"type": "string"}
    query = (Query("appId", text, "The app."), Query("jobId", text, "The job."), Query("apiKey", text, "Your key."))
    return [
        Route(method="GET", name=name, query=query, **said),
        Route(method="POST", name=f"{name}_by_post", body=LookShape, body_media=FORM, **said),
    ]


def _no_head(path: str, name: str) -> Route:
    """Nothing is stopped by whoever only looks whether something is there."""
    return Route(
        method="HEAD", path=path, endpoint=_refuse_head, name=f"{name}_by_head", open=True, summary="Not allowed.",
        replies={}, faults=(MethodNotAllowed,),
    )  # fmt: skip


async def _refuse_head(_: Request) -> Answer:
    raise MethodNotAllowed("Use GET.", about={"allow": "GET, OPTIONS, POST"})


def _reply(said: str) -> dict[int, Reply]:
    return {200: Reply(said, {JSON: Envelope}, ("X-Job-Id",))}
