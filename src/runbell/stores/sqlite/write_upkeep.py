"""Labels on executions, and what retention takes: in small batches, and never from what lives or is pinned."""

from itertools import takewhile
from typing import Final

import msgspec

from runbell.domain.execution import Execution
from runbell.domain.faults import NotFound, RevisionMismatch
from runbell.ports.upkeep_table import Expire, Forget, Forgot, Label, Strip
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.rows import Row
from runbell.stores.sqlite.transaction import Transaction
from runbell.stores.sqlite.write_deliveries import bury as bury_deliveries
from runbell.stores.sqlite.write_marks import mark_anew, unmark

_BURY: Final = "INSERT INTO tombstones (number, id, project, job, key, deleted_at) VALUES (?, ?, ?, ?, ?, ?)"
_LABEL: Final = "UPDATE executions SET tags = ?, pinned = ?, revision = ? WHERE number = ? AND epoch = ? AND status = ?"
_STRIP: Final = "UPDATE executions SET removed = ?, revision = ? WHERE number = ? AND epoch = ? AND status = ?"
_TOMBSTONES: Final = """
    DELETE FROM tombstones WHERE number IN (
        SELECT number FROM tombstones WHERE deleted_at < ? ORDER BY deleted_at LIMIT ?)
"""
_KEYS: Final = """
    SELECT place, created_at, EXISTS (SELECT 1 FROM executions WHERE executions.number = idempotency.number)
    FROM idempotency WHERE place > ? ORDER BY place LIMIT ?
"""
_KEY: Final = "DELETE FROM idempotency WHERE place = ?"
_BULKS: Final = "SELECT number FROM bulks WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT 1"
_BULK_ITEMS: Final = """
    DELETE FROM bulk_items WHERE bulk = ?1 AND number IN (
        SELECT number FROM bulk_items WHERE bulk = ?1 ORDER BY number LIMIT ?2)
"""
_RESTARTING: Final = """
    SELECT id FROM executions INDEXED BY executions_restarting
    WHERE restart_of = ? AND started_at IS NULL AND ended_at IS NULL LIMIT 1
"""


def label(tx: Transaction, asked: Label) -> Row:
    """Change tags and pin; what is so already stays as it is, revision and all. The row as it is then."""
    row = tx.find(asked.number)
    if row is None:
        raise NotFound(f"There is no execution {asked.number} any more; list the executions to see those there are.")
    execution = rows.execution(row, params=False)
    if asked.if_revision is not None and asked.if_revision != execution.revision:
        raise RevisionMismatch(
            f"It is at revision {execution.revision}, not {asked.if_revision}; read it again, then change it."
        )
    after = msgspec.structs.replace(
        execution,
        tags=execution.tags if asked.tags is None else tuple(dict.fromkeys(asked.tags)),
        pinned=execution.pinned if asked.pinned is None else asked.pinned,
    )
    if after == execution:
        return row
    after = msgspec.structs.replace(after, revision=execution.revision + 1)
    tags = rows.json_text(after.tags) if after.tags else None
    tx.guarded(_LABEL, (tags, int(after.pinned), after.revision, after.number, after.epoch, after.status))
    if after.tags != execution.tags:
        mark_anew(tx, execution, after, row[rows.JOB_NUMBER])
    tx.audited(asked.audit)
    tx.notice(after)
    return tx.found(asked.number)


def restart_of(tx: Transaction, execution: str) -> str | None:
    """The id of a restart that has not begun and goes on from that execution."""
    found: str | None = tx.db.execute(_RESTARTING, (execution,)).get
    return found


def bury(tx: Transaction, execution: Execution, at: int) -> None:
    """Remove an ended execution, read with its parameters, and all that stands beside it; a tombstone answers for it
    from now on."""
    number, project, key = execution.number, execution.project, execution.key
    tx.db.execute(_BURY, (number, execution.id, project, execution.job, key, at))
    if key is not None:
        tx.db.execute("DELETE FROM keys WHERE project = ? AND key = ? AND number = ?", (project, key, number))
    unmark(tx, execution)
    tx.db.execute("DELETE FROM steps WHERE number = ?", (number,))
    tx.db.execute("DELETE FROM inclusions WHERE number = ?", (number,))
    tx.db.execute("DELETE FROM file_uses WHERE number = ?", (number,))
    bury_deliveries(tx, number, execution.id)
    tx.db.execute("DELETE FROM executions WHERE number = ?", (number,))


def expire(tx: Transaction, asked: Expire) -> list[str]:
    """Remove those that may go; the ids of the removed ones."""
    gone = []
    for number in asked.numbers:
        execution = _free(tx, number)
        if execution is not None:
            bury(tx, execution, asked.at)
            gone.append(execution.id)
    if gone:
        tx.audited(asked.audit)
    return gone


def strip(tx: Transaction, asked: Strip) -> list[str]:
    """Note that files of these are going, before they go; the ids of those that may lose them."""
    stripped = []
    for number in asked.numbers:
        execution = _free(tx, number)
        if execution is not None and execution.removed | asked.removed != execution.removed:
            after = msgspec.structs.replace(
                execution, removed=execution.removed | asked.removed, revision=execution.revision + 1
            )
            tx.guarded(_STRIP, (after.removed, after.revision, number, after.epoch, after.status))
            tx.notice(after)
            stripped.append(execution.id)
    return stripped


def forget(tx: Transaction, asked: Forget) -> Forgot:
    """Drop what only answered for deleted executions, and ended bulks. A key stays while its execution is there."""
    before = tx.db.total_changes()
    tx.db.execute(_TOMBSTONES, (asked.tombstones, asked.limit))
    onward = None if asked.keys_after is None else _forget_keys(tx, asked.keys_after, asked.keys, asked.limit)
    bulk = tx.db.execute(_BULKS, (asked.bulks,)).get
    if bulk is not None:
        tx.db.execute(_BULK_ITEMS, (bulk, asked.limit))
        if tx.db.changes() < asked.limit:
            tx.db.execute("DELETE FROM bulks WHERE number = ?", (bulk,))
    return Forgot(tx.db.total_changes() - before, onward)


def _forget_keys(tx: Transaction, after: int, before: int, limit: int) -> int | None:
    """Drop old keys whose execution is gone; the place to go on from, None when the rest is younger."""
    kept = rows.fetch(tx.db, _KEYS, (after, limit))
    old = list(takewhile(lambda row: row[1] < before, kept))
    tx.db.executemany(_KEY, [(place,) for place, _, stays in old if not stays])
    return old[-1][0] if len(old) == limit else None


def _free(tx: Transaction, number: int) -> Execution | None:
    """The execution if retention may touch it."""
    row = tx.find(number)
    execution = None if row is None else rows.execution(row)
    if execution is None or execution.pinned or not execution.status.terminal or restart_of(tx, execution.id):
        return None
    return execution
