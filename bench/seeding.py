"""A history of many executions, written straight into a server's database while no server runs."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import apsw

from runbell.domain.ids import new_id

JOBS: Final = ("nothing", "true", "held", "held-with-parameters")
STATUSES: Final = {"succeeded": 80, "failed": 12, "stopped": 4, "discarded": 3, "lost": 1}
TRIGGERS: Final = {"api": 80, "schedule": 12, "rerun": 5, "cli": 3}
ACTORS: Final = tuple(f"key:caller-{number}" for number in range(20))
NEWEST: Final = 1_900_000_000_000
SPAN_MS: Final = 90 * 86_400_000
COLUMNS: Final = (
    "id", "project", "job", "job_number", "job_version", "status", "revision", "epoch", "workers_lost", "priority",
    "created_at", "started_at", "ended_at", "trigger_kind", "actor", "surface", "discard_reason", "exit_code",
    "exit_message", "params",
)  # fmt: skip
_INSERT: Final = f"INSERT INTO executions ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
# One in ten has the tag `night`; every one of a job with parameters can be found by its day.
_TAGS: Final = """
    INSERT INTO marks (project, name, value, created_at, number, job_number)
    SELECT project, '', 'night', created_at, number, job_number FROM executions WHERE number % 10 = 0
"""
_DAYS: Final = """
    INSERT INTO marks (project, name, value, created_at, number, job_number)
    SELECT project, 'day', 'day-' || (number % 90), created_at, number, job_number FROM executions
    WHERE job = 'held-with-parameters'
"""
_INDEXES: Final = (
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'executions' AND sql IS NOT NULL"
)


def seed(database: Path, count: int) -> None:
    """Write `count` ended executions of the benchmark's jobs, spread over 90 days. Indexes are made afterwards."""
    db = apsw.Connection(str(database))
    db.execute("PRAGMA synchronous = OFF")
    numbers: Any = dict(db.execute("SELECT name, number FROM jobs"))
    indexes: Any = db.execute(_INDEXES).fetchall()
    with db:
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        db.executemany(_INSERT, _rows(count, [(job, numbers[job]) for job in JOBS]))
        db.execute(_TAGS)
        db.execute(_DAYS)
        for _, sql in indexes:
            db.execute(sql)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _rows(count: int, jobs: list[tuple[str, int]]) -> Iterator[tuple[Any, ...]]:
    """The same rows every time, but for the random part of their ids."""
    dice = random.Random(count)
    statuses = dice.choices(list(STATUSES), list(STATUSES.values()), k=count)
    triggers = dice.choices(list(TRIGGERS), list(TRIGGERS.values()), k=count)
    for place, (status, trigger) in enumerate(zip(statuses, triggers, strict=True)):
        job, job_number = jobs[dice.randrange(len(jobs))]
        created = NEWEST - SPAN_MS + place * SPAN_MS // count
        discarded = status == "discarded"
        yield (
            new_id(created), "default", job, job_number, 1, status, 3, 0 if discarded else 1, 0, 0,
            created, None if discarded else created + 5, created + 1_000, trigger, ACTORS[dice.randrange(20)], "native",
            "expired" if discarded else None, {"succeeded": "OK"}.get(status, "ERROR"),
            "", "{}",
        )  # fmt: skip
