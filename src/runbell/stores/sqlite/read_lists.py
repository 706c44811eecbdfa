"""Lists of executions by keyset: every page walks one index (one branch of it per status asked for), in its order.

Filters that no index has together are looked at row by row, over at most SCANNED index entries per page: such a page
may be short, or empty, and still name where to go on.
"""

from typing import Any, Final

import apsw
from msgspec import Struct

from runbell.ports.store import ExecutionQuery, Page
from runbell.stores.sqlite import rows

SCANNED: Final = 5_000

Spot = tuple[int, int]
_FIRST: Final[Spot] = (-(1 << 62), 0)
_LAST: Final[Spot] = (1 << 62, 0)


class Walk(Struct, frozen=True):
    """An index, how it is entered (`entry`, with one of `values` and one of `statuses`), and the filters left over."""

    index: str
    entry: str
    values: tuple[tuple[Any, ...], ...]
    statuses: tuple[str, ...] = ()
    rest: dict[str, str] = {}

    def branches(self) -> list[tuple[str, tuple[Any, ...]]]:
        """The conditions that enter the index, one per value (what `entry` asks for) and status."""
        if not self.statuses:
            return [(self.entry, value) for value in self.values]
        return [(f"{self.entry} AND status = ?", (*value, status)) for value in self.values for status in self.statuses]


def executions(db: apsw.Connection, query: ExecutionQuery) -> Page:
    """A page of executions, and where to go on."""
    walk = choose(db, query)
    if walk is None:
        return Page([], None)
    start, end = _bounds(query)
    horizon = _horizon(db, walk, query, start) if walk.rest else None
    sql, values = page(walk, query, start, horizon)
    found = [rows.execution(row) for row in db.execute(sql, values)]
    items = [item for item in found if _comes_before((item.created_at, item.number), end, query)]
    if len(items) > query.limit:
        items = items[: query.limit]
        return Page(items, (items[-1].created_at, items[-1].number))
    if len(items) < len(found) or horizon is None or not _comes_before(horizon, end, query):
        return Page(items, None)
    return Page(items, horizon)


def choose(db: apsw.Connection, query: ExecutionQuery) -> Walk | None:
    """The index to walk; None when the job of that name does not exist."""
    statuses = tuple(dict.fromkeys(str(status) for status in query.statuses))
    rest = {"trigger_kind": query.trigger, "actor": query.actor}
    rest_ = {column: value for column, value in rest.items() if value is not None}
    if query.job is not None or query.jobs is not None:
        numbers = _job_numbers(db, query)
        index = "executions_by_job_status" if statuses else "executions_by_job"
        return Walk(index, "job_number = ?", numbers, statuses, rest_) if numbers else None
    here = query.project
    if statuses:
        return Walk("executions_by_status", "project = ?", ((here,),), statuses, rest_)
    if query.actor is not None:
        del rest_["actor"]
        return Walk("executions_by_actor", "project = ? AND actor = ?", ((here, query.actor),), (), rest_)
    if query.trigger is not None and query.trigger != "api":  # most starts come by the API: the index leaves them out
        entry = "project = ? AND trigger_kind = ? AND trigger_kind <> 'api'"
        return Walk("executions_by_trigger", entry, ((here, query.trigger),))
    return Walk("executions_by_project", "project = ?", ((here,),), (), rest_)


def _job_numbers(db: apsw.Connection, query: ExecutionQuery) -> tuple[tuple[int], ...]:
    """The numbers of the jobs that are asked for, as far as the caller may see them."""
    wanted = query.jobs if query.job is None else (query.job,)
    names = [name for name in wanted or () if query.jobs is None or name in query.jobs]
    found = (db.execute("SELECT number FROM jobs WHERE project = ? AND name = ?", (query.project, name)).get
             for name in names)  # fmt: skip
    return tuple((number,) for number in found if number is not None)


def page(walk: Walk, query: ExecutionQuery, start: Spot, horizon: Spot | None) -> tuple[str, list[Any]]:
    """The statement for one row more than a page, from after `start`, not beyond the horizon."""
    past, order, until = (">", "ASC", "<=") if query.oldest_first else ("<", "DESC", ">=")
    where = f"(created_at, number) {past} (?, ?)"
    filters: list[Any] = [*start]
    if horizon is not None:
        where += f" AND (created_at, number) {until} (?, ?)"
        filters += horizon
    for column, value in walk.rest.items():
        where += f" AND {column} = ?"
        filters.append(value)
    spots, values = [], []
    for entry, entered in walk.branches():
        spots.append(f"SELECT created_at, number FROM executions INDEXED BY {walk.index} WHERE {entry} AND {where}")
        values += [*entered, *filters]
    columns = ", ".join(f"found.{column}" for column in rows.FIXED + rows.MUTABLE)
    sql = f"""
        SELECT {columns}
        FROM ({" UNION ALL ".join(spots)} ORDER BY created_at {order}, number {order} LIMIT ?) AS spot
        CROSS JOIN executions AS found ON found.number = spot.number
        ORDER BY spot.created_at {order}, spot.number {order}
    """
    return sql, [*values, query.limit + 1]


def _horizon(db: apsw.Connection, walk: Walk, query: ExecutionQuery, start: Spot) -> Spot | None:
    """The spot that SCANNED index entries reach; None when there are not so many."""
    past, order, nearest = (">", "ASC", min) if query.oldest_first else ("<", "DESC", max)
    branches = walk.branches()
    found: list[Spot] = []
    for entry, entered in branches:
        sql = f"""
            SELECT created_at, number FROM executions INDEXED BY {walk.index}
            WHERE {entry} AND (created_at, number) {past} (?, ?)
            ORDER BY created_at {order}, number {order} LIMIT 1 OFFSET {SCANNED // len(branches) - 1}
        """
        found += [(at, number) for at, number in rows.fetch(db, sql, (*entered, *start))]
    return nearest(found) if found else None


def _bounds(query: ExecutionQuery) -> tuple[Spot, Spot]:
    """The page begins after the first spot; the list ends before the second."""
    oldest = _FIRST if query.created_from is None else (query.created_from, 0)
    newest = _LAST if query.created_before is None else (query.created_before, 0)
    if query.oldest_first:
        return (oldest if query.after is None else max(oldest, query.after)), newest
    return (newest if query.after is None else min(newest, query.after)), (oldest[0], -1)


def _comes_before(spot: Spot, end: Spot, query: ExecutionQuery) -> bool:
    return spot < end if query.oldest_first else spot > end
