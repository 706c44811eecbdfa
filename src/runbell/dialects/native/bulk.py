"""Endpoints for one action on many executions: try it, begin it, look at it, cancel it."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from runbell.dialects.native import asking, execution_wire
from runbell.dialects.native.shapes import ExecutionItem, Links, Moment
from runbell.domain.faults import InvalidField, NotFound
from runbell.domain.identity import Actor
from runbell.domain.ids import is_id
from runbell.http.answer import Answer, header, json_answer
from runbell.http.body import typed
from runbell.http.cursor import Cursors
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import bulk, find, keep
from runbell.ports.bulk_table import Bulk, BulkItem, BulkOrder
from runbell.ports.store import ExecutionQuery

PREFIX: Final = "bulk_"
ROOT: Final = "/api/v1/bulk/"
FILTERS: Final = ("status", "job", "trigger", "actor", "tag", "key", "q", "created_at.gte", "created_at.lt")
_MODES: Final = {"stop": ("graceful", "kill"), "rerun": ("exact", "current")}


class BulkBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to do, and to which executions: `filter` has the names of the list's filters (`params` as an object)."""

    action: Literal["stop", "rerun", "restart", "delete"]
    filter: dict[str, Any]
    dry_run: bool = False
    mode: str | None = None
    reason: Annotated[str, Meta(max_length=1000)] = ""


class BulkPreview(Struct, frozen=True, kw_only=True):
    """What it would be about. `count_is` at_least: more than are taken at once. `ignored` as in an execution."""

    action: Literal["stop", "rerun", "restart", "delete"]
    dry_run: Literal[True]
    count: int
    count_is: Literal["exact", "at_least"]
    sample: list[ExecutionItem]
    ignored: list[str] | UnsetType = UNSET


class BulkItemShape(Struct, frozen=True, kw_only=True):
    """One execution of it, and what came of it; `made` is the new execution of a rerun or a restart."""

    execution: str
    number: int
    outcome: Literal["pending", "done", "refused"]
    code: str | None
    detail: str | None
    made: str | None


class BulkShape(Struct, frozen=True, kw_only=True):
    """How far it is. Its items come with a look at it, by execution number, page by page."""

    id: str
    action: Literal["stop", "rerun", "restart", "delete"]
    status: Literal["working", "done", "cancelled"]
    filter: dict[str, str]
    requested_by: str
    created_at: Moment
    ended_at: Moment | None
    total: int
    done: int
    refused: int
    links: Links
    items: list[BulkItemShape] | UnsetType = UNSET
    next_cursor: str | UnsetType | None = UNSET
    has_more: bool | UnsetType = UNSET
    ignored: list[str] | UnsetType = UNSET


