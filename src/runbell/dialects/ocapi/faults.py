"""Every fault in the vendor's words: HTTP status, type, message and arguments, and the document around them.

https://sfcclearning.com/infocenter/OCAPI/current/usage/HttpStatusCodesAndFaults.php. Types that the vendor has no name
for are ours (RequestTooLargeException and the like).
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from runbell.dialects.ocapi import refusals as r
from runbell.dialects.ocapi.formats import of_answer
from runbell.dialects.ocapi.shapes import Fault as Said
from runbell.dialects.ocapi.shapes import FaultDocument
from runbell.dialects.ocapi.writing import NAMES, encoded, version_text
from runbell.domain.fault import Fault
from runbell.http.answer import Answer, Headers, header, text_answer
from runbell.http.request import Request

REALM: Final = 'Bearer realm="dw"'


class Rule(Struct, frozen=True):
    """How a fault is said. `said` may hold the arguments; None: the house's own sentence. `retry_after_s`: when it
    names no time itself."""

    status: int
    type: str
    arguments: tuple[str, ...] = ()
    said: str | None = None
    retry_after_s: int | None = None


_EXECUTION_FAILED: Final = "The job with ID '{jobId}' could not be executed."
_INVALID: Final = Rule(400, "JobInvalidException", ("jobId", "cause"), "The job with ID '{jobId}' is invalid: {cause}")
_CONSTRAINT: Final = "PropertyConstraintViolationException"
_NO_EXECUTION: Final = Rule(
    404, "JobExecutionNotFoundException", ("executionId",), "No Job execution with ID '{executionId}' was found."
)
_NO_PATH: Final = "Unknown resource '{path}'. Please provide a valid resource."
RULES: Final[dict[str, Rule]] = {
    "malformed": Rule(400, "MalformedRequestException"),
    "bad_cursor": Rule(400, "MalformedParameterException"),
    "idempotency_key_required": Rule(409, "JobExecutionException", ("jobId",), _EXECUTION_FAILED),
    "unauthenticated": Rule(
        401, "InvalidAuthorizationHeaderException", said="The authorization header is missing or invalid."
    ),
    "invalid_token": Rule(
        401, "InvalidAccessTokenException", said="Unauthorized request! The access token is invalid."
    ),
    "insufficient_scope": Rule(
        403, "ClientAccessForbiddenException", ("clientId",), "Access to this resource is not allowed for '{clientId}'."
    ),
    "not_found": Rule(404, "NotFoundException", ("path",), _NO_PATH),
    "method_not_allowed": Rule(
        405, "MethodNotAllowedException", ("method",), "The method {method} is not allowed for this resource."
    ),
    "not_acceptable": Rule(415, "UnsupportedMediaTypeException", ("mediaType",)),
    "gone": _NO_EXECUTION,
    "events_expired": Rule(404, "NotFoundException", ("path",), _NO_PATH),
    "key_taken": Rule(409, "JobExecutionException", ("jobId",), _EXECUTION_FAILED),
    "not_finished": Rule(
        403, "JobExecutionNotFinishedException", ("executionId",),
        "The job execution with ID '{executionId}' is not finished.",
    ),
    "not_restartable": Rule(
        400, "JobNotRestartableException", ("jobId",), "The job with ID '{jobId}' does not support restarting."
    ),
    "job_disabled": _INVALID,
    "job_scheduled": Rule(409, "JobExecutionException", ("jobId",), _EXECUTION_FAILED),
    "job_paused": Rule(409, "JobExecutionException", ("jobId",), _EXECUTION_FAILED),
    "in_use": Rule(409, "ResourceStateConflictException"),
    "already_running": Rule(
        400, "JobAlreadyRunningException", ("jobId",), "The job with ID '{jobId}' is already running."
    ),
    "idempotency_in_progress": Rule(409, "IdempotencyInProgressException", retry_after_s=1),
    "idempotency_key_reused": Rule(400, "IdempotencyKeyReusedException"),
    "revision_mismatch": Rule(
        409, "ResourceStateConflictException", said="The resource was changed since its state was read; read it again."
    ),
    "precondition_required": Rule(409, "ResourceStateConflictException"),
    "body_too_large": Rule(413, "RequestTooLargeException"),
    "unsupported_media_type": Rule(415, "UnsupportedMediaTypeException", ("mediaType",)),
    "bad_range": Rule(416, "RangeNotSatisfiableException"),
    "header_too_large": Rule(431, "RequestTooLargeException"),
    "invalid_params": Rule(400, _CONSTRAINT, ("document", "path", "value")),
    "invalid_definition": _INVALID,
    "unknown_field": Rule(400, "UnknownPropertyException", ("document", "path")),
    "invalid_field": Rule(400, _CONSTRAINT, ("document", "path", "value")),
    "quota_exceeded": Rule(429, "TooManyRequestsException", retry_after_s=60),
    "internal": Rule(500, "InternalServerErrorException"),
    "unavailable": Rule(503, "ServiceUnavailableException", retry_after_s=1),
    "queue_full": Rule(503, "ServiceUnavailableException", retry_after_s=5),
    "storage_full": Rule(503, "ServiceUnavailableException", retry_after_s=30),
}  # fmt: skip
"""By the code of the house's faults."""
OWN: Final[dict[type[Fault], Rule]] = {
    r.JobNotFound: Rule(404, "JobNotFoundException", ("jobId",), "No job with ID '{jobId}' was found."),
    r.JobExecutionNotFound: _NO_EXECUTION,
    r.LogNotFound: Rule(404, "NotFoundException", ("path",), _NO_PATH),
    r.JobExecutionNotFinished: RULES["not_finished"],
    r.JobRestart: Rule(
        400, "JobRestartException", ("jobId",), "The job with ID '{jobId}' could not be restarted."
    ),
    r.InvalidVersion: Rule(400, "InvalidVersionException"),
    r.IllegalMethodOverride: Rule(400, "IllegalHttpMethodOverrideException", ("method",)),
    r.MalformedMediaType: Rule(400, "MalformedMediaTypeException", ("mediaType",)),
    r.MalformedSelector: Rule(400, "MalformedSelectorException", ("selector",)),
    r.MalformedParameter: Rule(400, "MalformedParameterException", ("parameter", "value")),
    r.BodyDecoding: Rule(400, "BodyDecodingException", ("body",)),
    r.UnknownMediaType: RULES["unsupported_media_type"],
    r.TooLarge: RULES["body_too_large"],
    r.UnknownProperty: RULES["unknown_field"],
    r.PropertyConstraint: RULES["invalid_field"],
    r.ParameterConstraint: RULES["invalid_params"],
    r.MissingSiteScope: Rule(400, "MissingSiteScopeParameterException"),
    r.InvalidSiteScope: Rule(400, "InvalidSiteScopeParameterException", ("siteScopeValue",)),
    r.FieldNotSortable: Rule(400, "FieldNotSortableException", ("field",)),
    r.FieldNotSearchable: Rule(400, "FieldNotSearchableException", ("field",)),
    r.InvalidSearchValue: Rule(400, "InvalidSearchFieldTypeException", ("field", "value", "type")),
    r.IllegalEnumeration: Rule(400, "IllegalEnumerationValueException", ("value", "type")),
    r.InvalidExpand: Rule(400, "InvalidExpandValueException", ("expandValue",)),
    r.ResourceStateConflict: RULES["revision_mismatch"],
    r.JobInvalid: _INVALID,
}  # fmt: skip
"""By the kinds of faults that only this dialect has."""
NOT_THERE: Final = {
    "start": OWN[r.JobNotFound], "list": OWN[r.JobNotFound], "head_list": OWN[r.JobNotFound],
    "get": _NO_EXECUTION, "head": _NO_EXECUTION, "delete": _NO_EXECUTION,
    "log": OWN[r.LogNotFound], "job_log": OWN[r.LogNotFound],
}  # fmt: skip
"""What is not there, by the name of the route that looked for it."""
FORBIDDEN_TO_USERS: Final = Rule(
    403, "UserAccessForbiddenException", ("method", "path"), "You are not allowed to call {method} {path}."
)


