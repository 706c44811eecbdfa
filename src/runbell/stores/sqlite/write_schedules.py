"""Writing schedules: as they are defined, paused and moved on, and what they start, all in one transaction each."""

from typing import Any, Final

from runbell.domain.fault import Fault, Problem
from runbell.domain.faults import InvalidDefinition, NotFound, RevisionMismatch
from runbell.domain.status import DiscardReason
from runbell.ports.fire import Fire, Firing
from runbell.ports.job_table import PutJob
from runbell.ports.schedule_table import PauseSchedule, Realign, Standing, Timed
from runbell.stores.sqlite import read_jobs, read_schedules, rows
from runbell.stores.sqlite.transaction import Transaction
from runbell.stores.sqlite.write_follow_ups import discard
from runbell.stores.sqlite.write_start import insert, start

_STANDING: Final = 'SELECT timing, "on", paused, next_at FROM schedules WHERE job_number = ?'
_COUNT: Final = "SELECT count(*) FROM schedules JOIN jobs ON number = job_number WHERE project = ?"
_DROP: Final = "DELETE FROM schedules WHERE job_number = ?"
_NEW: Final = 'INSERT INTO schedules (job_number, timing, "on", anchor, next_at) VALUES (?, ?, ?, ?, ?)'
_ANEW: Final = """
    UPDATE schedules SET timing = ?, "on" = ?, anchor = ?, next_at = CASE WHEN paused THEN NULL ELSE ? END,
                         last_at = NULL
    WHERE job_number = ?
"""
_SWITCH: Final = """
    UPDATE schedules SET "on" = ?, anchor = ?, next_at = CASE WHEN paused THEN NULL ELSE ? END WHERE job_number = ?
"""
_DUE: Final = """
    SELECT next_at, revision FROM schedules JOIN jobs ON number = job_number
    WHERE job_number = ? AND retired_at IS NULL
"""
_FIRED: Final = "SELECT EXISTS (SELECT 1 FROM executions WHERE job_number = ? AND schedule = ?)"
_MOVE_ON: Final = "UPDATE schedules SET next_at = ?, last_at = coalesce(?, last_at) WHERE job_number = ?"
_PAUSE: Final = 'UPDATE schedules SET paused = ?, next_at = CASE WHEN "on" THEN ? END WHERE job_number = ?'
_REALIGN: Final = """
    UPDATE schedules SET next_at = ? WHERE job_number = ? AND next_at IS ? AND "on" AND NOT paused
"""


def check_room(tx: Transaction, put: PutJob, number: int) -> None:
    """Refuse a definition that brings a schedule to a project that has as many as it may. Raises InvalidDefinition."""
    if put.schedule is None or tx.db.execute(_STANDING, (number,)).fetchone() is not None:
        return
    if tx.db.execute(_COUNT, (put.project,)).get >= put.schedules:
        said = f"This project has {put.schedules:,} schedules, as many as it may; end one that nobody needs."
        raise InvalidDefinition(
            f"Job {put.name} cannot have a schedule.", problems=(Problem("/schedule", "too_many", said),)
        )


def keep_schedule(tx: Transaction, number: int, timed: Timed | None) -> None:
    """Keep the schedule of a definition. While its timing is the same and it stays on, nothing due is forgotten."""
    if timed is None:
        tx.db.execute(_DROP, (number,))
        return
    row = tx.db.execute(_STANDING, (number,)).fetchone()
    first = timed.first if timed.on else None
    if row is None:
        tx.db.execute(_NEW, (number, timed.timing, timed.on, timed.anchor, first))
        return
    timing, was_on, _, _ = row
    if timing != timed.timing:
        tx.db.execute(_ANEW, (timed.timing, timed.on, timed.anchor, first, number))
    elif bool(was_on) != timed.on:
        tx.db.execute(_SWITCH, (timed.on, timed.anchor, first, number))


def fire(tx: Transaction, asked: Fire) -> bool:
    """Make the starts and move the schedule on; False when job or schedule stand otherwise than they were read."""
    row: tuple[Any, ...] | None = tx.db.execute(_DUE, (asked.job_number,)).fetchone()
    if row is None or row != (asked.due, asked.job_revision):
        return False
    number = 0
    for firing in asked.firings:
        if not tx.db.execute(_FIRED, (asked.job_number, firing.start.execution.trigger.schedule)).get:
            number = _fired(tx, firing, asked.at)
    if asked.missed is not None and number:
        told = rows.execution(tx.found(number), params=False)
        tx.event(told, "schedule.missed", asked.at, {"status": told.status, **asked.missed})
    tx.db.execute(_MOVE_ON, (asked.next_at, asked.last_at, asked.job_number))
    return True


def pause_schedule(tx: Transaction, asked: PauseSchedule) -> Standing:
    """Hold a schedule, or let it go on. What is so already stays as it is. Raises NotFound, RevisionMismatch."""
    record = read_jobs.job(tx.db, asked.project, asked.job)
    found = None if record is None else read_schedules.schedule(tx.db, record.number)
    if record is None or found is None or record.retired_at is not None:
        raise NotFound(f"Job {asked.job} has no schedule; set one first.")
    if found.paused == asked.paused:
        return found
    if found.timing != asked.timing:
        raise RevisionMismatch(f"The schedule of {asked.job} was changed meanwhile; look at it, then send this again.")
    tx.db.execute(_PAUSE, (asked.paused, None if asked.paused else asked.next_at, record.number))
    tx.audited(asked.audit)
    now = read_schedules.schedule(tx.db, record.number)
    if now is None:
        raise RuntimeError(f"The schedule of {asked.job} vanished inside a transaction; report this as a defect.")
    return now


def realign(tx: Transaction, asked: Realign) -> None:
    """It fires at another time than was thought."""
    tx.db.execute(_REALIGN, (asked.next_at, asked.job_number, asked.was))


def _fired(tx: Transaction, firing: Firing, at: int) -> int:
    """The number of the execution that stands for this fire time, whatever became of it."""
    if firing.skipped is not None:
        return _noted(tx, firing, at, DiscardReason.MISSED_FIRE, firing.skipped)
    if firing.refused is not None:
        return _noted(tx, firing, at, DiscardReason.BUSY, firing.refused)
    try:
        made = start(tx, firing.start)
    except Fault as fault:
        return _noted(tx, firing, at, DiscardReason.BUSY, fault.detail)
    return made if isinstance(made, int) else int(made[rows.NUMBER])


def _noted(tx: Transaction, firing: Firing, at: int, reason: DiscardReason, why: str) -> int:
    number = insert(tx, firing.start.execution, firing.start.job_number)
    discard(tx, tx.found(number), at, reason, why)
    return number
