"""Reading what needs somebody's attention, for an examination: receivers that fail, deliveries and schedules that stand
still. A scan or two of what is open; nothing here is on any request's path."""

from pathlib import Path
from typing import Final

from msgspec import Struct

from runbell.stores.sqlite import rows
from runbell.stores.sqlite.connection import open_for_reading

EVENTS: Final = 50_000
"""How many of the newest events are looked through for what was missed."""
_ENDPOINTS: Final = """
    SELECT project, name, disabled_at, disabled_why, failing_since, status, error FROM endpoints
    LEFT JOIN attempts ON delivery = (
        SELECT deliveries.number FROM deliveries INDEXED BY deliveries_by_endpoint
        WHERE endpoint = endpoints.number AND endpoint > 0 AND attempts > 0 ORDER BY deliveries.number DESC LIMIT 1)
    AND attempts.number = (SELECT max(number) FROM attempts AS newer WHERE newer.delivery = attempts.delivery)
    WHERE deleted_at IS NULL ORDER BY project, name
"""
# Whoever fails is sent one at a time, so that what is due for him waits: only lines in which nothing was tried count.
_STANDING: Final = """
    SELECT count(*), min(due_at) FROM deliveries INDEXED BY deliveries_due
    WHERE state = 'due' GROUP BY destination HAVING max(attempts) = 0 AND min(due_at) < ?
"""
_SCHEDULES: Final = """
    SELECT project, name, "on", schedules.paused, jobs.paused, updated_at, anchor, next_at, last_at
    FROM schedules JOIN jobs ON number = job_number WHERE retired_at IS NULL ORDER BY project, name
"""
_MISSED: Final = """
    SELECT project, job, count(*), sum(json_extract(data, '$.missed')) FROM events
    WHERE seq > (SELECT max(seq) FROM events) - ?1 AND type = 'schedule.missed' AND time >= ?2
    GROUP BY project, job ORDER BY project, job
"""


class Receiver(Struct, frozen=True):
    """A webhook, and what came of the last attempt to tell it something."""

    project: str
    name: str
    disabled_at: int | None
    disabled_why: str | None
    failing_since: int | None
    status: int | None
    error: str | None


class Waiting(Struct, frozen=True):
    """Deliveries to one receiver that are due and were never tried: how many, since when."""

    count: int
    since: int


class Timer(Struct, frozen=True):
    """A schedule, and the job that it starts (`held`: that is paused; `changed_at`: since when, at the latest)."""

    project: str
    job: str
    on: bool
    paused: bool
    held: bool
    changed_at: int
    anchor: int
    next_at: int | None
    last_at: int | None


class Missed(Struct, frozen=True):
    """How often fire times of a job were missed, and how many."""

    project: str
    job: str
    times: int
    count: int


class Attention(Struct, frozen=True):
    """All that there is to look at."""

    receivers: list[Receiver]
    waiting: list[Waiting]
    timers: list[Timer]
    missed: list[Missed]


def attention(database: Path, due_before: int, missed_since: int) -> Attention:
    """What a database says of its webhooks, its outbox and its schedules. Raises apsw.Error for one that cannot be
    read."""
    db = open_for_reading(database)
    try:
        return Attention(
            receivers=[Receiver(*row) for row in rows.fetch(db, _ENDPOINTS)],
            waiting=[Waiting(*row) for row in rows.fetch(db, _STANDING, (due_before,))],
            timers=[
                Timer(project, job, bool(on), bool(paused), bool(held), *rest)
                for project, job, on, paused, held, *rest in rows.fetch(db, _SCHEDULES)
            ],
            missed=[Missed(*row) for row in rows.fetch(db, _MISSED, (EVENTS, missed_since))],
        )
    finally:
        db.close()
