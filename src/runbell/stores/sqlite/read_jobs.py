"""Reading jobs and their versions."""

from typing import Any, Final

import apsw

from runbell.ports.job_table import JobRecord, JobVersion
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.rows import Row

_RECORD: Final = """
    number, id, project, name, jobs.version, revision, enabled, paused, retired_at, source, folder,
           definition, jobs.created_at, updated_at, by_api
    FROM jobs JOIN job_versions ON job_number = number AND job_versions.version = jobs.version
"""
_BY_NAME: Final = f"SELECT {_RECORD} WHERE project = ? AND name = ?"
_BY_NUMBER: Final = f"SELECT {_RECORD} WHERE number = ?"
_BY_UUID: Final = f"SELECT {_RECORD} WHERE id = ?"
_BY_ID: Final = "SELECT job_number FROM job_ids WHERE dialect = ? AND scope = ? AND value = ?"
_PAGE: Final = f"SELECT {_RECORD} WHERE project = ? AND name > ? ORDER BY name LIMIT ?"
_VERSIONS: Final = """
    SELECT version, created_at, created_by, definition FROM job_versions
    WHERE job_number = ? AND version < ? ORDER BY version DESC LIMIT ?
"""
_DEFINITION: Final = "SELECT definition FROM job_versions WHERE job_number = ? AND version = ?"
_REVISION: Final = "SELECT revision FROM jobs WHERE project = ? AND name = ?"
_ANY: Final = 1 << 62


def job(db: apsw.Connection, project: str, name: str) -> JobRecord | None:
    """A job as it stands, retired ones too."""
    row = db.execute(_BY_NAME, (project, name)).fetchone()
    return None if row is None else _record(row)


def job_by_number(db: apsw.Connection, number: int) -> JobRecord | None:
    """The job of that number."""
    row = db.execute(_BY_NUMBER, (number,)).fetchone()
    return None if row is None else _record(row)


def job_by_uuid(db: apsw.Connection, job_id: str) -> JobRecord | None:
    """The job of that id."""
    row = db.execute(_BY_UUID, (job_id,)).fetchone()
    return None if row is None else _record(row)


def job_by_id(db: apsw.Connection, dialect: str, value: str, project: str | None) -> JobRecord | None:
    """The job that clients of a dialect know by that id."""
    number = db.execute(_BY_ID, (dialect, project or "", value)).get
    return None if number is None else job_by_number(db, number)


def revision(db: apsw.Connection, project: str, name: str) -> int | None:
    """The revision of a job: enough to know that what is remembered of it still holds."""
    found: int | None = db.execute(_REVISION, (project, name)).get
    return found


def jobs(db: apsw.Connection, project: str, after: str, limit: int) -> list[JobRecord]:
    """The jobs of a project by name, from after that name on, retired ones too."""
    return [_record(row) for row in db.execute(_PAGE, (project, after, limit))]


def versions(db: apsw.Connection, job_number: int, before: int | None, limit: int) -> list[JobVersion]:
    """The versions of a job that are kept, newest first, from before that version on."""
    found = db.execute(_VERSIONS, (job_number, _ANY if before is None else before, limit))
    return [
        JobVersion(version=version, created_at=at, created_by=actor, definition=rows.json_object(definition))
        for version, at, actor, definition in found
    ]


def definition(db: apsw.Connection, job_number: int, version: int) -> dict[str, Any] | None:
    """One version's definition, if it is kept."""
    text: str | None = db.execute(_DEFINITION, (job_number, version)).get
    return None if text is None else rows.json_object(text)


def _record(row: Row) -> JobRecord:
    (
        number, id_, project, name, version, revision, enabled, paused, retired_at, source, folder,
        definition, created_at, updated_at, by_api,
    ) = row  # fmt: skip
    return JobRecord(
        number=number,
        id=id_,
        project=project,
        name=name,
        version=version,
        revision=revision,
        enabled=bool(enabled),
        paused=bool(paused),
        retired_at=retired_at,
        source=source,
        folder=folder,
        definition=rows.json_object(definition),
        created_at=created_at,
        updated_at=updated_at,
        by_api=bool(by_api),
    )
