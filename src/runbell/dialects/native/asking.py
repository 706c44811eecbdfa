"""A native request → what an operation is asked."""

from typing import Any, Final, Literal, get_args

from msgspec import structs

from runbell.dialects.native.callback_shape import CallbackBody
from runbell.dialects.native.execution_wire import LONGEST_KEY, is_key
from runbell.dialects.native.shapes import StartBody, TriggerWord
from runbell.dialects.native.words import STATUS_OF_WORD
from runbell.domain.faults import InvalidField, Malformed, PreconditionRequired
from runbell.domain.identity import Actor
from runbell.domain.status import Status
from runbell.http import conditional, idempotency_key, query
from runbell.http.prefer import Preferences
from runbell.http.request import Request
from runbell.http.times import moment
from runbell.operations import find
from runbell.operations.call_back import AskedBack
from runbell.operations.idempotency import IdempotencyKey
from runbell.operations.trigger import Asked
from runbell.ports.artifacts import LogFilter
from runbell.ports.revisions import ABSENT, PRESENT
from runbell.ports.store import ExecutionQuery, KeyPolicy

PARAMS: Final = "params."
LONGEST_WAIT_S: Final = 300
LONGEST_POLL_S: Final = 60
_AWAY: Final = {"request_id"}


def start(request: Request, raw: Any, body: StartBody) -> Asked:
    """The start that a body asks for. Raises InvalidField."""
    if body.key is not None and not is_key(body.key):
        said = f"A key has 1 to {LONGEST_KEY} characters and no control characters."
        raise InvalidField.at("/key", "invalid_key", said)
    policy = body.key_policy
    return Asked(
        job=request.values["job"],
        params=body.params,
        key=body.key,
        key_policy=KeyPolicy(policy.open, policy.closed),
        start_after=_moment("/start_after", body.start_after),
        start_by=_moment("/start_by", body.start_by),
        kept=tuple(body.kept),
        scopes=None if body.scopes is None else tuple(body.scopes),
        version=body.version,
        priority=body.priority,
        tags=tuple(body.tags),
        timeout_ms=body.timeout_ms,
        idempotency=_start_key(request, raw, body.request_id),
        kind=_kind(request),
        traceparent=request.traceparent,
        call_back=call_back(body.callback),
    )


def call_back(body: CallbackBody | None) -> AskedBack | None:
    """Whom a start, a rerun or a restart asks to be told."""
    if body is None:
        return None
    events = None if body.events is None else tuple(dict.fromkeys(body.events))
    return AskedBack(url=body.url, events=events, secret=body.secret, format=body.format)


def again(request: Request, path: str, raw: Any) -> IdempotencyKey | None:
    """The Idempotency-Key of a rerun or a restart."""
    key = idempotency_key.read(request.header(b"idempotency-key"))
    return None if key is None else IdempotencyKey(key, path, raw)


def waiting(request: Request) -> Preferences:
    """How long a start, a rerun, a restart or a stop may wait for the end."""
    return request.preferences(LONGEST_WAIT_S)


def polling(request: Request) -> Preferences:
    """How long a look may wait."""
    return request.preferences(LONGEST_POLL_S)


def expected_revision(request: Request, *, required: bool = False) -> int | None:
    """The revision in If-Match. Raises PreconditionRequired when it must be there, RevisionMismatch."""
    if_match = request.header(b"if-match")
    if required and if_match is None:
        raise PreconditionRequired("Send the ETag that you read in If-Match, so that nobody's change gets lost.")
    return conditional.expected(if_match)


def condition(request: Request) -> int | None:
    """The revision on which a PUT may be made, which makes what is not there. Raises RevisionMismatch, Malformed.

    `If-None-Match: *` makes only what is not there, `If-Match: *` changes only what is (RFC 9110 §13.1).
    """
    if (unless := request.header(b"if-none-match")) is not None:
        if unless.strip() != "*":
            raise Malformed("Of a PUT, If-None-Match may be * only: make it when there is none yet.")
        return ABSENT
    if_match = request.header(b"if-match")
    return PRESENT if if_match is not None and if_match.strip() == "*" else conditional.expected(if_match)


