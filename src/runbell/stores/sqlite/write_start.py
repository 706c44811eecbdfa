"""Accepting an execution: what an earlier request left, the job, the key, the limit; then one row and all around it."""

from typing import Final

import msgspec

from runbell.domain import faults, lifecycle
from runbell.domain.execution import Execution
from runbell.domain.files import files_in
from runbell.domain.job import WhenFull
from runbell.domain.status import Status
from runbell.ports.key_table import KeyClaim
from runbell.ports.store import Idempotency, Start
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.backlog import waits
from runbell.stores.sqlite.rows import Row
from runbell.stores.sqlite.transaction import Transaction
from runbell.stores.sqlite.write_endpoints import keep_callback
from runbell.stores.sqlite.write_marks import mark
from runbell.stores.sqlite.write_steps import write_steps

_EARLIER: Final = (
    "SELECT fingerprint, members, number, execution FROM idempotency WHERE client = ? AND path = ? AND key = ?"
)
_REMEMBER: Final = """
    INSERT INTO idempotency (client, path, key, fingerprint, members, number, execution, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_JOB: Final = "SELECT enabled, retired_at, name, paused, by_api FROM jobs WHERE number = ?"
_JOB_NUMBER: Final = "SELECT number FROM jobs WHERE project = ? AND name = ?"
_BY_HAND: Final = frozenset({"api", "console", "cli"})
"""Starts that a job refuses while it runs on its schedule only; what follows from an earlier execution passes."""
_KEY: Final = "SELECT number, client, fingerprint FROM keys WHERE project = ? AND key = ?"
_NAME: Final = """
    INSERT INTO keys (project, key, number, client, fingerprint) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (project, key) DO UPDATE
    SET number = excluded.number, client = excluded.client, fingerprint = excluded.fingerprint
"""
_NO_CLAIM: Final = KeyClaim("", "")
_INSERT: Final = f"""
    INSERT INTO executions ({", ".join(rows.FIXED[1:] + rows.MUTABLE)})
    VALUES ({", ".join("?" * (len(rows.FIXED) - 1 + len(rows.MUTABLE)))})
"""
_INCLUDE: Final = """
    INSERT OR IGNORE INTO inclusions (number, job_number, version)
    SELECT ?1, number, ?4 FROM jobs WHERE project = ?2 AND name = ?3
"""
_GIVEN: Final = "INSERT OR IGNORE INTO file_uses (file, number) SELECT id, ?1 FROM files WHERE id = ?2 AND project = ?3"
_LIVE: Final = f"""
    SELECT {rows.EXECUTION} FROM executions INDEXED BY executions_live
    WHERE job_number = ? AND status IN ('running', 'stopping') ORDER BY number
"""
_QUEUED: Final = """
    SELECT id FROM executions INDEXED BY executions_queued
    WHERE job_number = ? AND status = 'queued' AND predecessor_on IS NULL LIMIT ?
"""


def accept(tx: Transaction, asked: Start) -> int | Row:
    """A caller's start: as `start`, and refused while the queue is full."""
    return start(tx, asked, capped=True)


def start(tx: Transaction, asked: Start, *, capped: bool = False) -> int | Row:
    """Accept an execution: its number, or the row of the one that an earlier request made."""
    if asked.idempotency is not None and (earlier := _replay(tx, asked.idempotency)) is not None:
        return earlier
    execution = asked.execution
    _open_for_starts(tx, asked.job_number, execution.trigger.kind, holds=asked.holds)
    if execution.key is not None and (existing := _by_key(tx, execution.project, execution.key, asked)):
        return existing
    if capped and tx.crowded(execution.project):
        raise faults.QueueFull("As many executions wait as this server takes; send it again when some have begun.")
    leaving = make_room(tx, asked.job_number, asked.limit, asked.when_full)
    followers = [(follower, _job_number(tx, follower)) for follower in asked.follow_ups]

    if asked.callback is not None:
        keep_callback(tx, execution, asked.callback)
    number = insert(tx, execution, asked.job_number)
    for row in leaving:
        ask_to_leave(tx, row, execution, asked.grace_ms, execution.created_at)
    for follower, job_number in followers:
        insert(tx, follower, job_number)
    mark(tx, execution, number, asked.job_number, asked.marks)
    if asked.reused:
        write_steps(tx, msgspec.structs.replace(execution, number=number), asked.reused, execution.created_at)
    if execution.key is not None:
        claim = asked.claim or _NO_CLAIM
        tx.write(_NAME, (execution.project, execution.key, number, claim.client or None, claim.fingerprint))
    if asked.idempotency is not None:
        _remember(tx, asked.idempotency, number, execution)
    tx.audited(asked.audit)
    return number


