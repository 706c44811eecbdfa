"""The routes that make executions, look at them, stop and delete them."""

from typing import Any

from msgspec import structs

from runbell.dialects.native import results, stops
from runbell.dialects.native.again_shapes import RerunBody, RestartBody
from runbell.dialects.native.executions import Executions
from runbell.dialects.native.plan_shapes import PlanShape
from runbell.dialects.native.routes.said import (
    ABSENT,
    ACCEPTED,
    AGAIN,
    API,
    ASYNC,
    EXECUTION,
    FLAG,
    FULL,
    IF_MATCH,
    IF_NONE_MATCH,
    JOB,
    KEY,
    PAGE,
    PREFER,
    STOP,
    TEXT,
    TIME,
    WAIT,
    WITH_KEY,
    page,
)
from runbell.dialects.native.shapes import ExecutionShape, ExecutionsPage, LabelBody, StartBody, StepsPage, StopBody
from runbell.domain import faults as f
from runbell.http.route import JSON, Query, Reply, Route


def of_starts(executions: Executions) -> list[Route]:
    """Starts, and what makes an execution of an ended one."""
    ended = structs.replace(ACCEPTED[200], content={JSON: (ExecutionShape, PlanShape)})
    only = Query("validate_only", FLAG, "Store nothing: say what the start would do.", blank=True)
    start = Route(
        method="POST", path=f"{JOB}/executions", endpoint=executions.start, name="start", scope="executions:run",
        query=(WAIT, ASYNC, only), headers=(PREFER, KEY), body=StartBody, summary="Start a job",
        replies=ACCEPTED | {200: ended},
        faults=(*FULL, *WITH_KEY, f.IdempotencyKeyRequired, f.KeyTaken, f.AlreadyRunning, f.JobDisabled, f.JobScheduled,
                f.InvalidDefinition,
                f.JobPaused, f.InvalidParams),
    )  # fmt: skip
    again = structs.replace(start, query=(WAIT, ASYNC), replies=ACCEPTED, faults=AGAIN)
    return [
        start,
        structs.replace(start, path=f"{JOB}:run", name="start_by_verb"),
        structs.replace(again, path=f"{EXECUTION}/restart", endpoint=executions.restart, name="restart",
                        body=RestartBody, summary="Go on from what did not finish", faults=(*AGAIN, f.NotRestartable)),
        structs.replace(again, path=f"{EXECUTION}/rerun", endpoint=executions.rerun, name="rerun", body=RerunBody,
                        summary="Run everything again", faults=(*AGAIN, f.InvalidParams, f.NotRestartable)),
    ]  # fmt: skip


def of_executions(executions: Executions) -> list[Route]:
    """Looking at executions, waiting, stopping, labelling and deleting."""
    unchanged = {304: Reply("Unchanged.", {}, ("ETag", "Retry-After"))}
    filters = (
        Query("status", TEXT, "One or more statuses, separated by commas."), Query("job", TEXT, "The job's name."),
        Query("trigger", TEXT, "What started it: api, cli, schedule, …"), Query("actor", TEXT, "Who started it."),
        Query("tag", TEXT, "One of its tags."), Query("key", TEXT, "The caller's key (its newest execution)."),
        Query("params.*", TEXT, "The value of an indexed parameter: params.day=2031-04-07."),
        Query("q", TEXT, "A number, or what an id, a key or a job's name begins with."),
        Query("created_at.gte", TIME, "Accepted at this moment or later."),
        Query("created_at.lt", TIME, "Accepted before this moment."),
        Query("order", {"enum": ["-created_at", "created_at"]}, "Newest first (default), or oldest first."),
        Query("count", {"enum": ["estimate", "exact"]}, "Also how many there are; `count_is` says how sure that is."),
    )  # fmt: skip
    stop = Route(
        method="GET", path=f"{EXECUTION}/stop", endpoint=stops.get, name="get_stop", scope="executions:stop",
        query=(WAIT,), headers=(PREFER,), summary="A stop and its proof", faults=ABSENT, replies=STOP,
    )  # fmt: skip
    listed = Route(
        method="GET", path=f"{API}/executions", endpoint=executions.page, name="list_executions",
        scope="executions:read", query=(*filters, *PAGE), summary="Executions, newest first", faults=(f.BadCursor,),
        replies=page(ExecutionsPage),
    )  # fmt: skip
    of_job = tuple(known for known in listed.query if known.name != "job")
    return [
        listed,
        structs.replace(listed, path=f"{JOB}/executions", name="list_executions_of_job", query=of_job,
                        summary="Executions of one job, newest first"),
        Route(method="GET", path=EXECUTION, endpoint=executions.get, name="get_execution", scope="executions:read",
              query=(WAIT,), headers=(PREFER, IF_NONE_MATCH), summary="One execution", faults=ABSENT,
              replies={200: Reply("As it is.", {JSON: ExecutionShape}, ("ETag", "Retry-After"))} | unchanged),
        Route(method="PATCH", path=EXECUTION, endpoint=executions.patch, name="patch_execution",
              scope="executions:run", headers=(PREFER, IF_MATCH), body=LabelBody, body_required=True,
              summary="Change tags and pin", faults=(*ABSENT, f.RevisionMismatch, f.StorageFull),
              replies={200: Reply("As it is now.", {JSON: ExecutionShape}, ("ETag",))}),
        Route(method="DELETE", path=EXECUTION, endpoint=executions.delete, name="delete_execution",
              scope="executions:delete", summary="Delete what has ended", faults=(*ABSENT, f.NotFinished, f.InUse),
              replies={204: Reply("Gone, with its log and its files.")}),
        Route(method="GET", path=f"{EXECUTION}/steps", endpoint=executions.steps, name="list_steps",
              scope="executions:read", summary="Step executions in file order", faults=ABSENT,
              replies={200: Reply("All of them.", {JSON: StepsPage})}),
        stop,
        structs.replace(stop, method="POST", endpoint=stops.ask, name="stop", body=StopBody,
                        summary="Stop an execution", faults=(*ABSENT, f.StorageFull)),
        Route(method="GET", path=f"{EXECUTION}/result", endpoint=results.get, name="get_result", scope="results:read",
              summary="The result, a JSON value", faults=ABSENT,
              replies={200: Reply("The value.", {JSON: Any}), 204: Reply("It ended without one.")}),
    ]  # fmt: skip
