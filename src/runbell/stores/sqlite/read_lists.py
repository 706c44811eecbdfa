"""Lists of executions by keyset: every page walks one index (one branch of it per status asked for), in its order.

Filters that no index has together are looked at row by row, over at most SCANNED index entries per page: such a page
may be short, or empty, and still name where to go on.
"""

from typing import Any, Final

import apsw

from runbell.ports.store import Counted, ExecutionQuery, Page
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.list_walks import Walk, choose

SCANNED: Final = 5_000
COUNTED: Final = 20_000
SAMPLED: Final = 2_000

Spot = tuple[int, int]
_FIRST: Final[Spot] = (-(1 << 62), 0)
_LAST: Final[Spot] = (1 << 62, 0)


def executions(db: apsw.Connection, query: ExecutionQuery) -> Page:
    """A page of executions, and where to go on."""
    walk = choose(db, query)
    if walk is None:
        return Page([], None)
    start, end = _bounds(query)
    horizon = _horizon(db, walk, query, start, SCANNED) if walk.rest else None
    sql, values = page(walk, query, start, horizon)
    found = [rows.execution(row) for row in db.execute(sql, values)]
    items = [item for item in found if _comes_before((item.created_at, item.number), end, query)]
    if len(items) > query.limit:
        items = items[: query.limit]
        return Page(items, (items[-1].created_at, items[-1].number))
    if len(items) < len(found) or horizon is None or not _comes_before(horizon, end, query):
        return Page(items, None)
    return Page(items, horizon)


def count(db: apsw.Connection, query: ExecutionQuery, *, estimate: bool) -> Counted:
    """How many a list has: exact up to a bound (COUNTED index entries, SCANNED rows), beyond it `at_least`.

    An estimate counts SAMPLED of them, the newest, and takes what is older to have come at the same pace.
    """
    walk = choose(db, query)
    if walk is None:
        return Counted(0, "exact")
    start, end = _bounds(query)
    most = SAMPLED if estimate else SCANNED if walk.rest else COUNTED
    horizon = _horizon(db, walk, query, start, most)
    known, far = _counted(db, walk, query, start, end, horizon), None
    if horizon is not None and _comes_before(horizon, end, query):
        far = _far_end(db, walk, query, horizon, end)
    if horizon is None or far is None:
        return Counted(known, "exact")
    if not estimate:
        return Counted(known, "at_least")
    near = _near_end(db, walk, query, start)
    seen, all_ = abs(near - horizon[0]) or 1, abs(near - far[0])
    return Counted(max(known, round(known * all_ / seen)), "estimate")


def spots(walk: Walk, query: ExecutionQuery, start: Spot, horizon: Spot | None) -> tuple[str, list[Any]]:
    """Where the rows of a list are, unordered: from after `start`, not beyond the horizon."""
    past, until = (">", "<=") if query.oldest_first else ("<", ">=")
    found: list[str] = []
    values: list[Any] = []
    for branch in walk.branches():
        number = f"{branch.alias}number"
        where = f"({branch.alias}created_at, {number}) {past} (?, ?)"
        values += [*branch.values, *start]
        if horizon is not None:
            where += f" AND ({branch.alias}created_at, {number}) {until} (?, ?)"
            values += horizon
        for condition, filtered in walk.rest:
            where += f" AND {condition}"
            values += filtered
        found.append(f"SELECT {branch.alias}created_at, {number} FROM {branch.source} WHERE {branch.entry} AND {where}")
    return " UNION ALL ".join(found), values


def every(db: apsw.Connection, query: ExecutionQuery) -> tuple[str, list[Any]] | None:
    """The statement for the numbers of the whole list, in no order; None when nothing can fit."""
    walk = choose(db, query)
    if walk is None:
        return None
    start, end = _bounds(query)
    inner, values = spots(walk, query, start, _inside(end, query))
    return f"SELECT number FROM ({inner})", values


