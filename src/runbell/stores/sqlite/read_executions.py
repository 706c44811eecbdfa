"""Reading executions one by one, what is not over yet, and what is due."""

from heapq import nsmallest
from typing import Final

import apsw

from runbell.domain.execution import Execution, StepExecution
from runbell.ports.key_table import KeyClaim
from runbell.ports.queue_table import ALIKE, Shares
from runbell.ports.standing import Buried, Standing
from runbell.ports.store import Ref, Remembered
from runbell.stores.sqlite import rows

_NAMED: Final = {
    "id": "id = ?",
    "number": "number = ?",
    "key": "number = (SELECT keys.number FROM keys WHERE keys.project = executions.project AND keys.key = ?)",
}
_EXECUTION: Final = {
    by: f"SELECT {rows.EXECUTION} FROM executions WHERE {where} AND project = ?" for by, where in _NAMED.items()
}
_STANDING: Final = {
    by: f"SELECT number, revision, status, job FROM executions WHERE {where} AND project = ?"
    for by, where in _NAMED.items()
}
_PROJECT_OF: Final = {
    "id": "SELECT project FROM executions WHERE id = ?",
    "number": "SELECT project FROM executions WHERE number = ?",
}
_DELETED: Final = {
    by: f"SELECT id, job FROM tombstones WHERE {by} = ? AND project = ? ORDER BY number DESC LIMIT 1" for by in _NAMED
}
_STEPS: Final = f"SELECT {rows.STEP} FROM steps WHERE number = ? ORDER BY position"
_STEP_NUMBERS: Final = "SELECT name, scope, attempt, position FROM steps WHERE number = ?"
_FOLLOW_UPS: Final = f"""
    SELECT {rows.EXECUTION} FROM executions INDEXED BY executions_by_predecessor WHERE predecessor = ? ORDER BY number
"""
_LIVE: Final = f"""
    SELECT {rows.EXECUTION} FROM executions INDEXED BY executions_live
    WHERE status IN ('running', 'stopping') ORDER BY number
"""
_REMEMBERED: Final = "SELECT execution, fingerprint, members FROM idempotency WHERE client = ? AND path = ? AND key = ?"
_KEY_CLAIM: Final = "SELECT client, fingerprint FROM keys WHERE project = ? AND key = ?"
# From job to job by the index, never along the rows of one: a thousand queued executions of a full job cost one step.
_ROOM: Final = """
    WITH RECURSIVE waiting (at_job) AS (
        SELECT (SELECT min(job_number) FROM executions INDEXED BY executions_queued
                WHERE status = 'queued' AND predecessor_on IS NULL)
        UNION ALL
        SELECT (SELECT min(job_number) FROM executions INDEXED BY executions_queued
                WHERE status = 'queued' AND predecessor_on IS NULL AND job_number > at_job)
        FROM waiting WHERE at_job IS NOT NULL
    )
    SELECT number, min(coalesce(running_limit, ?1 + live), coalesce(own_limit, ?1 + live)) - live AS room, project
    FROM (
        SELECT number, project, running_limit, (
            SELECT own_limit FROM executions INDEXED BY executions_queued
            WHERE job_number = jobs.number AND status = 'queued' AND predecessor_on IS NULL
            ORDER BY priority DESC, number LIMIT 1) AS own_limit, (
            SELECT count(*) FROM executions INDEXED BY executions_live
            WHERE job_number = jobs.number AND status IN ('running', 'stopping')) AS live
        FROM waiting CROSS JOIN jobs ON jobs.number = at_job WHERE NOT paused)
    WHERE room > 0
"""
# Of those that take kept values only one may run, and the first may begin: the others are passed over in the index.
_FIRST: Final = """
    SELECT -priority, number, kept IS NOT NULL FROM executions INDEXED BY executions_queued
    WHERE job_number = ?1 AND status = 'queued' AND predecessor_on IS NULL
      AND (kept IS NULL OR NOT EXISTS (
        SELECT 1 FROM executions AS live INDEXED BY executions_live
        WHERE live.job_number = ?1 AND live.status IN ('running', 'stopping') AND live.kept IS NOT NULL))
    ORDER BY priority DESC, number LIMIT ?2
"""
_ROW: Final = f"SELECT {rows.EXECUTION} FROM executions WHERE number = ?"
_DUE: Final = """
    SELECT min(start_after) FROM executions INDEXED BY executions_scheduled WHERE status = 'scheduled'
    UNION ALL
    SELECT min(start_by) FROM executions INDEXED BY executions_expiring
    WHERE status = 'queued' AND started_at IS NULL AND start_by IS NOT NULL
"""
_COUNTS: Final = """
    SELECT 'queued', count(*) FROM executions INDEXED BY executions_queued
    WHERE status = 'queued' AND predecessor_on IS NULL
    UNION ALL
    SELECT 'scheduled', count(*) FROM executions INDEXED BY executions_scheduled WHERE status = 'scheduled'
    UNION ALL
    SELECT status, count(*) FROM executions INDEXED BY executions_live
    WHERE status IN ('running', 'stopping') GROUP BY status
"""


