"""Every refusal in InfoLink's words: an envelope with a message, most of them with the status of a success.

The documents name no HTTP codes, and clients read the envelope; so refusals of the API itself come with 200, unless the
setting `http_status_on_error` is `real`. Who is not let in, and what is wrong with the transport, has its own code.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from runbell.dialects.infolink import wire
from runbell.dialects.infolink.call import EXECUTE, Call, call_of
from runbell.domain.fault import Fault
from runbell.http.answer import Answer, Headers, header
from runbell.http.request import Request

LATER_S: Final = 5
_CHALLENGES: Final = {
    "unauthenticated": header("www-authenticate", "Bearer"),
    "invalid_token": header("www-authenticate", "Bearer"),
}
_BAD_TOKEN: Final = header("www-authenticate", 'Bearer error="invalid_token"')
_NOT_JSON: Final = "The body is not JSON: "
_MAY_NOT: Final = {EXECUTE: "run", "stop_job": "stop", "stop": "stop", "job_status": "read"}


class Rule(Struct, frozen=True):
    """The status of a refusal, its status with `real`, and what it says."""

    status: int
    real: int
    say: Callable[[Fault, Call, str], str]


def write_fault(fault: Fault, request: Request, *, real: bool = False) -> Answer:
    """The refusal of this request."""
    rule, call = RULES[fault.code], call_of(request)
    route = getattr(request, "route", None)
    said = rule.say(fault, call, "" if route is None else route.name)
    status = rule.real if real or (route is None and fault.code == "not_found") else rule.status
    return wire.refused(said, status, _told(fault, call))


def statuses(*, real: bool) -> dict[str, int]:
    """The HTTP status of each refusal."""
    return {code: rule.real if real else rule.status for code, rule in RULES.items()}


def _told(fault: Fault, call: Call) -> Headers:
    told: Headers = []
    if (challenge := _CHALLENGES.get(fault.code)) is not None:
        told.append(_BAD_TOKEN if call.bearer else challenge)
    if "allow" in fault.about:
        told.append(header("allow", fault.about["allow"]))
    if RULES[fault.code].status in {429, 503}:
        told.append(header("retry-after", str(fault.retry_after_s or LATER_S)))
    return told


def _malformed(fault: Fault, call: Call, _: str) -> str:
    if call.seeking == "body":
        return f"Request body is not valid JSON: {fault.detail.removeprefix(_NOT_JSON)}"
    return f"Request cannot be read: {fault.detail}"


def _absent(_: Fault, call: Call, route: str) -> str:
    match call.seeking:
        case "scenario":
            return f"Scenario '{call.scenario}' does not exist in app {call.app}"
        case "operation":
            return f"Operation '{call.scenario}' is not supported"
        case "job":
            return f"Job '{call.job}' does not exist in app {call.app}"
        case "nothing" if not route:
            return "Unknown path"
    return f"App '{call.app}' does not exist"


def _bad_credentials(_: Fault, call: Call, __: str) -> str:
    return "The access token is invalid or has expired" if call.bearer else "Invalid API key"


def _may_not(_: Fault, call: Call, route: str) -> str:
    verb = _MAY_NOT.get(route.removesuffix("_by_post"), "use")
    return f"You may not run scenario '{call.scenario}'" if verb == "run" else f"You may not {verb} job '{call.job}'"


def _parameters(fault: Fault, call: Call, _: str) -> str:
    for problem in fault.problems:
        name = problem.pointer.removeprefix("/params/").replace("~1", "/").replace("~0", "~")
        if problem.pointer != "/params":
            return f"Parameter '{name}' of scenario '{call.scenario}' is invalid: {problem.detail}"
        return f"Parameters of scenario '{call.scenario}' are invalid: {problem.detail}"
    return f"Parameters of scenario '{call.scenario}' are invalid: {fault.detail}"


def _scenario(rest: str) -> Callable[[Fault, Call, str], str]:
    return lambda _, call, __: f"Scenario '{call.scenario}' {rest}"


def _fixed(text: str) -> Callable[[Fault, Call, str], str]:
    return lambda *_: text


def _as_it_is(fault: Fault, _: Call, __: str) -> str:
    return fault.detail


def _taken(_: Fault, call: Call, __: str) -> str:
    return f"Job id '{call.job}' is already in use"


def _unavailable(_: Fault, __: Call, route: str) -> str:
    return "Service unavailable, nothing was started" if route in {EXECUTE, ""} else "Service unavailable"


RULES: Final = {
    "already_running": Rule(200, 409, _scenario("is already running")),
    "bad_cursor": Rule(200, 400, _as_it_is),
    "bad_range": Rule(416, 416, _as_it_is),
    "body_too_large": Rule(413, 413, _fixed("Request body is too large")),
    "events_expired": Rule(200, 410, _as_it_is),
    "gone": Rule(200, 404, _absent),
    "header_too_large": Rule(431, 431, _fixed("Request headers are too large")),
    "idempotency_in_progress": Rule(200, 409, _fixed("The same request is still being processed")),
    "idempotency_key_required": Rule(200, 400, _scenario("needs a jobId or an Idempotency-Key")),
    "idempotency_key_reused": Rule(200, 409, _fixed("Idempotency key was used for another request")),
    "in_use": Rule(200, 409, _as_it_is),
    "insufficient_scope": Rule(403, 403, _may_not),
    "internal": Rule(500, 500, _fixed("Internal error")),
    "invalid_definition": Rule(200, 409, _scenario("is disabled")),
    "invalid_field": Rule(200, 400, _as_it_is),
    "invalid_params": Rule(200, 400, _parameters),
    "invalid_token": Rule(401, 401, _bad_credentials),
    "job_disabled": Rule(200, 409, _scenario("is disabled")),
    "job_paused": Rule(200, 409, _scenario("is paused")),
    "job_scheduled": Rule(200, 409, _scenario("runs on a schedule")),
    "key_taken": Rule(200, 409, _taken),
    "malformed": Rule(200, 400, _malformed),
    "method_not_allowed": Rule(405, 405, _fixed("Method not allowed")),
    "not_acceptable": Rule(406, 406, _as_it_is),
    "not_finished": Rule(200, 409, _as_it_is),
    "not_found": Rule(200, 404, _absent),
    "not_restartable": Rule(200, 409, _as_it_is),
    "precondition_required": Rule(428, 428, _as_it_is),
    "queue_full": Rule(503, 503, _unavailable),
    "quota_exceeded": Rule(429, 429, _fixed("Too many requests")),
    "revision_mismatch": Rule(412, 412, _as_it_is),
    "storage_full": Rule(503, 503, _unavailable),
    "unauthenticated": Rule(401, 401, _fixed("Authentication required")),
    "unavailable": Rule(503, 503, _unavailable),
    "unknown_field": Rule(200, 400, _as_it_is),
    "unsupported_media_type": Rule(415, 415, _fixed("Request body must be plain JSON")),
}
"""Every refusal of the core. An unknown path has its real status."""
