"""Every fault in the vendor's words: `{"detail": …}`, as Django REST framework writes it.

What is wrong with single fields stands in `errors`, and once more at the top level (release notes 2026.29:
https://docs.adverity.com/reference/release-notes/release-notes.html).
"""

from typing import Any, Final

from msgspec import Struct

from runbell.domain.fault import Fault, Problem
from runbell.domain.faults import InvalidField, InvalidParams, NotFinished, NotFound, UnsupportedMediaType
from runbell.http.answer import Answer, Headers, header, json_answer
from runbell.http.quota import HEADERS
from runbell.http.request import Request

INVALID: Final = "Invalid input."
REQUIRED: Final = "This field is required."
NOWHERE: Final = "non_field_errors"


class Rule(Struct, frozen=True):
    """The HTTP status of a fault and its sentence; None: the fault's own. `retry_after_s`: when it names none."""

    status: int
    said: str | None = None
    retry_after_s: int | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    """A refusal; the members of `errors`, if any, stand beside `detail` too."""

    detail: str
    errors: dict[str, list[str]] = {}


_DISABLED: Final = "Datastream {datastream} is disabled."
_NOTHING_STARTED: Final = "Service unavailable. Nothing was started."
_UNSETTLED: Final = "Service unavailable. Whether anything was started is not known."
RULES: Final = {
    "malformed": Rule(400),
    "bad_cursor": Rule(400),
    "idempotency_key_required": Rule(400, "Datastream {datastream} needs an Idempotency-Key."),
    "unauthenticated": Rule(401, "Authentication credentials were not provided."),
    "invalid_token": Rule(401, "Invalid token."),
    "insufficient_scope": Rule(403, "You do not have permission to perform this action."),
    "not_found": Rule(404, "Not found."),
    "gone": Rule(404, "Not found."),
    "events_expired": Rule(404, "Not found."),
    "method_not_allowed": Rule(405, 'Method "{method}" not allowed.'),
    "not_acceptable": Rule(406, "Could not satisfy the request Accept header."),
    "key_taken": Rule(400),
    "not_finished": Rule(400),
    "not_restartable": Rule(400),
    "in_use": Rule(400),
    "job_disabled": Rule(400, _DISABLED),
    "invalid_definition": Rule(400, _DISABLED),
    "job_paused": Rule(400, "Datastream {datastream} is paused."),
    "job_scheduled": Rule(400, "Datastream {datastream} runs on a schedule."),
    "already_running": Rule(400, "Datastream {datastream} already has a running job."),
    "idempotency_key_reused": Rule(400, "Idempotency key was used for another request"),
    "idempotency_in_progress": Rule(409, "The same request is still being processed", 1),
    "revision_mismatch": Rule(412),
    "precondition_required": Rule(428),
    "body_too_large": Rule(413, "Request body is too large."),
    "unsupported_media_type": Rule(415),
    "bad_range": Rule(416),
    "header_too_large": Rule(431),
    "invalid_params": Rule(400, INVALID),
    "unknown_field": Rule(400, INVALID),
    "invalid_field": Rule(400, INVALID),
    "quota_exceeded": Rule(429, "Request was throttled. Expected available in {seconds}.", 60),
    "internal": Rule(500, "Internal server error."),
    "unavailable": Rule(503, _NOTHING_STARTED, 1),
    "queue_full": Rule(503, _NOTHING_STARTED, 5),
    "storage_full": Rule(503, _NOTHING_STARTED, 30),
}


class Worded(Fault):
    """A refusal of this dialect alone: its sentence is in the vendor's words already."""


class InvalidPage(NotFound, Worded):
    """There is no page of that number."""


class WrongMedia(UnsupportedMediaType, Worded):
    """A body of a type that is not read here."""


class NotNow(NotFinished, Worded):
    """The job cannot be stopped: it has ended, or is past the fetch stage."""


class NeedsMore(InvalidParams, Worded):
    """The job has required parameters that this vendor's start cannot name."""


class CannotLogIn(InvalidField, Worded):
    """No token for these credentials; it is never said which half was wrong."""


def invalid(**fields: str) -> InvalidField:
    """The refusal of fields, each with what is wrong with it."""
    return InvalidField(INVALID, problems=tuple(Problem(name, "invalid", said) for name, said in fields.items()))


def write_fault(fault: Fault, request: Request) -> Answer:
    """The answer for a fault of this request."""
    rule = RULES[fault.code]
    seconds = fault.retry_after_s if fault.retry_after_s is not None else rule.retry_after_s
    detail = fault.detail
    if rule.said is not None and not isinstance(fault, Worded):
        detail = rule.said.format(datastream=_datastream(request), method=request.method, seconds=_spelled(seconds))
    if fault.about.get("unsettled"):
        detail = _UNSETTLED
    body: dict[str, Any] = {"detail": detail}
    if fault.problems and rule.status == 400 and "idempotency" not in fault.code:
        errors = _errors(fault.problems)
        body |= {"errors": errors, **{name: said for name, said in errors.items() if name not in body}}
    return json_answer(body, rule.status, _headers(fault, seconds))


def _headers(fault: Fault, seconds: int | None) -> Headers:
    told: Headers = []
    if fault.code in {"unauthenticated", "invalid_token"}:
        told.append(header("www-authenticate", "Token"))
    if fault.code == "method_not_allowed":
        told.append(header("allow", fault.about["allow"]))
    told += fault.about.get(HEADERS, ()) if fault.code == "quota_exceeded" else ()
    if seconds is not None:
        told.append(header("retry-after", str(seconds)))
    return told


def _errors(problems: tuple[Problem, ...]) -> dict[str, list[str]]:
    """What is wrong, by field; a pointer or a query name becomes the bare name."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        name = problem.pointer.removeprefix("?").rpartition("/")[2] or NOWHERE
        found.setdefault(name, []).append(problem.detail)
    return found


def _datastream(request: Request) -> str:
    return request.values.get("datastream", "")


def _spelled(seconds: int | None) -> str:
    return f"{seconds} second{'' if seconds == 1 else 's'}"
