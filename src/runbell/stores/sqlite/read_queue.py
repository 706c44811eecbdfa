"""What waits, job by job; every look is bounded, however many wait."""

from collections import Counter
from typing import Final

import apsw

from runbell.ports.queue_table import WaitingJob
from runbell.stores.sqlite import rows

COUNTED: Final = 10_000

# From job to job by the index, as the claims do.
_JOBS: Final = """
    WITH RECURSIVE waiting (at_job) AS (
        SELECT (SELECT min(job_number) FROM executions INDEXED BY executions_queued
                WHERE status = 'queued' AND predecessor_on IS NULL AND job_number > ?2)
        UNION ALL
        SELECT (SELECT min(job_number) FROM executions INDEXED BY executions_queued
                WHERE status = 'queued' AND predecessor_on IS NULL AND job_number > at_job)
        FROM waiting WHERE at_job IS NOT NULL
    )
    SELECT number, name, paused, running_limit, (
        SELECT count(*) FROM executions INDEXED BY executions_live
        WHERE job_number = jobs.number AND status IN ('running', 'stopping'))
    FROM waiting CROSS JOIN jobs ON jobs.number = at_job WHERE project = ?1 LIMIT ?3
"""
_FIRST: Final = """
    SELECT number, id FROM executions INDEXED BY executions_queued
    WHERE job_number = ? AND status = 'queued' AND predecessor_on IS NULL ORDER BY priority DESC, number LIMIT 1
"""
_COUNT: Final = """
    SELECT count(*) FROM (
        SELECT 1 FROM executions INDEXED BY executions_queued
        WHERE job_number = ? AND status = 'queued' AND predecessor_on IS NULL LIMIT ?)
"""
# Follow-ups that wait for their predecessor stand in the same index; they are few among the oldest.
_OLDEST: Final = """
    SELECT min(created_at) FROM (
        SELECT created_at, predecessor_on FROM executions INDEXED BY executions_by_job_status
        WHERE job_number = ? AND status = 'queued' ORDER BY created_at LIMIT 100)
    WHERE predecessor_on IS NULL
"""
_BY_PROJECT: Final = """
    SELECT project, sum(waiting) FROM (
        SELECT job_number, count(*) AS waiting FROM executions INDEXED BY executions_queued
        WHERE status = 'queued' AND predecessor_on IS NULL GROUP BY job_number)
    CROSS JOIN jobs ON jobs.number = job_number GROUP BY project
    UNION ALL
    SELECT name, (
        SELECT count(*) FROM executions INDEXED BY executions_by_status WHERE project = name AND status = 'scheduled')
    FROM (SELECT DISTINCT project AS name FROM jobs)
"""


def waiting_by_project(db: apsw.Connection) -> Counter[str]:
    """How many executions wait in each project, scheduled or queued; those that wait for a predecessor do not count."""
    found: Counter[str] = Counter()
    for project, count in rows.fetch(db, _BY_PROJECT):
        found[project] += count
    return found


def waiting(db: apsw.Connection, project: str, after: int, limit: int) -> list[WaitingJob]:
    """Jobs of a project with something in the queue, by number, those after `after`."""
    found = []
    for number, name, paused, running_limit, live in rows.fetch(db, _JOBS, (project, after, limit)):
        first = db.execute(_FIRST, (number,)).fetchone()
        if first is None:
            continue
        count: int = db.execute(_COUNT, (number, COUNTED + 1)).get
        found.append(
            WaitingJob(
                number=number, job=name, waiting=min(count, COUNTED), more=count > COUNTED, first=first[0],
                first_id=first[1], oldest_at=db.execute(_OLDEST, (number,)).get, paused=bool(paused),
                room=None if running_limit is None else max(running_limit - live, 0),
            )
        )  # fmt: skip
    return found
