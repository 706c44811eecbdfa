"""Every refusal in DvSum's shape. The vendor states none, so the codes are ours; no member is named `status`, so that a
poller never takes an error for a state.
"""

from typing import Final

import msgspec
from msgspec import Struct

from runbell.domain.fault import Fault
from runbell.domain.faults import InsufficientScope, InvalidField, NotFound, Unauthenticated, Unavailable
from runbell.http.answer import Answer, Headers, header
from runbell.http.request import Request

JSON_REPLY: Final = ((b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"no-store"))


class InvalidId(InvalidField):
    """What stands where an id should is no whole number."""

    code = "invalid_id"
    title = "Not an id"


class UnknownJob(NotFound):
    """There is no job of that number that the caller may see."""

    code = "job_not_found"
    title = "No such job"


class UnknownExecution(NotFound):
    """There is no execution of that number that the caller may see."""

    code = "execution_not_found"
    title = "No such execution"


class StillRunning(Unavailable):
    """The job goes on; the caller has waited long enough."""

    code = "still_running"
    title = "Still running"


class DownloadKeyRequired(Unauthenticated):
    """A download needs what the details of its execution gave."""

    code = "download_key_required"
    title = "A download key is required"


class DownloadKeyInvalid(InsufficientScope):
    """The key is not one of that execution."""

    code = "download_key_invalid"
    title = "The download key is not valid"


class SignatureInvalid(InsufficientScope):
    """The URL is not one that was signed here."""

    code = "signature_invalid"
    title = "The signature is not valid"


class UrlExpired(InsufficientScope):
    """The URL was signed here, for a time that is over."""

    code = "url_expired"
    title = "The URL has expired"


class UnknownRule(NotFound):
    """The execution has no rule of that id."""

    code = "rule_not_found"
    title = "No such rule"


class Rule(Struct, frozen=True):
    """How a fault is told. `sentence` may name `{id}`, the id of the request; "" is the fault's own sentence."""

    status: int
    code: str
    sentence: str = ""
    retry_after_s: int | None = None


RULES: Final = {
    "malformed": Rule(400, "INVALID_REQUEST"),
    "invalid_id": Rule(400, "INVALID_ID"),
    "invalid_field": Rule(400, "INVALID_PARAMETER"),
    "unknown_field": Rule(400, "INVALID_PARAMETER"),
    "bad_cursor": Rule(400, "INVALID_PARAMETER"),
    "idempotency_key_required": Rule(400, "IDEMPOTENCY_KEY_REQUIRED", "Job {id} needs an Idempotency-Key"),
    "unauthenticated": Rule(401, "UNAUTHORIZED"),
    "invalid_token": Rule(401, "UNAUTHORIZED"),
    "download_key_required": Rule(401, "DOWNLOAD_KEY_REQUIRED"),
    "insufficient_scope": Rule(403, "FORBIDDEN"),
    "download_key_invalid": Rule(403, "DOWNLOAD_KEY_INVALID"),
    "signature_invalid": Rule(403, "SIGNATURE_INVALID"),
    "url_expired": Rule(403, "URL_EXPIRED"),
    "rule_not_found": Rule(404, "RULE_NOT_FOUND"),
    "job_not_found": Rule(404, "JOB_NOT_FOUND", "Job {id} does not exist"),
    "execution_not_found": Rule(404, "EXECUTION_NOT_FOUND", "Execution {id} does not exist"),
    "gone": Rule(404, "EXECUTION_NOT_FOUND"),
    "not_found": Rule(404, "NOT_FOUND", "There is nothing at this address; /openapi/dvsum.json lists what there is"),
    "method_not_allowed": Rule(405, "METHOD_NOT_ALLOWED"),
    "not_acceptable": Rule(406, "NOT_ACCEPTABLE"),
    "job_scheduled": Rule(409, "JOB_IS_SCHEDULED", "Job {id} runs on a schedule and cannot be executed via API"),
    "job_disabled": Rule(409, "JOB_DISABLED", "Job {id} is disabled"),
    "invalid_definition": Rule(409, "JOB_DISABLED", "Job {id} cannot run as it is defined"),
    "job_paused": Rule(409, "JOB_PAUSED", "Job {id} is paused"),
    "invalid_params": Rule(409, "JOB_NEEDS_PARAMETERS"),
    "already_running": Rule(409, "JOB_ALREADY_RUNNING", "Job {id} is already running"),
    "idempotency_key_reused": Rule(409, "IDEMPOTENCY_KEY_REUSED"),
    "idempotency_in_progress": Rule(409, "IDEMPOTENCY_IN_PROGRESS", "", 1),
    "key_taken": Rule(409, "KEY_TAKEN"),
    "not_finished": Rule(409, "NOT_FINISHED"),
    "not_restartable": Rule(409, "NOT_RESTARTABLE"),
    "in_use": Rule(409, "IN_USE"),
    "events_expired": Rule(410, "EVENTS_EXPIRED"),
    "revision_mismatch": Rule(412, "REVISION_MISMATCH"),
    "body_too_large": Rule(413, "BODY_TOO_LARGE"),
    "unsupported_media_type": Rule(415, "UNSUPPORTED_MEDIA_TYPE"),
    "bad_range": Rule(416, "BAD_RANGE"),
    "precondition_required": Rule(428, "PRECONDITION_REQUIRED"),
    "quota_exceeded": Rule(429, "RATE_LIMITED", "", 60),
    "header_too_large": Rule(431, "HEADER_TOO_LARGE"),
    "internal": Rule(500, "INTERNAL_ERROR"),
    "unavailable": Rule(503, "UNAVAILABLE", "", 1),
    "queue_full": Rule(503, "UNAVAILABLE", "", 5),
    "storage_full": Rule(503, "UNAVAILABLE", "", 30),
    "still_running": Rule(504, "STILL_RUNNING"),
}


class ErrorReply(Struct, frozen=True, kw_only=True):
    """A refusal."""

    code: str
    message: str
    request_id: str


def write_fault(fault: Fault, request: Request) -> Answer:
    """The answer for a fault of this request."""
    rule = RULES[fault.code]
    headers: Headers = [*JSON_REPLY]
    if rule.status == 401:
        headers.append(header("www-authenticate", _CHALLENGES.get(fault.code, 'Bearer realm="runbell"')))
    if fault.code == "method_not_allowed":
        headers.append(header("allow", fault.about["allow"]))
    retry_after = fault.retry_after_s if fault.retry_after_s is not None else rule.retry_after_s
    if retry_after is not None:
        headers.append(header("retry-after", str(retry_after)))
    reply = ErrorReply(code=rule.code, message=_message(fault, rule, request), request_id=request.id)
    return Answer(rule.status, headers, msgspec.json.encode(reply))


_CHALLENGES: Final = {"invalid_token": 'Bearer error="invalid_token"'}
_MAY_NOT: Final = {"execute_job": "execute job", "run_job": "execute job", "job_execution_details": "see execution"}


def _message(fault: Fault, rule: Rule, request: Request) -> str:
    about = asked_id(request)
    if fault.code == "invalid_params":
        names = ", ".join(problem.pointer.rpartition("/")[2] for problem in fault.problems)
        return f"Job {about} needs the parameters: {names}"
    if fault.code == "insufficient_scope":
        return f"You may not {_MAY_NOT.get(request.route.name, 'do this to')} {about}"
    return rule.sentence.format(id=about) if rule.sentence else fault.detail


def asked_id(request: Request) -> str:
    """The id that a request is about, as it was written."""
    return request.values.get("id", request.query.get("jobId", ""))[:100]