async def listed(request: Request, asked: dict[str, str], after: tuple[int, int] | None) -> ExecutionQuery:
    """The list of executions that these filters, and the paging in the query, ask for. Raises InvalidField."""
    order = asked.get("order", "-created_at")
    if order not in {"-created_at", "created_at"}:
        raise query.refused("order", "unknown_order", "order is -created_at (newest first) or created_at.")
    found = filtered(asked, request.actor)
    params = await find.canonical(request.ports, request.actor, found.job, found.params)
    return structs.replace(found, params=params, oldest_first=order == "created_at", after=after, limit=request.limit())


def filtered(asked: dict[str, str], actor: Actor) -> ExecutionQuery:
    """The filter of a list, and of what is done to many. Raises InvalidField."""
    return ExecutionQuery(
        project=actor.project,
        jobs=None if actor.jobs is None else tuple(sorted(actor.jobs)),
        job=asked.get("job"),
        statuses=tuple(_status(word) for word in asked["status"].split(",")) if asked.get("status") else (),
        trigger=_trigger(asked.get("trigger")),
        actor=asked.get("actor"),
        tag=asked.get("tag") or None,
        params=tuple((name[len(PARAMS) :], asked[name]) for name in sorted(asked) if name.startswith(PARAMS)),
        key=asked.get("key") or None,
        q=_text(asked.get("q")),
        created_from=query.time(asked, "created_at.gte"),
        created_before=query.time(asked, "created_at.lt"),
    )


def counting(request: Request) -> bool | None:
    """Whether an estimate is enough (True), an exact count is wanted (False), or none (None). Raises InvalidField."""
    wanted = request.query.get("count")
    if wanted not in {None, "estimate", "exact"}:
        raise query.refused("count", "unknown_count", "count is estimate or exact.")
    return None if wanted is None else wanted == "estimate"


def log_lines(request: Request, *, live: bool) -> LogFilter:
    """The lines that the query asks for; `live`: as they come. Raises InvalidField."""
    asked = request.query
    after_line = query.whole(asked, "after_line")
    last_seen = request.header(b"last-event-id")
    if last_seen and last_seen.isascii() and last_seen.isdigit() and len(last_seen) < 19:
        after_line = int(last_seen)
    before_line = query.whole(asked, "before_line")
    q = asked.get("q") or None
    return LogFilter(
        after_line=after_line,
        before_line=before_line,
        tail=query.whole(asked, "tail", high=100_000),
        step=asked.get("step"),
        stream=_stream(asked.get("stream")),
        q=q,
        limit=min(query.whole(asked, "limit") or 1_000, 10_000),
        count=q is not None and after_line is None and before_line is None and not live,  # only the first page
    )


def _start_key(request: Request, raw: Any, request_id: str | None) -> IdempotencyKey | None:
    header = idempotency_key.read(request.header(b"idempotency-key"))
    alias = None if request_id is None else idempotency_key.read(request_id)
    if header is not None and alias is not None and header != alias:
        why = "request_id and Idempotency-Key are one thing; send one of them."
        raise InvalidField.at("/request_id", "differs", why)
    key = header or alias
    if key is None:
        return None
    said = {name: value for name, value in raw.items() if name not in _AWAY}
    return IdempotencyKey(key, f"/api/v1/jobs/{request.values['job']}/executions", said)


def _kind(request: Request) -> Literal["api", "cli"]:
    """The command line says who it is; that is a courtesy, not a right."""
    return "cli" if request.headers.get(b"user-agent", b"").startswith(b"runbell-cli/") else "api"


def _moment(pointer: str, text: str | None) -> int | None:
    try:
        return None if text is None else moment(text)
    except ValueError as error:
        raise InvalidField.at(pointer, "invalid_time", str(error)) from None


def _status(word: str) -> Status:
    status = STATUS_OF_WORD.get(word.strip())
    if status is None:
        raise query.refused("status", "unknown_status", f"status is one or more of {', '.join(STATUS_OF_WORD)}.")
    return status


def _trigger(word: str | None) -> str | None:
    if word is not None and word not in get_args(TriggerWord):
        raise query.refused("trigger", "unknown_trigger", f"trigger is one of {', '.join(get_args(TriggerWord))}.")
    return word


def _text(q: str | None) -> str | None:
    text = (q or "").strip()
    if len(text) > LONGEST_KEY:
        raise query.refused("q", "too_long", f"q has at most {LONGEST_KEY} characters.")
    return text or None


def _stream(word: str | None) -> str | None:
    if word not in {None, "out", "err", "sys"}:
        raise query.refused("stream", "unknown_stream", "stream is out, err or sys.")
    return word
