"""Endpoints for many executions: the list of a job, and the search.

https://sfcclearning.com/infocenter/OCAPI/17.2/data/Resources/Jobs.php, …/current/data/Resources/JobExecutionSearch.php.
"""

from typing import Any, Final
from urllib.parse import quote, urlencode

from msgspec import UNSET, Struct

from runbell.dialects.ocapi import bodies, selecting, spelling, wire
from runbell.dialects.ocapi.bodies import constraint, unknown
from runbell.dialects.ocapi.clauses import REQUEST, STEPS, echoed, read_query
from runbell.dialects.ocapi.executions import Executions
from runbell.dialects.ocapi.gathering import DIALECT, tell
from runbell.dialects.ocapi.refusals import (
    FieldNotSortable,
    IllegalEnumeration,
    InvalidExpand,
    MalformedParameter,
    refusal,
)
from runbell.dialects.ocapi.search_fields import EXECUTION_FIELDS, SEARCHED
from runbell.dialects.ocapi.shapes import ExecutionDocument, ListDocument, SearchDocument, SearchPage, SortDocument
from runbell.dialects.ocapi.words import view_of
from runbell.dialects.ocapi.writing import NOTHING, answer, version_text
from runbell.domain.execution import Execution
from runbell.domain.search import All, Among, Condition, Field, Order
from runbell.http.answer import Answer
from runbell.http.request import Request
from runbell.operations import foreign
from runbell.operations.search_executions import search
from runbell.ports.search_table import Matches

MOST: Final = 200
USUAL: Final = 25
MOST_SORTS: Final = 10
FURTHEST: Final = 10**9
NEWEST_FIRST: Final = (Order(Field.BEGAN, descending=True),)
_MEMBERS: Final = frozenset({"query", "count", "start", "db_start_record_", "sorts", "select", "expand"})


class Asked(Struct, frozen=True):
    """A search, as it was read."""

    where: Condition
    order: tuple[Order, ...]
    start: int
    count: int
    select: str | None
    body: dict[str, Any]


class Searching:
    """The endpoints. Both see what the caller may read."""

    def __init__(self, executions: Executions) -> None:
        self._executions = executions
        self._view = view_of(executions.words)

    async def page(self, request: Request) -> Answer:
        """E4: the executions of a job, newest first."""
        record = await self._executions.job(request)
        request.need("executions:read", record.name)
        start, count = _parameter(request, "start", 0, 0, FURTHEST), _parameter(request, "count", USUAL, 1, MOST)
        where = Among(Field.JOB, (foreign.name_of(record, DIALECT),))
        found = await self._search(request, where, (Order(Field.NUMBER, descending=True),), start, count)
        told = await self._told(request, found.items, selecting.asked(request.query.get("select")), "data")
        onward = start + count if start + count < found.total else None
        back = max(0, start - count) if start > 0 else None
        document = ListDocument(
            v=version_text(request), count=len(told), data=told, start=start, total=found.total,
            next=_address(request, onward, count), previous=_address(request, back, count),
        )  # fmt: skip
        return answer(request, document)

    async def head(self, request: Request) -> Answer:
        """That a job is there."""
        record = await self._executions.job(request)
        request.need("executions:read", record.name)
        return Answer(NOTHING, [])

    async def search(self, request: Request) -> Answer:
        """E5: search."""
        request.need("executions:read")
        asked = read_search(await bodies.read(request))
        select = asked.select if asked.select is not None else request.query.get("select")
        selector = selecting.asked(select)
        found = await self._search(request, asked.where, asked.order, asked.start, asked.count)
        hits = await self._told(request, found.items, selector, "hits")
        start, count = asked.start, asked.count
        document = SearchDocument(
            v=version_text(request), count=len(hits), hits=hits, query=echoed(asked.body["query"]), start=start,
            select=asked.select if asked.select is not None else UNSET, total=found.total,
            sorts=_sorts(asked) if asked.body.get("sorts") is not None else UNSET,
            next=SearchPage(count=count, start=start + count) if start + count < found.total else UNSET,
            previous=SearchPage(count=count, start=max(0, start - count)) if start > 0 else UNSET,
        )  # fmt: skip
        return answer(request, document, select=select)

    async def _search(
        self, request: Request, where: Condition, order: tuple[Order, ...], start: int, count: int
    ) -> Matches:
        return await search(request.ports, request.actor, where, self._view, order, start=start, count=count)

    async def _told(
        self, request: Request, found: list[Execution], selector: selecting.Selector | None, of: str
    ) -> list[ExecutionDocument]:
        """The documents, with their steps only where the selector names them."""
        steps, year = selecting.wants(selector, of, STEPS), (spelling.version(request) or (0, 0))[0]
        words = self._executions.words
        return [wire.document(await tell(request.ports, one, words, steps=steps), year) for one in found]


