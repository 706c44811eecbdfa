"""Every fault in the native words: its HTTP status, whether to send again, and problem+json (RFC 9457) around it."""

from typing import Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from runbell.dialects.native.meanings import MEANINGS
from runbell.dialects.native.words import FAILURE_TITLES, STEP_FAILED
from runbell.domain.fault import Fault
from runbell.domain.faults import FAULTS
from runbell.http.answer import Answer, Headers, header
from runbell.http.quota import HEADERS, POLICIES
from runbell.http.request import Request

Resubmit = Literal["never", "after_fix", "same_request_safe", "check_first"]
PROBLEM: Final = "application/problem+json"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})


class Rule(Struct, frozen=True):
    """What a code means on the wire. `retry_after_s` is said when the fault itself names no time."""

    status: int
    resubmit: Resubmit
    retry_after_s: int | None = None


RULES: Final = {
    "malformed": Rule(400, "after_fix"),
    "bad_cursor": Rule(400, "after_fix"),
    "idempotency_key_required": Rule(400, "after_fix"),
    "unauthenticated": Rule(401, "after_fix"),
    "invalid_token": Rule(401, "after_fix"),
    "insufficient_scope": Rule(403, "never"),
    "not_found": Rule(404, "never"),
    "method_not_allowed": Rule(405, "never"),
    "not_acceptable": Rule(406, "never"),
    "gone": Rule(410, "never"),
    "events_expired": Rule(410, "never"),
    "key_taken": Rule(409, "never"),
    "not_finished": Rule(409, "never"),
    "not_restartable": Rule(409, "never"),
    "job_disabled": Rule(409, "never"),
    "job_scheduled": Rule(409, "never"),
    "in_use": Rule(409, "never"),
    "already_running": Rule(409, "same_request_safe"),
    "job_paused": Rule(409, "same_request_safe"),
    "idempotency_in_progress": Rule(409, "same_request_safe", 1),
    "revision_mismatch": Rule(412, "after_fix"),
    "body_too_large": Rule(413, "after_fix"),
    "unsupported_media_type": Rule(415, "after_fix"),
    "bad_range": Rule(416, "after_fix"),
    "invalid_params": Rule(422, "after_fix"),
    "invalid_definition": Rule(422, "after_fix"),
    "unknown_field": Rule(422, "after_fix"),
    "invalid_field": Rule(422, "after_fix"),
    "idempotency_key_reused": Rule(422, "after_fix"),
    "precondition_required": Rule(428, "after_fix"),
    "header_too_large": Rule(431, "after_fix"),
    "quota_exceeded": Rule(429, "same_request_safe", 60),
    "internal": Rule(500, "check_first"),
    "unavailable": Rule(503, "same_request_safe", 1),
    "queue_full": Rule(503, "same_request_safe", 5),
    "storage_full": Rule(507, "same_request_safe", 30),
}
_REGISTERED: Final = {
    "quota_exceeded": "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "queue_full": "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",
}
"""Types that draft-ietf-httpapi-ratelimit-headers registers; /problems/{code} explains them too."""
TITLES: Final = {fault.code: fault.title for fault in FAULTS}


_OF_TOKENS: Final = {
    "invalid_request": "The request for a token cannot be read: a field is missing, or given twice.",
    "invalid_client": "The client is not known, disabled, or its secret is wrong. Check both, or rotate the secret.",
    "invalid_grant": "The refresh token or code is over, used, another client's, or its proof is wrong. Sign in again.",
    "unauthorized_client": "This client may not use this grant, or the user it acts for is gone. Ask an administrator.",
    "unsupported_grant_type": "Use client_credentials, authorization_code, refresh_token or the device code grant.",
    "invalid_scope": "None of the scopes asked for is allowed to this client. Ask for some that are.",
    "unsupported_response_type": "Send people to the authorization endpoint with response_type=code.",
    "authorization_pending": "Nobody has allowed the sign-in yet. Poll again after the interval.",
    "slow_down": "Polled too fast. Wait five seconds longer between two polls, from now on.",
    "access_denied": "The person denied the sign-in.",
    "expired_token": "Nobody allowed the sign-in in time. Begin a new one.",
    "temporarily_unavailable": "Too many failed attempts, or the server cannot take it now. Wait for Retry-After.",
    "server_error": "A defect of ours; the server's log has it under the request's id.",
}
_OF_EXECUTIONS: Final = {"step_failed": STEP_FAILED} | {code.lower(): title for code, title in FAILURE_TITLES.items()}


