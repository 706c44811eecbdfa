"""What the routes of this door have in common: paths, query parameters, headers, replies, refusals."""

from typing import Final

from runbell.dialects.native.shapes import ExecutionShape, JobShape, StopShape
from runbell.domain import faults as f
from runbell.http.route import JSON, Header, Query, Reply

API: Final = "/api/v1"
EXECUTION: Final = f"{API}/executions/{{id}}"
JOB: Final = f"{API}/jobs/{{job}}"

TEXT: Final = {"type": "string"}
COUNT: Final = {"type": "integer", "minimum": 0}
FLAG: Final = {"type": "boolean"}
TIME: Final = {"type": "string", "format": "date-time"}
PROJECT: Final = Query("project", TEXT, "The project, for credentials that may act in several.")
WAIT: Final = Query("wait", {"type": "integer", "minimum": 0}, "Wait so many seconds; without a value 30.", blank=True)
ASYNC: Final = Query("async", FLAG, "As `Prefer: respond-async`.", blank=True)
PAGE: Final = (
    Query("limit", COUNT, "Rows per page; 0 or absent 50, at most 1,000."),
    Query("cursor", TEXT, "`next_cursor` of the page before."),
    Query("page_size", COUNT, "As limit."),
    Query("page_token", TEXT, "As cursor."),
)
PREFER: Final = Header("Prefer", "wait=N, respond-async, return=minimal, handling=lenient (RFC 7240).")
KEY: Final = Header("Idempotency-Key", "The same key and body again is the same execution.")
IF_MATCH: Final = Header("If-Match", "The ETag that was read; otherwise 412.")
IF_NONE_MATCH: Final = Header("If-None-Match", "The ETag that is known; 304 while it stands.")
UNLESS_THERE: Final = Header("If-None-Match", "`*`: only when there is none yet; otherwise 412.")

STARTED: Final = ("Location", "Link", "ETag", "Retry-After", "Preference-Applied", "Idempotent-Replayed")
ACCEPTED: Final = {
    200: Reply("It has ended.", {JSON: ExecutionShape}, STARTED),
    202: Reply("Accepted, and on disk.", {JSON: ExecutionShape}, STARTED),
}
STOP: Final = {
    200: Reply("The outcome is final.", {JSON: StopShape}, ("Location",)),
    202: Reply("Under way.", {JSON: StopShape}, ("Location", "Retry-After")),
}
DEFINED: Final = {200: Reply("The job.", {JSON: JobShape}, ("ETag",))}
ABSENT: Final = (f.NotFound, f.Gone)
FULL: Final = (f.QueueFull, f.StorageFull)
WITH_KEY: Final = (f.IdempotencyInProgress, f.IdempotencyKeyReused, f.Gone)
AGAIN: Final = (
    *ABSENT,
    *FULL,
    *WITH_KEY,
    f.AlreadyRunning,
    f.JobDisabled,
    f.InvalidDefinition,
    f.JobPaused,
    f.NotFinished,
)


def page(shape: type) -> dict[int, Reply]:
    """The replies of a list that goes on by a cursor."""
    return {200: Reply("One page.", {JSON: shape}, ("Link",))}
