"""The recent past of a job, and its present queue: every query goes along one index and ends after a few rows."""

from collections import OrderedDict
from typing import Any, Final

import apsw

from runbell.domain.execution import Execution
from runbell.ports.history_table import MOST_AHEAD, RECENT
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.ends import Ends
from runbell.stores.sqlite.link import Link
from runbell.stores.sqlite.write_kept import read_kept

KEPT: Final = 2_000

_SUCCESSES: Final = f"""
    FROM executions INDEXED BY executions_by_job_status
    WHERE job_number = ? AND status = 'succeeded' ORDER BY created_at DESC, number DESC LIMIT {RECENT}
"""
_NEWEST: Final = """
    SELECT number FROM executions INDEXED BY executions_by_job_status
    WHERE job_number = ? AND status = 'succeeded' ORDER BY created_at DESC, number DESC LIMIT 1
"""
_DURATIONS: Final = f"SELECT ended_at - started_at, restart_of IS NULL {_SUCCESSES}"
_STEP_DURATIONS: Final = f"""
    SELECT ended_at - started_at FROM steps
    WHERE number IN (SELECT number {_SUCCESSES}) AND name = ? AND status = 'succeeded' AND started_at IS NOT NULL
"""
_LAST_SUCCESS: Final = f"""
    SELECT {rows.EXECUTION} FROM executions INDEXED BY executions_by_job_status
    WHERE job_number = ? AND status = 'succeeded' AND created_at <= ? AND number < ?
    ORDER BY created_at DESC, number DESC LIMIT 1
"""
_ACCEPTED: Final = """
    SELECT created_at, number FROM executions INDEXED BY executions_by_job
    WHERE job_number = ? AND created_at BETWEEN ? AND ? ORDER BY created_at, number
"""
_LIVE: Final = f"""
    SELECT {rows.EXECUTION} FROM executions INDEXED BY executions_live
    WHERE job_number = ? AND status IN ('running', 'stopping') ORDER BY number LIMIT {RECENT}
"""
_AHEAD: Final = f"""
    SELECT count(*) FROM (
        SELECT 1 FROM executions INDEXED BY executions_queued
        WHERE job_number = ?1 AND status = 'queued' AND predecessor_on IS NULL AND priority >= ?2
          AND (priority > ?2 OR number < ?3)
        LIMIT {MOST_AHEAD})
"""


class HistoryRows(Ends):
    """Implements `ports.history_table.HistoryTable`. What was worked out stands until the job's next success."""

    def __init__(self, reader: apsw.Connection, link: Link) -> None:
        super().__init__(reader, link)
        self._usual: OrderedDict[tuple[int, str | None], tuple[int, tuple[int, ...]]] = OrderedDict()

    async def recent_durations(self, job_number: int) -> tuple[int, ...]:
        return self._worked_out(job_number, None)

    async def recent_step_durations(self, job_number: int, step: str) -> tuple[int, ...]:
        return self._worked_out(job_number, step)

    async def last_success(self, job_number: int, before: Execution) -> Execution | None:
        row = self._db.execute(_LAST_SUCCESS, (job_number, before.created_at, before.number)).fetchone()
        return None if row is None else rows.execution(row)

    async def accepted(self, job_number: int, since: int, until: int) -> list[tuple[int, int]]:
        return rows.fetch(self._db, _ACCEPTED, (job_number, since, until))

    async def live_of(self, job_number: int) -> list[Execution]:
        return [rows.execution(row) for row in self._db.execute(_LIVE, (job_number,))]

    async def kept(self, job_number: int) -> dict[str, Any]:
        return read_kept(self._db, job_number)

    async def ahead(self, job_number: int, priority: int, number: int) -> int:
        counted: int = self._db.execute(_AHEAD, (job_number, priority, number)).get
        return counted

    def _worked_out(self, job_number: int, step: str | None) -> tuple[int, ...]:
        newest: int | None = self._db.execute(_NEWEST, (job_number,)).get
        if newest is None:
            return ()
        known = self._usual.get((job_number, step))
        if known is None or known[0] != newest:
            known = self._usual[job_number, step] = (newest, self._durations(job_number, step))
            if len(self._usual) > KEPT:
                self._usual.popitem(last=False)
        return known[1]

    def _durations(self, job_number: int, step: str | None) -> tuple[int, ...]:
        found: list[Any]
        if step is None:
            found = rows.fetch(self._db, _DURATIONS, (job_number,))
            return tuple(took for took, whole in found if whole)
        found = rows.fetch(self._db, _STEP_DURATIONS, (job_number, step))
        return tuple(took for (took,) in found)
