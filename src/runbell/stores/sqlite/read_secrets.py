"""Reading the secrets of projects, and the jobs that name them."""

from collections import defaultdict
from typing import Final

import apsw
import msgspec

from runbell.domain.fill_in import secrets_in
from runbell.ports.secret_table import SecretRecord
from runbell.stores.sqlite import rows

_SHOWN: Final = "project, name, revision, created_at, updated_at, updated_by, last_used_at"
_ONE: Final = f"SELECT {_SHOWN} FROM project_secrets WHERE project = ? AND name = ?"
_PAGE: Final = f"SELECT {_SHOWN} FROM project_secrets WHERE project = ? AND name > ? ORDER BY name LIMIT ?"
_NAMED: Final = """
    SELECT DISTINCT named.value, jobs.name
    FROM jobs JOIN job_versions ON job_number = number AND job_versions.version = jobs.version,
         json_each(definition, '$.secrets') AS named
    WHERE project = ? AND retired_at IS NULL
"""
# What names a secret inside a step: the connection of a `sql` or `check` step, and fill-ins of an `http` step.
_NAMED_IN_STEPS: Final = """
    SELECT DISTINCT named.key, named.atom, jobs.name
    FROM jobs JOIN job_versions ON job_number = number AND job_versions.version = jobs.version,
         json_tree(definition, '$.steps') AS named
    WHERE project = ? AND retired_at IS NULL
      AND (instr(definition, '{secrets.') OR instr(definition, '"connection"'))
      AND named.type = 'text' AND (named.key = 'connection' OR instr(named.atom, '{secrets.'))
"""
_SEALED: Final = "SELECT sealed FROM project_secrets WHERE project = ? AND name = ?"


def secret(db: apsw.Connection, project: str, name: str) -> SecretRecord | None:
    """A secret without its value."""
    for row in db.execute(_ONE, (project, name)):
        return _with_jobs(db, project, [_record(row)])[0]
    return None


def secrets(db: apsw.Connection, project: str, after: str, limit: int) -> list[SecretRecord]:
    """The secrets of a project by name, from after that name on."""
    return _with_jobs(db, project, [_record(row) for row in db.execute(_PAGE, (project, after, limit))])


def sealed(db: apsw.Connection, project: str, names: tuple[str, ...]) -> dict[str, str]:
    """The sealed values of those names, as far as they are there."""
    found = ((name, db.execute(_SEALED, (project, name)).get) for name in names)
    return {name: value for name, value in found if value is not None}


def sealing_keys(db: apsw.Connection) -> tuple[str, ...]:
    """The ids of the keys."""
    return tuple(id_ for (id_,) in rows.fetch(db, "SELECT id FROM sealing_keys ORDER BY id", ()))


def _record(row: rows.Row) -> SecretRecord:
    project, name, revision, created_at, updated_at, updated_by, last_used_at = row
    return SecretRecord(
        project=project, name=name, revision=revision, created_at=created_at, updated_at=updated_at,
        updated_by=updated_by, last_used_at=last_used_at,
    )  # fmt: skip


def _with_jobs(db: apsw.Connection, project: str, found: list[SecretRecord]) -> list[SecretRecord]:
    """One look at the definitions for a whole page."""
    if not found:
        return found
    jobs: defaultdict[str, set[str]] = defaultdict(set)
    for name, job in db.execute(_NAMED, (project,)):
        jobs[name].add(job)
    for key, text, job in db.execute(_NAMED_IN_STEPS, (project,)):
        for name in [text] if key == "connection" else secrets_in(text):
            jobs[name].add(job)
    return [msgspec.structs.replace(one, jobs=tuple(sorted(jobs[one.name]))) for one in found]
