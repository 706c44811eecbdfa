"""What retention and the sweep of the folders look up; every look is bounded."""

from typing import Final

import apsw

from runbell.ports.upkeep_table import Keeping, Kept
from runbell.stores.sqlite import rows

_NEWEST: Final = (1 << 62, 0)

_JOBS: Final = "SELECT number, project, name FROM jobs WHERE number > ? ORDER BY number LIMIT ?"
_OUTLIVED: Final = """
    SELECT number, id, created_at FROM executions INDEXED BY executions_kept
    WHERE job_number = ? AND removed = ? AND ended_at IS NOT NULL AND pinned = 0 AND ended_at < ?
    ORDER BY ended_at LIMIT ?
"""
_OLDER: Final = """
    SELECT number, id, created_at FROM executions INDEXED BY executions_by_job
    WHERE job_number = ? AND (created_at, number) < (?, ?) AND (created_at, number) > (?, ?)
    ORDER BY created_at, number LIMIT ?
"""
_RANK: Final = """
    SELECT created_at, number FROM executions INDEXED BY executions_by_job
    WHERE job_number = ? AND (created_at, number) < (?, ?)
    ORDER BY created_at DESC, number DESC LIMIT 1 OFFSET ?
"""
_OVER: Final = "SELECT number FROM executions WHERE id = ? AND ended_at < ?"
_REMOVED: Final = "SELECT removed FROM executions WHERE id = ?"


def keeping(db: apsw.Connection, after: int, limit: int) -> list[Keeping]:
    """Jobs of all projects by number, retired ones too."""
    found = rows.fetch(db, _JOBS, (after, limit))
    return [Keeping(number=number, project=project, name=name) for number, project, name in found]


def outlived(db: apsw.Connection, job: int, removed: int, before: int, limit: int) -> list[Kept]:
    """Unpinned executions that ended before that moment and have lost exactly `removed`, the first to end first."""
    return [Kept(*row) for row in rows.fetch(db, _OUTLIVED, (job, removed, before, limit))]


def older(db: apsw.Connection, job: int, before: tuple[int, int], after: tuple[int, int], limit: int) -> list[Kept]:
    """Executions of a job between two spots (created_at, number), the oldest first."""
    return [Kept(*row) for row in rows.fetch(db, _OLDER, (job, *before, *after, limit))]


def rank(db: apsw.Connection, job: int, before: tuple[int, int] | None, skip: int) -> tuple[int, int] | None:
    """The spot `skip` executions of a job further back than the first one before `before`; None beyond the oldest."""
    found = rows.fetch(db, _RANK, (job, *(before or _NEWEST), skip))
    return (found[0][0], found[0][1]) if found else None


def removed(db: apsw.Connection, executions: list[str]) -> dict[str, int]:
    """What each of these has lost; those that are not on the table are left out."""
    found = {execution: db.execute(_REMOVED, (execution,)).get for execution in executions}
    return {execution: lost for execution, lost in found.items() if lost is not None}


def over(db: apsw.Connection, executions: list[str], before: int) -> dict[str, int]:
    """The numbers of those of these that ended before that moment."""
    found = {execution: db.execute(_OVER, (execution, before)).get for execution in executions}
    return {execution: number for execution, number in found.items() if number is not None}
