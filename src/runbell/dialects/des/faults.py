"""Every refusal in the words of DES. Its pages know 400, 401 and 5XX; a client repeats on every other code for ever."""

from typing import Final

from msgspec import Struct

from runbell.dialects.des import wire
from runbell.dialects.des.findings import Faulty, of_fault
from runbell.dialects.des.wire import ErrorDetail, ErrorResponse
from runbell.domain.fault import Fault
from runbell.domain.faults import InsufficientScope, InvalidField, NotFound
from runbell.http.answer import Answer, Headers, header
from runbell.http.request import Request

LATER_S: Final = 5
_CHALLENGE: Final = header("www-authenticate", 'Bearer error="invalid_token"')


class Rule(Struct, frozen=True):
    """The status and the code of a refusal; `strict`: the status with the setting `strict_http`."""

    status: int
    word: str
    strict: int | None = None


class NoJob(NotFound):
    """There is no job of that GUID for the caller."""


class NoRun(NotFound):
    """There is no run of that GUID for the caller, or it is of another job."""


class NoFile(NotFound):
    """The run left no such file."""


class NotSuccessful(InvalidField):
    """The run has not finished with success."""


class SeveralFiles(InvalidField):
    """Raw bytes are of exactly one file."""


class LinkInvalid(InsufficientScope):
    """The link to a file was changed, is not one of ours, or whoever gave it out may not see the run any more."""


class LinkExpired(InsufficientScope):
    """The link to a file was good for a time that is over."""


ABSENT: Final[dict[type[Fault], str]] = {NoJob: "JobNotFound", NoRun: "JobRunNotFound", NoFile: "FileNotFound"}
_OWN: Final[dict[type[Fault], str]] = {
    NotSuccessful: "RunNotSuccessful", SeveralFiles: "SeveralFiles", LinkInvalid: "LinkInvalid",
    LinkExpired: "LinkExpired",
}  # fmt: skip

RULES: Final = {
    "already_running": Rule(400, "JobAlreadyRunning"),
    "bad_cursor": Rule(400, "InvalidField"),
    "bad_range": Rule(400, "InvalidField"),
    "body_too_large": Rule(400, "BodyTooLarge"),
    "events_expired": Rule(400, "JobRunNotFound"),
    "gone": Rule(400, "JobRunNotFound", 404),
    "header_too_large": Rule(431, "HeaderTooLarge"),
    "idempotency_in_progress": Rule(503, "Unavailable"),
    "idempotency_key_required": Rule(400, "IdempotencyKeyRequired"),
    "idempotency_key_reused": Rule(400, "IdempotencyKeyReused"),
    "in_use": Rule(400, "InvalidField"),
    "insufficient_scope": Rule(403, "Forbidden"),
    "internal": Rule(500, "InternalError"),
    "invalid_definition": Rule(400, "JobDisabled"),
    "invalid_field": Rule(400, "InvalidField"),
    "invalid_params": Rule(400, "InvalidParameters"),
    "invalid_token": Rule(401, "Unauthorized"),
    "job_disabled": Rule(400, "JobDisabled"),
    "job_paused": Rule(400, "JobPaused"),
    "job_scheduled": Rule(400, "JobScheduled"),
    "key_taken": Rule(400, "InvalidField"),
    "malformed": Rule(400, "MalformedJson"),
    "method_not_allowed": Rule(405, "MethodNotAllowed"),
    "not_acceptable": Rule(400, "InvalidField"),
    "not_finished": Rule(400, "RunNotSuccessful"),
    "not_found": Rule(404, "NotFound"),
    "not_restartable": Rule(400, "InvalidField"),
    "precondition_required": Rule(400, "InvalidField"),
    "queue_full": Rule(503, "Unavailable"),
    "quota_exceeded": Rule(503, "Unavailable"),
    "revision_mismatch": Rule(400, "InvalidField"),
    "storage_full": Rule(503, "Unavailable"),
    "unauthenticated": Rule(401, "Unauthorized"),
    "unavailable": Rule(503, "Unavailable"),
    "unknown_field": Rule(400, "InvalidField"),
    "unsupported_media_type": Rule(400, "MalformedJson"),
}
"""Every refusal of the core. What is not there has words of its own, see ABSENT."""


def write_fault(fault: Fault, request: Request, *, strict: bool = False) -> Answer:
    """The refusal of this request."""
    rule = RULES[fault.code]
    absent = ABSENT.get(type(fault))
    status = rule.strict if strict and rule.strict is not None else rule.status
    if absent is not None:
        status = 404 if strict else 400
    findings = of_fault(fault)
    details = tuple(ErrorDetail(parameter=one.parameter, code=one.code, message=one.message) for one in findings)
    body = ErrorResponse(
        code=absent or _word(fault, rule, details),
        message=findings[0].message if len(findings) == 1 else fault.detail,
        details=details or None,
        trace_id=request.id,
    )
    return wire.answer(body, status, _told(fault, status))


def statuses(*, strict: bool) -> dict[str, int]:
    """The HTTP status of each refusal, for the document."""
    return {code: rule.strict if strict and rule.strict is not None else rule.status for code, rule in RULES.items()}


def _word(fault: Fault, rule: Rule, details: tuple[ErrorDetail, ...]) -> str:
    if isinstance(fault, Faulty):
        return fault.word
    codes = {detail.code for detail in details}
    return codes.pop() if len(codes) == 1 else _OWN.get(type(fault), rule.word)


def _told(fault: Fault, status: int) -> Headers:
    told: Headers = []
    if status == 401:
        told.append(_CHALLENGE)
    if "allow" in fault.about:
        told.append(header("allow", fault.about["allow"]))
    if status == 503:
        told.append(header("retry-after", str(fault.retry_after_s or LATER_S)))
    return told
