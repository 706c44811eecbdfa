"""Defining a job and taking it out of service. A definition is versioned by its content."""

from typing import Any, Final
from uuid import uuid4

from msgspec import Struct

from runbell.domain.durations import duration_ms
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidDefinition, NotFound
from runbell.domain.job import Limits, WhenFull
from runbell.ports.job_table import JobPut, JobRecord, PauseJob, PutJob, RetireJob
from runbell.stores.sqlite import read_jobs, revisions, rows
from runbell.stores.sqlite.transaction import Transaction
from runbell.stores.sqlite.write_schedules import check_room, keep_schedule

KEPT_VERSIONS: Final = 10

_STANDING: Final = """
    SELECT number, version, revision, digest, loaded_digest, retired_at, folder
    FROM jobs WHERE project = ? AND name = ?
"""
_INSERT: Final = """
    INSERT INTO jobs (number, id, project, name, version, revision, enabled, source, folder, digest, loaded_digest,
                      by_api, running_limit, when_full, grace_ms, created_at, updated_at)
    VALUES (?, ?, ?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE: Final = """
    UPDATE jobs SET version = ?, revision = revision + 1, enabled = ?, source = ?, folder = ?, digest = ?,
                    loaded_digest = ?, by_api = ?, running_limit = ?, when_full = ?, grace_ms = ?, retired_at = NULL,
                    updated_at = ?
    WHERE number = ? AND revision = ?
"""
_VERSION: Final = """
    INSERT INTO job_versions (job_number, version, created_at, created_by, definition) VALUES (?, ?, ?, ?, ?)
"""
_PRUNE: Final = """
    DELETE FROM job_versions
    WHERE job_number = ?1 AND version <= ?2 AND NOT EXISTS (
        SELECT 1 FROM executions INDEXED BY executions_by_version
        WHERE executions.job_number = ?1 AND job_version = job_versions.version)
    AND NOT EXISTS (
        SELECT 1 FROM inclusions INDEXED BY inclusions_by_version
        WHERE inclusions.job_number = ?1 AND inclusions.version = job_versions.version)
"""
_HOLDER: Final = "SELECT job_number FROM job_ids WHERE dialect = ? AND scope = ? AND value = ?"
_ASSIGNED: Final = "SELECT EXISTS (SELECT 1 FROM job_ids WHERE dialect = ? AND scope = '' AND value = ?)"
_LAST_NUMBER: Final = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'jobs'), 0)"
_NUMBERED: Final = """
    SELECT EXISTS (SELECT 1 FROM jobs WHERE number = ?1 AND number <> ?2 AND NOT EXISTS (
        SELECT 1 FROM job_ids WHERE job_number = ?1 AND dialect = ?3))
