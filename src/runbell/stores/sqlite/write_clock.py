"""What the clock asks for: executions that are due, or came too late; and the removal of an ended one."""

from itertools import takewhile
from typing import Final

from runbell.domain import lifecycle
from runbell.domain.faults import InUse, NotFinished, NotFound
from runbell.domain.status import TERMINAL, DiscardReason, Status
from runbell.ports.store import Delete
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.protocol import PruneEvents, Tick
from runbell.stores.sqlite.transaction import Transaction
from runbell.stores.sqlite.write_follow_ups import discard
from runbell.stores.sqlite.write_upkeep import bury, restart_of

_DUE: Final = """
    SELECT number FROM executions INDEXED BY executions_scheduled
    WHERE status = 'scheduled' AND start_after <= ? ORDER BY start_after LIMIT ?
"""
_EXPIRED: Final = """
    SELECT number FROM executions INDEXED BY executions_expiring
    WHERE status = 'queued' AND started_at IS NULL AND start_by IS NOT NULL AND start_by <= ?
    ORDER BY start_by LIMIT ?
"""
# The oldest events stand first: the walk ends at the first that is young enough, and never goes past the limit.
_OLDEST: Final = "SELECT seq, time FROM events WHERE seq > 0 ORDER BY seq LIMIT ?"
_PRUNE: Final = "DELETE FROM events WHERE seq <= ?"


def tick(tx: Transaction, asked: Tick) -> int:
    """Release what may start now and discard what came too late, at most `limit` of them; how many there were."""
    due = _numbers(tx, _DUE, asked.at, asked.limit)
    for number in due:
        row = tx.found(number)
        tx.move(row, lifecycle.release(rows.execution(row, params=False), asked.at))
    expired = _numbers(tx, _EXPIRED, asked.at, asked.limit - len(due))
    for number in expired:
        row = tx.found(number)
        if rows.status(row[rows.STATUS]) is Status.QUEUED:  # else it went with the predecessor that it waited for
            discard(tx, row, asked.at, DiscardReason.EXPIRED)
    return len(due) + len(expired)


def _numbers(tx: Transaction, sql: str, at: int, limit: int) -> list[int]:
    return [number for (number,) in rows.fetch(tx.db, sql, (at, limit))]


def prune_events(tx: Transaction, asked: PruneEvents) -> int:
    """Remove the oldest events; how many there were. Their numbers are never given again."""
    oldest = rows.fetch(tx.db, _OLDEST, (asked.limit,))
    old = [seq for seq, _ in takewhile(lambda event: event[1] < asked.before, oldest)]
    if old:
        tx.db.execute(_PRUNE, (old[-1],))
    return len(old)


def delete(tx: Transaction, asked: Delete) -> None:
    """Remove an ended execution with its steps and its key; a tombstone answers for it for thirty days."""
    row = tx.find(asked.number)
    if row is None:
        raise NotFound(f"There is no execution {asked.number} to delete; list the executions to see those there are.")
    execution = rows.execution(row)
    if execution.status not in TERMINAL:
        raise NotFinished(
            f"It is {execution.status}; stop it first, and delete it when it has ended.", execution=execution.id
        )
    if (waiting := restart_of(tx, execution.id)) is not None:
        said = "A restart that has not begun goes on from it; stop that one, or delete this when it has begun."
        raise InUse(said, execution=waiting)
    bury(tx, execution, asked.at)
    tx.audited(asked.audit)
