"""Reading schedules: by job, by what is due, and when the next one fires. Every look goes by an index."""

from typing import Final

import apsw

from runbell.ports.schedule_table import Standing
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.rows import Row

_COLUMNS: Final = 'job_number, project, name, timing, "on", schedules.paused, anchor, next_at, last_at'
_ONE: Final = f"SELECT {_COLUMNS} FROM schedules JOIN jobs ON number = job_number WHERE job_number = ?"
_PAGE: Final = f"""
    SELECT {_COLUMNS} FROM schedules JOIN jobs ON number = job_number
    WHERE job_number > ? ORDER BY job_number LIMIT ?
"""
_DUE: Final = f"""
    SELECT {_COLUMNS} FROM schedules INDEXED BY schedules_due CROSS JOIN jobs ON number = job_number
    WHERE next_at <= ? ORDER BY next_at LIMIT ?
"""
_NEXT: Final = (
    "SELECT next_at FROM schedules INDEXED BY schedules_due WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1"
)
_NEXT_FIRES: Final = """
    SELECT job_number, next_at FROM schedules
    WHERE job_number IN (SELECT value FROM json_each(?)) AND next_at IS NOT NULL
"""


def schedule(db: apsw.Connection, job_number: int) -> Standing | None:
    """The schedule of a job."""
    row = db.execute(_ONE, (job_number,)).fetchone()
    return None if row is None else _standing(row)


def schedules(db: apsw.Connection, after: int, limit: int) -> list[Standing]:
    """Schedules by the numbers of their jobs, those after `after`."""
    return [_standing(row) for row in rows.fetch(db, _PAGE, (after, limit))]


def due(db: apsw.Connection, at: int, limit: int) -> list[Standing]:
    """Those whose time has come, the longest due first."""
    return [_standing(row) for row in rows.fetch(db, _DUE, (at, limit))]


def next_fire(db: apsw.Connection) -> int | None:
    """When the next of all fires."""
    found: int | None = db.execute(_NEXT).get
    return found


def next_fires(db: apsw.Connection, job_numbers: list[int]) -> dict[int, int]:
    """When each of these jobs fires next."""
    return dict(rows.fetch(db, _NEXT_FIRES, (rows.json_text(job_numbers),)))


def _standing(row: Row) -> Standing:
    number, project, name, timing, on, paused, anchor, next_at, last_at = row
    return Standing(
        job_number=number, project=project, job=name, timing=timing, on=bool(on), paused=bool(paused), anchor=anchor,
        next_at=next_at, last_at=last_at,
    )  # fmt: skip