def fault_writer(job_execution_status: int) -> Callable[[Fault, Request], Answer]:
    """What writes faults. `job_execution_status`: the HTTP status of JobExecutionException."""

    def write(fault: Fault, request: Request) -> Answer:
        rule = rule_of(fault, request)
        if rule is OWN[r.LogNotFound]:
            return text_answer("There is no such log.\n", 404)
        status = job_execution_status if rule.type == "JobExecutionException" else rule.status
        return _write(fault, request, rule, status)

    return write


def rule_of(fault: Fault, request: Request) -> Rule:
    """The rule for this fault on this request."""
    own = OWN.get(type(fault))
    if own is not None:
        return own
    route = getattr(request, "route", None)
    if fault.code in {"not_found", "gone"} and route is not None:
        return NOT_THERE.get(route.name, RULES[fault.code])
    if fault.code == "insufficient_scope" and _is_user(request):
        return FORBIDDEN_TO_USERS
    return RULES[fault.code]


def _write(fault: Fault, request: Request, rule: Rule, status: int) -> Answer:
    given = {"cause": fault.detail} | _of_request(request) | fault.about.get("arguments", {})
    said = fault.detail if rule.said is None else rule.said.format_map(given)
    arguments: dict[str, Any] = {name: given.get(name, "") for name in rule.arguments}
    if rule.type == "NotFoundException":
        arguments["path"] = {"type": "string", "value": arguments["path"]}
    document = FaultDocument(
        v=version_text(request), fault=Said(arguments=arguments, type=rule.type, message=said)
    )  # fmt: skip
    headers, body = encoded(document, of_answer(request))
    return Answer(status, headers + _told(fault, rule), body)


def _of_request(request: Request) -> dict[str, Any]:
    """What a request itself says of the arguments."""
    principal = getattr(request, "principal", None)
    return {
        "jobId": request.values.get("job", ""), "executionId": request.values.get("id", ""),
        "clientId": "" if principal is None else NAMES.sub("", principal.client), "method": request.method,
        "path": request.scope["path"][:1_000], "mediaType": (request.header(b"content-type") or "")[:200],
        "document": "", "value": "",
    }  # fmt: skip


def _told(fault: Fault, rule: Rule) -> Headers:
    """What the fault says in headers."""
    if fault.code == "unauthenticated":
        return [header("www-authenticate", REALM)]
    if fault.code == "invalid_token":
        return [header("www-authenticate", f'{REALM}, error="invalid_token"')]
    if fault.code == "method_not_allowed":
        return [header("allow", fault.about["allow"])]
    if fault.code == "bad_range":
        return [header("content-range", f"bytes */{fault.about['size']}")]
    if rule.retry_after_s is not None or fault.retry_after_s is not None:
        return [header("retry-after", str(fault.retry_after_s or rule.retry_after_s))]
    return []


def _is_user(request: Request) -> bool:
    principal = getattr(request, "principal", None)
    return principal is not None and principal.subject.startswith("user:")