def page(walk: Walk, query: ExecutionQuery, start: Spot, horizon: Spot | None) -> tuple[str, list[Any]]:
    """The statement for one row more than a page, from after `start`, not beyond the horizon."""
    order = "ASC" if query.oldest_first else "DESC"
    inner, values = spots(walk, query, start, horizon)
    columns = ", ".join(f"found.{column}" for column in rows.FIXED + rows.MUTABLE)
    sql = f"""
        SELECT {columns}
        FROM ({inner} ORDER BY 1 {order}, 2 {order} LIMIT ?) AS spot
        CROSS JOIN executions AS found ON found.number = spot.number
        ORDER BY spot.created_at {order}, spot.number {order}
    """
    return sql, [*values, query.limit + 1]


def _horizon(db: apsw.Connection, walk: Walk, query: ExecutionQuery, start: Spot, most: int) -> Spot | None:
    """The spot that `most` index entries reach; None when there are not so many."""
    past, order, nearest = (">", "ASC", min) if query.oldest_first else ("<", "DESC", max)
    branches = walk.branches()
    found: list[Spot] = []
    for branch in branches:
        spot = f"{branch.alias}created_at, {branch.alias}number"
        sql = f"""
            SELECT {spot} FROM {branch.entrance}
            WHERE {branch.entry} AND ({spot}) {past} (?, ?)
            ORDER BY 1 {order}, 2 {order} LIMIT 1 OFFSET {max(most // len(branches), 1) - 1}
        """
        found += [(at, number) for at, number in rows.fetch(db, sql, (*branch.values, *start))]
    return nearest(found) if found else None


def _counted(
    db: apsw.Connection, walk: Walk, query: ExecutionQuery, start: Spot, end: Spot, horizon: Spot | None
) -> int:
    """How many there are up to the end, or the horizon if that is nearer."""
    last = _inside(end, query)
    if horizon is not None and _comes_before(horizon, end, query):
        last = horizon
    inner, values = spots(walk, query, start, last)
    number: int = db.execute(f"SELECT count(*) FROM ({inner})", values).get
    return number


def _far_end(db: apsw.Connection, walk: Walk, query: ExecutionQuery, horizon: Spot, end: Spot) -> Spot | None:
    """The last spot of the list beyond the horizon, whatever the filters left over say; None: there is none."""
    past, before, order, furthest = ("<", ">", "DESC", max) if query.oldest_first else (">", "<", "ASC", min)
    found: list[Spot] = []
    for branch in walk.branches():
        spot = f"{branch.alias}created_at, {branch.alias}number"
        sql = f"""
            SELECT {spot} FROM {branch.entrance}
            WHERE {branch.entry} AND ({spot}) {past} (?, ?) AND ({spot}) {before} (?, ?)
            ORDER BY 1 {order}, 2 {order} LIMIT 1
        """
        found += [(at, number) for at, number in rows.fetch(db, sql, (*branch.values, *end, *horizon))]
    return furthest(found) if found else None


def _near_end(db: apsw.Connection, walk: Walk, query: ExecutionQuery, start: Spot) -> int:
    """When the first one of the list was accepted."""
    spot = _horizon(db, walk, query, start, 1)
    return start[0] if spot is None else spot[0]


def _bounds(query: ExecutionQuery) -> tuple[Spot, Spot]:
    """The page begins after the first spot; the list ends before the second."""
    oldest = _FIRST if query.created_from is None else (query.created_from, 0)
    newest = _LAST if query.created_before is None else (query.created_before, 0)
    if query.oldest_first:
        return (oldest if query.after is None else max(oldest, query.after)), newest
    return (newest if query.after is None else min(newest, query.after)), (oldest[0], -1)


def _inside(end: Spot, query: ExecutionQuery) -> Spot:
    """The last spot before the end of a list."""
    return end[0], end[1] + (-1 if query.oldest_first else 1)


def _comes_before(spot: Spot, end: Spot, query: ExecutionQuery) -> bool:
    return spot < end if query.oldest_first else spot > end