"""
_PAUSE: Final = "UPDATE jobs SET paused = ?, revision = revision + 1, updated_at = ? WHERE number = ?"
_RETIRE: Final = "UPDATE jobs SET retired_at = ?, revision = revision + 1, updated_at = ? WHERE number = ?"


class _Standing(Struct, frozen=True):
    number: int
    version: int
    revision: int
    digest: str
    loaded_digest: str | None
    retired_at: int | None
    folder: str | None


def put_job(tx: Transaction, put: PutJob) -> JobPut:
    """Define a job. The same content makes no new version; a file counts only when it differs from what it was."""
    standing = _standing(tx, put.project, put.name)
    revisions.check("job", None if standing is None else standing.revision, put.if_revision)
    if standing is None:
        _check_ids(tx, put, 0)
        check_room(tx, put, 0)
        tx.audited(put.audit)
        return JobPut(_create(tx, put), created=True, changed=True)
    if not _differs(standing, put):
        if put.loaded and standing.loaded_digest != put.digest:
            tx.db.execute("UPDATE jobs SET loaded_digest = ? WHERE number = ?", (put.digest, standing.number))
        return JobPut(_record(tx, put.project, put.name), created=False, changed=False)
    _check_ids(tx, put, standing.number)
    check_room(tx, put, standing.number)
    tx.audited(put.audit)
    return JobPut(_change(tx, standing, put), created=False, changed=True)


def retire_job(tx: Transaction, asked: RetireJob) -> JobRecord:
    """No new starts; its history stays, its foreign ids are free for another job."""
    standing = _standing(tx, asked.project, asked.name)
    if standing is None:
        raise NotFound(f"There is no job {asked.name} to retire; list the jobs to see those there are.")
    revisions.check("job", standing.revision, asked.if_revision)
    if standing.retired_at is None:
        tx.starting.pop(standing.number, None)
        tx.db.execute(_RETIRE, (asked.at, asked.at, standing.number))
        tx.db.execute("DELETE FROM job_ids WHERE job_number = ?", (standing.number,))
        keep_schedule(tx, standing.number, None)
        tx.audited(asked.audit)
    return _record(tx, asked.project, asked.name)


def pause_job(tx: Transaction, asked: PauseJob) -> JobRecord:
    """Nothing of it is claimed any more, or again. What is so already stays as it is, revision and all."""
    record = read_jobs.job(tx.db, asked.project, asked.name)
    if record is None or record.retired_at is not None:
        raise NotFound(f"There is no job {asked.name}, or it was retired; list the jobs to see those there are.")
    if record.paused != asked.paused:
        tx.starting.pop(record.number, None)
        tx.db.execute(_PAUSE, (asked.paused, asked.at, record.number))
        tx.audited(asked.audit)
    return _record(tx, asked.project, asked.name)


def _standing(tx: Transaction, project: str, name: str) -> _Standing | None:
    row = tx.db.execute(_STANDING, (project, name)).fetchone()
    return None if row is None else _Standing(*row)


def _differs(standing: _Standing, put: PutJob) -> bool:
    if put.digest == standing.digest and standing.retired_at is None:
        return put.loaded and put.folder != standing.folder
    return not (put.loaded and put.digest == standing.loaded_digest)


def _create(tx: Transaction, put: PutJob) -> JobRecord:
    loaded = put.digest if put.loaded else None
    tx.db.execute(
        _INSERT,
        (
            _free_number(tx, put.numbered), str(uuid4()), put.project, put.name, put.enabled, put.source, put.folder,
            put.digest, loaded, put.by_api, *_limits(put.definition), put.at, put.at,
        ),
    )  # fmt: skip
    number = tx.db.last_insert_rowid()
    tx.db.execute(_VERSION, (number, 1, put.at, put.actor, rows.json_text(put.definition)))
    tx.outbox.name(put.project, put.name, put.definition)
    _claim_ids(tx, put, number)
    keep_schedule(tx, number, put.schedule)
    return _record(tx, put.project, put.name)


def _free_number(tx: Transaction, dialects: tuple[str, ...]) -> int:
    """The next number that no job was given in one of these dialects."""
    number: int = tx.db.execute(_LAST_NUMBER).get + 1
    while any(tx.db.execute(_ASSIGNED, (dialect, str(number))).get for dialect in dialects):
        number += 1
    return number


def _change(tx: Transaction, standing: _Standing, put: PutJob) -> JobRecord:
    version = standing.version if standing.digest == put.digest else standing.version + 1
    tx.starting.pop(standing.number, None)
    tx.db.execute(
        _UPDATE,
        (
            version, put.enabled, put.source, put.folder, put.digest,
            put.digest if put.loaded else standing.loaded_digest, put.by_api, *_limits(put.definition), put.at,
            standing.number, standing.revision,
        ),
    )  # fmt: skip
    if version != standing.version:
        tx.db.execute(_VERSION, (standing.number, version, put.at, put.actor, rows.json_text(put.definition)))
        tx.db.execute(_PRUNE, (standing.number, version - KEPT_VERSIONS))
        tx.outbox.name(put.project, put.name, put.definition)
    _claim_ids(tx, put, standing.number)
    keep_schedule(tx, standing.number, put.schedule)
    return _record(tx, put.project, put.name)


def _limits(definition: dict[str, Any]) -> tuple[int | None, str, int]:
    """How many may run at once (None: never full), what a start does when it is full, and the grace in ms."""
    limits = definition.get("limits") or {}
    running, when_full, grace = limits.get("running"), limits.get("when_full"), limits.get("grace")
    return (
        running if type(running) is int and when_full != WhenFull.ALLOW else None,
        when_full or WhenFull.QUEUE,
        Limits().grace_ms if grace is None else duration_ms(grace),
    )


def _place(dialect: str) -> str:
    """Where the definition claims an id of that kind: its own name in a dialect, or another of its words there."""
    name, _, word = dialect.partition(".")
    return f"/dialects/{name}/{word}" if word else f"/ids/{name}"


def _check_ids(tx: Transaction, put: PutJob, number: int) -> None:
    taken = []
    for one in put.ids:
        holder = tx.db.execute(_HOLDER, (one.dialect, one.scope, str(one.value))).get
        numbered = one.numbered and tx.db.execute(_NUMBERED, (int(one.value), number, one.dialect)).get
        if holder not in (None, number) or numbered:
            said = f"Another job has the id {one.value} already; choose another."
            taken.append(Problem(_place(one.dialect), "taken", said))
    if taken:
        raise InvalidDefinition("An id that this job claims belongs to another job.", problems=tuple(taken))


def _claim_ids(tx: Transaction, put: PutJob, number: int) -> None:
    tx.db.execute("DELETE FROM job_ids WHERE job_number = ?", (number,))
    tx.db.executemany(
        "INSERT INTO job_ids (dialect, scope, value, job_number) VALUES (?, ?, ?, ?)",
        [(one.dialect, one.scope, str(one.value), number) for one in put.ids],
    )


def _record(tx: Transaction, project: str, name: str) -> JobRecord:
    record = read_jobs.job(tx.db, project, name)
    if record is None:
        raise RuntimeError(f"Job {name} vanished inside a transaction; report this as a defect.")
    return record
