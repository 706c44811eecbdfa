"""What becomes of the executions that wait for another one, in the transaction that ends it."""

from typing import Final

import msgspec

from runbell.domain import lifecycle
from runbell.domain.execution import Execution
from runbell.domain.fault import Fault
from runbell.domain.job import WhenFull
from runbell.domain.status import DiscardReason
from runbell.ports.store import FollowUpPlan, Start
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.rows import Row
from runbell.stores.sqlite.transaction import Transaction
from runbell.stores.sqlite.write_marks import mark
from runbell.stores.sqlite.write_start import ask_to_leave, insert, make_room, note_files, start

NO_PLAN: Final = FollowUpPlan()

_WAITING: Final = f"""
    SELECT {rows.EXECUTION} FROM executions INDEXED BY executions_by_predecessor
    WHERE predecessor = ? AND predecessor_on IS NOT NULL AND status = 'queued' ORDER BY number
"""
_JOB: Final = "SELECT enabled AND retired_at IS NULL, running_limit, when_full, grace_ms FROM jobs WHERE number = ?"
_RELEASE: Final = """
    UPDATE executions SET params = ?, start_by = ?, predecessor_on = NULL, revision = ?
    WHERE number = ? AND epoch = ? AND status = ?
"""


def settle(tx: Transaction, predecessor: str, at: int, plan: FollowUpPlan = NO_PLAN) -> None:
    """Release what the plan releases, discard all others that waited, and theirs too; then start what is new."""
    for row in rows.fetch(tx.db, _WAITING, (predecessor,)):
        if row[rows.ID] in plan.released:
            _release(tx, row, plan, at)
        else:
            discard(tx, row, at, DiscardReason.PREDECESSOR)
    for new in plan.created:
        _create(tx, new, at)


def discard(tx: Transaction, row: Row, at: int, reason: DiscardReason, said: str | None = None) -> None:
    """It will never run, and what waits for it neither."""
    tx.move(row, lifecycle.discard(rows.execution(row, params=False), at, reason, said))
    settle(tx, row[rows.ID], at)


def _release(tx: Transaction, row: Row, plan: FollowUpPlan, at: int) -> None:
    open_for_starts, limit, when_full, grace_ms = next(tx.db.execute(_JOB, (row[rows.JOB_NUMBER],)))
    try:
        leaving = make_room(tx, row[rows.JOB_NUMBER], limit, WhenFull(when_full))
    except Fault:
        open_for_starts = False
    if not open_for_starts:
        discard(tx, row, at, DiscardReason.BUSY)
        return
    waiting = rows.execution(row, params=False)
    released = msgspec.structs.replace(
        waiting,
        params=plan.released[waiting.id],
        start_by=plan.start_by.get(waiting.id, waiting.start_by),
        predecessor_on=None,
        revision=waiting.revision + 1,
    )
    tx.guarded(
        _RELEASE,
        (
            rows.json_text(released.params), released.start_by, released.revision,
            waiting.number, waiting.epoch, waiting.status,
        ),
    )  # fmt: skip
    tx.waiting[released.project] += 1
    mark(tx, released, released.number, row[rows.JOB_NUMBER], plan.marks.get(waiting.id, ()))
    note_files(tx, waiting.number, released)
    tx.notice(released)
    for old in leaving:
        ask_to_leave(tx, old, released, grace_ms, at)


def _create(tx: Transaction, new: Start, at: int) -> None:
    try:
        start(tx, new)
    except Fault:
        _refused(tx, new, at)


def _refused(tx: Transaction, new: Start, at: int) -> None:
    """The job refuses the follow-up: its record says so, and nothing waits for it."""
    execution: Execution = msgspec.structs.replace(new.execution, key=None)
    row = tx.found(insert(tx, execution, new.job_number))
    discard(tx, row, at, DiscardReason.BUSY)
