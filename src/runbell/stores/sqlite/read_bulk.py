"""Reading bulks and their items, and which executions a filter names at one moment."""

from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from runbell.domain.faults import IdempotencyKeyReused
from runbell.ports.bulk_table import Bulk, BulkItem, BulkKey, BulkOrder
from runbell.ports.store import ExecutionQuery
from runbell.stores.sqlite import read_lists, rows
from runbell.stores.sqlite.connection import open_for_reading

_BULK: Final = "number, id, project, actor, status, created_at, ended_at, total, done, refused, body"
_BY_NUMBER: Final = f"SELECT {_BULK} FROM bulks WHERE number = ?"
_BY_ID: Final = f"SELECT {_BULK} FROM bulks WHERE id = ?"
_AT_WORK: Final = f"SELECT {_BULK} FROM bulks INDEXED BY bulks_open WHERE ended_at IS NULL ORDER BY number"
_ITEM: Final = "number, execution, outcome, code, detail, made"
_ITEMS: Final = f"SELECT {_ITEM} FROM bulk_items WHERE bulk = ? AND number > ? ORDER BY number LIMIT ?"
_OPEN: Final = f"""
    SELECT {_ITEM} FROM bulk_items INDEXED BY bulk_items_open
    WHERE bulk = ? AND outcome IS NULL AND number > ? ORDER BY number LIMIT ?
"""
_KEY: Final = "SELECT fingerprint, members, execution FROM idempotency WHERE client = ? AND path = ? AND key = ?"
_order: Final = msgspec.json.Decoder(BulkOrder).decode


def matching(database: Path, query: ExecutionQuery, most: int) -> list[tuple[int, str]]:
    """Number and id of what a list names, at most `most`, all as of one moment. For a thread of its own."""
    db = open_for_reading(database)
    try:
        statement = read_lists.every(db, query)
        if statement is None:
            return []
        sql, values = statement
        sql = f"SELECT number, id FROM executions WHERE number IN ({sql}) LIMIT ?"
        return [(number, id_) for number, id_ in rows.fetch(db, sql, (*values, most))]
    finally:
        db.close()


def by_number(db: apsw.Connection, number: int) -> Bulk | None:
    """A bulk, whatever its state."""
    return _bulk(db.execute(_BY_NUMBER, (number,)).fetchone())


def by_id(db: apsw.Connection, id_: str) -> Bulk | None:
    """The bulk of that id, whatever its state."""
    return _bulk(db.execute(_BY_ID, (id_,)).fetchone())


def of_key(db: apsw.Connection, key: BulkKey) -> Bulk | None:
    """The bulk that an earlier request with the same key and body made. Raises IdempotencyKeyReused."""
    row = db.execute(_KEY, (key.client, key.path, key.key)).fetchone()
    if row is None:
        return None
    fingerprint, members, id_ = row
    if fingerprint != key.fingerprint:
        refusal = IdempotencyKeyReused.of("", rows.json_digests(members), key.members)
        raise IdempotencyKeyReused(refusal.detail, problems=refusal.problems)
    return by_id(db, id_)


def at_work(db: apsw.Connection) -> list[Bulk]:
    """Those that have not ended, the oldest first."""
    return [bulk for row in rows.fetch(db, _AT_WORK) if (bulk := _bulk(row)) is not None]


def items(db: apsw.Connection, bulk: int, after: int, limit: int, *, open_only: bool) -> list[BulkItem]:
    """Items by execution number, beyond `after`; only those still to do, if so asked."""
    found = rows.fetch(db, _OPEN if open_only else _ITEMS, (bulk, after, limit))
    return [
        BulkItem(number=number, execution=execution, outcome=outcome, code=code, detail=detail, made=made)
        for number, execution, outcome, code, detail, made in found
    ]


def _bulk(row: Any) -> Bulk | None:
    if row is None:
        return None
    number, id_, project, actor, status, created_at, ended_at, total, done, refused, body = row
    return Bulk(
        number=number, id=id_, project=project, actor=actor, status=status, created_at=created_at, ended_at=ended_at,
        total=total, done=done, refused=refused, order=_order(body),
    )  # fmt: skip