def read_search(body: Any) -> Asked:
    """A `search_request`. Raises UnknownProperty, PropertyConstraint and what the clauses raise."""
    if not isinstance(body, dict):
        raise constraint(REQUEST, "query", "", "it must be there")
    for name in body:
        if name not in _MEMBERS and not name.startswith("_"):
            raise unknown(REQUEST, name[:200])
    if body.get("query") is None:
        raise constraint(REQUEST, "query", "", "it must be there")
    expand = body.get("expand")
    for one in expand if isinstance(expand, list) else [expand] if expand else []:
        raise refusal(InvalidExpand, "Nothing can be expanded here.", expandValue=str(one)[:200])
    select = body.get("select")
    if select is not None and not isinstance(select, str):
        raise constraint(REQUEST, "select", str(select)[:200], "it must be text")
    _whole(body, "db_start_record_", 0, 0, FURTHEST)
    return Asked(
        All((read_query(body["query"], "query", SEARCHED),)), _order(body.get("sorts")),
        _whole(body, "start", 0, 0, FURTHEST), _whole(body, "count", USUAL, 1, MOST), select, body,
    )  # fmt: skip


def _order(sorts: Any) -> tuple[Order, ...]:
    if sorts is None or sorts == []:
        return NEWEST_FIRST
    if not isinstance(sorts, list) or len(sorts) > MOST_SORTS:
        raise constraint(REQUEST, "sorts", "", f"send a list of at most {MOST_SORTS}")
    return tuple(_sort(at, one) for at, one in enumerate(sorts))


def _sort(at: int, one: Any) -> Order:
    path = f"sorts[{at}]"
    if not isinstance(one, dict) or not isinstance(one.get("field"), str):
        raise constraint(REQUEST, f"{path}.field", "", "name a field")
    for name in one:
        if name not in {"field", "sort_order"} and not name.startswith("_"):
            raise unknown(REQUEST, f"{path}.{name[:200]}")
    field = EXECUTION_FIELDS.get(one["field"])
    if field is None:
        said = f"Executions are not sorted by '{one['field'][:100]}', but by {', '.join(EXECUTION_FIELDS)}."
        raise refusal(FieldNotSortable, said, field=one["field"][:200])
    direction = "asc" if one.get("sort_order") is None else one["sort_order"]
    if not isinstance(direction, str) or direction not in {"asc", "desc"}:
        raise refusal(IllegalEnumeration, "sort_order is asc or desc.", value=str(direction)[:200], type="sort_order")
    return Order(field, descending=direction == "desc")


def _sorts(asked: Asked) -> list[SortDocument]:
    return [SortDocument(field=one["field"], sort_order=one.get("sort_order") or "asc") for one in asked.body["sorts"]]


def _whole(body: dict[str, Any], name: str, usual: int, least: int, most: int) -> int:
    value = body.get(name)
    if value is None:
        return usual
    if type(value) is not int or not least <= value <= most:
        raise constraint(REQUEST, name, str(value)[:200], f"it is a whole number from {least} to {most}")
    return value


def _parameter(request: Request, name: str, usual: int, least: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 15 and least <= int(text) <= most):
        said = f"'{name}' must be a whole number from {least} to {most}."
        raise refusal(MalformedParameter, said, parameter=name, value=text[:200])
    return int(text)


def _address(request: Request, start: int | None, count: int) -> Any:
    """The absolute address of another page of the list, as it was asked for."""
    if start is None:
        return UNSET
    asked = {**request.query, "start": str(start), "count": str(count)}
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return f"{request.base}{request.scope.get('root_path', '')}{quote(path)}?{urlencode(asked)}"