class Bulks:
    """The endpoints, and the cursors of their items."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def begin(self, request: Request) -> Answer:
        """Try it, or begin it."""
        raw = await request.json()
        wish = request.preferences(0)
        body, ignored = typed(raw, BulkBody, lenient=wish.lenient)
        if body.mode not in (None, *_MODES.get(body.action, ())):
            said = f"mode of {body.action} is one of {', '.join(_MODES.get(body.action, ())) or 'none'}."
            raise InvalidField.at("/mode", "unknown_mode", said)
        actor = _acting(request, body.action)
        filters, query = await _query(request, actor, body.filter)
        if body.dry_run:
            seen = structs.replace(await _preview(request, body, query), ignored=ignored or UNSET)
            return json_answer(seen, headers=wish.applied("handling"))
        order = BulkOrder(
            action=body.action, mode=body.mode, reason=body.reason, filter=filters,
            jobs=None if actor.jobs is None else tuple(sorted(actor.jobs)), address=actor.address,
            request=actor.request,
        )  # fmt: skip
        key = asking.again(request, "/api/v1/executions:bulk", raw)
        made, replayed = await bulk.accept(request.ports, actor, order, query, key)
        headers = [header("location", ROOT + PREFIX + made.id), *([] if made.ended_at else [(b"retry-after", b"1")])]
        if replayed:
            headers.append((b"idempotent-replayed", b"true"))
        shape = structs.replace(_shape(made), ignored=ignored or UNSET)
        return json_answer(shape, 202, [*headers, *wish.applied("handling")])

    async def get(self, request: Request) -> Answer:
        """How far it is, and one page of its items."""
        found = await bulk.look(request.ports, request.actor, _id(request))
        limit, filters = request.limit(), {"bulk": found.id}
        after = await self._cursors.read(request.cursor(), filters, int)
        items = await bulk.items(request.ports, found, after or 0, limit + 1)
        onward = await self._cursors.write(items[limit - 1].number, filters) if len(items) > limit else None
        shape = structs.replace(
            _shape(found), items=[_item(item) for item in items[:limit]], next_cursor=onward,
            has_more=onward is not None,
        )  # fmt: skip
        headers = request.next_page(onward)
        return json_answer(shape, headers=headers if found.ended_at else [*headers, (b"retry-after", b"1")])

    async def cancel(self, request: Request) -> Answer:
        """Go no further; what is done stays done."""
        found = await bulk.look(request.ports, request.actor, _id(request))
        actor = _acting(request, found.order.action)
        return json_answer(_shape(await bulk.cancel(request.ports, actor, found.id)))


async def _preview(request: Request, body: BulkBody, query: ExecutionQuery) -> BulkPreview:
    seen = await bulk.preview(request.ports, query)
    ends = await keep.expiries(request.ports, seen.sample)
    return BulkPreview(
        action=body.action, dry_run=True, count=seen.count, count_is="at_least" if seen.more else "exact",
        sample=[execution_wire.item(one, request.sees(one), end) for one, end in zip(seen.sample, ends, strict=True)],
    )  # fmt: skip


def _acting(request: Request, action: str) -> Actor:
    """The caller with the right of the action, as far as it also sees what it acts on. Raises InsufficientScope."""
    held = request.with_right(bulk.RIGHTS[action])
    seen = request.actor.jobs
    jobs = held.jobs if seen is None else seen if held.jobs is None else held.jobs & seen
    return structs.replace(held, jobs=jobs)


async def _query(request: Request, actor: Actor, given: dict[str, Any]) -> tuple[dict[str, str], ExecutionQuery]:
    """The filter as texts, and what it asks for. Raises InvalidField: also for a filter that names nothing."""
    said = _texts(given)
    if not said:
        raise _wrong("", "required", f"A filter names at least one of {', '.join(FILTERS)} and params.")
    for name in said:
        if name not in FILTERS and not name.startswith(asking.PARAMS):
            raise _wrong(f"/{name}", "unknown_filter", f"There is no filter {name}; there are {', '.join(FILTERS)}.")
    try:
        query = asking.filtered(said, actor)
        params = await find.canonical(request.ports, actor, query.job, query.params)
    except InvalidField as refusal:
        problems = tuple(structs.replace(one, pointer=f"/filter/{one.pointer[1:]}") for one in refusal.problems)
        raise InvalidField(refusal.detail, problems=problems) from None
    return said, structs.replace(query, params=params)


def _texts(given: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in given.items():
        if name == "params" and isinstance(value, dict):
            found |= _texts({asking.PARAMS + inner: one for inner, one in value.items()})
        elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            found[name] = ",".join(value)
        elif isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, int | float | str) and value != "":
            found[name] = str(value)
        else:
            raise _wrong(f"/{name}", "invalid_type", f"The filter {name} is a text.")
    return found


def _wrong(place: str, code: str, said: str) -> InvalidField:
    return InvalidField.at(f"/filter{place}", code, said)


def _id(request: Request) -> str:
    text = request.values["bulk"].removeprefix(PREFIX)
    if not is_id(text):
        raise NotFound("A bulk is named by its id (bulk_…), as it came in the Location.")
    return text


def _shape(made: Bulk) -> BulkShape:
    own = ROOT + PREFIX + made.id
    return BulkShape(
        id=PREFIX + made.id, action=made.order.action, status=made.status,  # type: ignore[arg-type]
        filter=made.order.filter, requested_by=made.actor, created_at=rfc3339(made.created_at),
        ended_at=None if made.ended_at is None else rfc3339(made.ended_at), total=made.total, done=made.done,
        refused=made.refused, links={"self": own, "cancel": f"{own}:cancel"},
    )  # fmt: skip


def _item(item: BulkItem) -> BulkItemShape:
    return BulkItemShape(
        execution=execution_wire.PREFIX + item.execution, number=item.number, outcome=item.outcome or "pending",
        code=item.code, detail=item.detail,
        made=None if item.made is None else execution_wire.PREFIX + item.made,
    )  # fmt: skip