def execution(db: apsw.Connection, project: str, ref: Ref) -> Execution | None:
    """The execution that a caller names."""
    by, name = _named(ref)
    row = db.execute(_EXECUTION[by], (name, project)).fetchone()
    return None if row is None else rows.execution(row)


def key_claim(db: apsw.Connection, project: str, key: str) -> KeyClaim | None:
    """By whom and for what a key was given."""
    row = db.execute(_KEY_CLAIM, (project, key)).fetchone()
    return None if row is None or row[0] is None else KeyClaim(*row)


def standing(db: apsw.Connection, project: str, ref: Ref) -> Standing | None:
    """Where the execution that a caller names stands."""
    by, name = _named(ref)
    row = db.execute(_STANDING[by], (name, project)).fetchone()
    return None if row is None else Standing(row[0], row[1], rows.status(row[2]), row[3])


def project_of(db: apsw.Connection, ref: Ref) -> str | None:
    """The project of an execution that is named by its number or its id; keys belong to a project."""
    by, name = _named(ref)
    found: str | None = db.execute(_PROJECT_OF[by], (name,)).get
    return found


def deleted(db: apsw.Connection, project: str, ref: Ref) -> Buried | None:
    """What is left of a deleted execution, while its tombstone stands."""
    by, name = _named(ref)
    row = db.execute(_DELETED[by], (name, project)).fetchone()
    return None if row is None else Buried(*row)


def steps(db: apsw.Connection, number: int) -> list[StepExecution]:
    """The step executions of an execution, in the order in which they were first written."""
    return [rows.step(row) for row in db.execute(_STEPS, (number,))]


def step_numbers(db: apsw.Connection, number: int) -> dict[tuple[str, str | None, int], int]:
    """The numbers of the step executions of an execution, in the series of all of them, by `StepExecution.slot`."""
    found = rows.fetch(db, _STEP_NUMBERS, (number,))
    return {(name, scope or None, attempt): position for name, scope, attempt, position in found}


def follow_ups(db: apsw.Connection, predecessor: str) -> list[Execution]:
    """The executions made to follow that one, in the order in which they were made, whatever became of them."""
    return [rows.execution(row) for row in db.execute(_FOLLOW_UPS, (predecessor,))]


def live(db: apsw.Connection) -> list[Execution]:
    """Everything that runs or is to stop."""
    return [rows.execution(row) for row in db.execute(_LIVE)]


def queue(db: apsw.Connection, limit: int, shares: Shares = ALIKE) -> list[Execution]:
    """What may be claimed now, within the limits of the jobs: by priority, among projects by turns, then by number."""
    waiting: dict[str, list[tuple[int, int]]] = {}
    for job_number, room, project in rows.fetch(db, _ROOM, (limit,)):
        candidates = waiting.setdefault(project, [])
        keeping = False
        for rank, number, keeps in rows.fetch(db, _FIRST, (job_number, min(room, limit))):
            if not (keeps and keeping):
                candidates.append((rank, number))
            keeping = keeping or keeps
    return [rows.execution(next(db.execute(_ROW, (number,)))) for number in _by_turns(waiting, limit, shares)]


def _by_turns(waiting: dict[str, list[tuple[int, int]]], limit: int, shares: Shares) -> list[int]:
    """The first so many numbers of the (rank, number) that wait in each project."""
    if len(waiting) == 1:
        (candidates,) = waiting.values()
        return [number for _, number in nsmallest(limit, candidates)]
    places = (
        (rank, *shares.place(project, nth), number)
        for project, candidates in waiting.items()
        for nth, (rank, number) in enumerate(nsmallest(limit, candidates))
    )
    return [number for _, _, _, number in nsmallest(limit, places)]


def remembered(db: apsw.Connection, client: str, path: str, key: str) -> Remembered | None:
    """What an earlier request with that key left."""
    row = db.execute(_REMEMBERED, (client, path, key)).fetchone()
    if row is None:
        return None
    execution_id, fingerprint, members = row
    return Remembered(execution=execution_id, fingerprint=fingerprint, members=rows.json_digests(members))


def next_due(db: apsw.Connection) -> int | None:
    """When the clock next has something to do: the earliest start, or start-by time."""
    return min((at for (at,) in rows.fetch(db, _DUE) if at is not None), default=None)


def counts(db: apsw.Connection) -> dict[str, int]:
    """How many executions are not over yet, by status. Those that wait for a predecessor are not counted as queued."""
    counted: dict[str, int] = dict(rows.fetch(db, _COUNTS))
    return {"scheduled": 0, "queued": 0, "running": 0, "stopping": 0} | counted


def _named(ref: Ref) -> tuple[str, str | int]:
    for by in ("number", "id", "key"):
        if (name := getattr(ref, by)) is not None:
            return by, name
    raise ValueError("A Ref names an execution by id, number or key; this one has none of them.")