class Member(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: where (a JSON pointer into the body, or `?name`), the rule, and what to do."""

    pointer: str
    code: str
    detail: str
    line: int | None = None


class ProblemDetails(Struct, frozen=True, kw_only=True):
    """A failure: problem+json (RFC 9457). `resubmit` says whether sending it again makes sense, and when it is safe."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: tuple[Member, ...]
    request_id: str
    resubmit: Resubmit
    retry_after: int | None
    execution: str | UnsetType = UNSET
    violated_policies: tuple[str, ...] | UnsetType = field(default=UNSET, name="violated-policies")


class ProblemPage(Struct, frozen=True, kw_only=True):
    """What a problem's `type` leads to. Without a status: it is said of an execution, not of a request."""

    type: str
    title: str
    status: int | None
    detail: str
    resubmit: Resubmit | None


def write_fault(fault: Fault, request: Request) -> Answer:
    """The answer for a fault of this request."""
    safe = request.method in _SAFE_METHODS or b"idempotency-key" in request.headers
    return _write(fault, request.id, again_is_safe=safe, base=request.base if fault.code in _CHALLENGED else "")


def problem_page(code: str) -> ProblemPage | None:
    """What the code means, None for one that does not exist."""
    if (title := _OF_EXECUTIONS.get(code)) is not None:
        said = "Look at the execution's error and its log; then restart it, or mend the job and run it again."
        return ProblemPage(type=f"/problems/{code}", title=title, status=None, detail=said, resubmit=None)
    if (meaning := _OF_TOKENS.get(code)) is not None:
        title = f"No token is given: {code}"
        return ProblemPage(type=f"/problems/{code}", title=title, status=None, detail=meaning, resubmit=None)
    rule = RULES.get(code)
    if rule is None:
        return None
    return ProblemPage(
        type=f"/problems/{code}", title=TITLES[code], status=rule.status, detail=MEANINGS[code], resubmit=rule.resubmit
    )


def _write(fault: Fault, request_id: str, *, again_is_safe: bool, base: str = "") -> Answer:
    rule = RULES[fault.code]
    retry_after = fault.retry_after_s if fault.retry_after_s is not None else rule.retry_after_s
    details = ProblemDetails(
        type=_REGISTERED.get(fault.code) or f"/problems/{fault.code}",
        title=fault.title,
        status=rule.status,
        detail=fault.detail,
        instance=f"/requests/{request_id}",
        code=fault.code,
        errors=tuple(Member(wrong.pointer, wrong.code, wrong.detail, wrong.line) for wrong in fault.problems),
        request_id=request_id,
        resubmit="same_request_safe" if rule.resubmit == "check_first" and again_is_safe else rule.resubmit,
        retry_after=retry_after,
        execution=UNSET if fault.execution is None else f"/api/v1/executions/run_{fault.execution}",
        violated_policies=tuple(fault.about.get(POLICIES, ())) or UNSET,
    )
    headers = [header("content-type", PROBLEM), *_told(fault, base)]
    if retry_after is not None:
        headers.append(header("retry-after", str(retry_after)))
    return Answer(rule.status, headers, msgspec.json.encode(details))


def _told(fault: Fault, base: str) -> list[tuple[bytes, bytes]]:
    """What the fault says in headers: the challenge (RFC 6750, 9728), the methods, the size."""
    if fault.code in _CHALLENGED:
        return _challenge(fault, base)
    if fault.code == "quota_exceeded":
        told: Headers = fault.about.get(HEADERS, [])
        return told
    if fault.code == "method_not_allowed":
        return [header("allow", fault.about["allow"])]
    if fault.code == "bad_range":
        return [header("content-range", f"bytes */{fault.about['size']}")]
    return []


_CHALLENGED: Final = frozenset({"unauthenticated", "invalid_token", "insufficient_scope", "malformed"})


def _challenge(fault: Fault, base: str) -> list[tuple[bytes, bytes]]:
    """How to come back with credentials; with no error code for a caller who sent none (RFC 6750 §3.1)."""
    said = ['realm="runbell"']
    if base:
        said.append(f'resource_metadata="{base}/.well-known/oauth-protected-resource"')
    if fault.code == "malformed":
        if "challenge" not in fault.about:
            return []
        said.append('error="invalid_request"')
    elif fault.code == "invalid_token":
        why = "expired" if "expired" in fault.detail else "unknown"
        said += ['error="invalid_token"', f'error_description="{why}"']
    elif fault.code == "insufficient_scope":
        said += ['error="insufficient_scope"', f'scope="{fault.about.get("scope", "")}"']
    return [header("www-authenticate", f"Bearer {', '.join(said)}")]