def insert(tx: Transaction, execution: Execution, job_number: int) -> int:
    """Write a new row with its event; the number it was given."""
    tx.write(_INSERT, (*rows.fixed(execution, job_number), *rows.mutable(execution)))
    number = tx.db.last_insert_rowid()
    placed = msgspec.structs.replace(execution, number=number)
    if execution.includes:
        tx.db.executemany(_INCLUDE, [(number, execution.project, *one) for one in execution.includes.items()])
    tx.waiting[execution.project] += waits(placed)
    note_files(tx, number, execution)
    tx.event(placed, f"execution.{execution.status}", execution.created_at, {"trigger": execution.trigger.kind})
    tx.notice(placed)
    return number


def note_files(tx: Transaction, number: int, execution: Execution) -> None:
    """Note which files an execution was given: they are kept as long as it is."""
    for file_id in files_in(execution.params.values()):
        tx.write(_GIVEN, (number, file_id, execution.project))


def make_room(tx: Transaction, job_number: int, limit: int | None, when_full: WhenFull) -> list[Row]:
    """Refuse a start of a full job if it says so; else the running executions that have to leave for it."""
    if limit is None or when_full in (WhenFull.ALLOW, WhenFull.QUEUE):
        return []
    live = rows.fetch(tx.db, _LIVE, (job_number,))
    if when_full is WhenFull.STOP_RUNNING:
        running = [row for row in live if row[rows.STATUS] == Status.RUNNING]
        return running[: max(0, len(running) + 1 - limit)]
    alive: list[str] = [row[rows.ID] for row in live]
    if len(alive) < limit:
        alive += [id_ for (id_,) in rows.fetch(tx.db, _QUEUED, (job_number, limit - len(alive)))]
    if len(alive) >= limit:
        raise faults.AlreadyRunning(
            "The job is running or queued as often as it may; start it again when that execution has ended.",
            execution=alive[0],
        )
    return []


def ask_to_leave(tx: Transaction, row: Row, newer: Execution, grace_ms: int, at: int) -> None:
    """Ask a running execution to stop, because a newer one takes its place."""
    change = lifecycle.ask_to_stop(
        rows.execution(row, params=False),
        at,
        mode="graceful",
        reason=lifecycle.TAKES_ITS_PLACE,
        actor=newer.trigger.actor,
        grace_ms=grace_ms,
    )
    tx.move(row, change)


def _replay(tx: Transaction, asked: Idempotency) -> Row | None:
    earlier = tx.db.execute(_EARLIER, (asked.client, asked.path, asked.key)).fetchone()
    if earlier is None:
        return None
    fingerprint, members, number, execution = earlier
    if fingerprint != asked.fingerprint:
        raise faults.IdempotencyKeyReused.of(execution, rows.json_digests(members), asked.members)
    row = tx.find(number)
    if row is None:
        raise faults.Gone("The execution that this key made was deleted; use a new key.", execution=execution)
    return row


def _open_for_starts(tx: Transaction, job_number: int, kind: str, *, holds: bool) -> None:
    job = tx.starting.get(job_number) or tx.db.execute(_JOB, (job_number,)).fetchone()
    if job is None or job[1] is not None:
        raise faults.NotFound("There is no job of that name, or it was retired; define it again to start it.")
    if not job[0]:
        raise faults.JobDisabled(f"The job {job[2]} is disabled; enable it in its definition to start it.")
    if not job[4] and kind in _BY_HAND:
        raise faults.JobScheduled.of(job[2])
    if job[3] and not holds:
        raise faults.JobPaused(
            f"The job {job[2]} is paused and takes no starts meanwhile; start it when it is resumed."
        )
    tx.starting[job_number] = job


def _by_key(tx: Transaction, project: str, key: str, asked: Start) -> Row | None:
    holder = tx.db.execute(_KEY, (project, key)).fetchone()
    row = None if holder is None else tx.find(holder[0])
    if holder is None or row is None:
        return None
    if asked.claim is not None and asked.claim == KeyClaim(*holder[1:]):
        return row
    status = rows.status(row[rows.STATUS])
    match asked.key_policy.says(status):
        case "existing":
            return row
        case "allow":
            return None
    raise faults.KeyTaken(
        f"The key {key} belongs to an execution that is {status}; choose another key.", execution=row[rows.ID]
    )


def _job_number(tx: Transaction, follower: Execution) -> int:
    found = tx.db.execute(_JOB_NUMBER, (follower.project, follower.job)).fetchone()
    if found is None:
        raise faults.InvalidDefinition(
            f"The follow-up job {follower.job} is not defined; define it, or take it out of `then`."
        )
    number: int = found[0]
    return number


def _remember(tx: Transaction, asked: Idempotency, number: int, execution: Execution) -> None:
    members = rows.json_text(asked.members)
    tx.write(
        _REMEMBER,
        (
            asked.client, asked.path, asked.key, asked.fingerprint, members, number, execution.id, execution.created_at,
        ),
    )  # fmt: skip
