"""The shape of the tables: numbered scripts, each applied once and remembered by its checksum."""

import hashlib
import time
from pathlib import Path
from typing import Final

import apsw
from msgspec import Struct

from runbell.stores.sqlite import rows

_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS migrations (
        number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL
    ) STRICT
"""
_APPLIED: Final = "SELECT number, name, checksum FROM migrations"


class Migration(Struct, frozen=True):
    """One script."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """The SHA-256 of the script."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class CannotMigrate(Exception):  # noqa: N818 - a refusal to start, with a sentence
    """The file on disk and the scripts of this version do not go together."""


def shipped() -> list[Migration]:
    """The scripts that come with this version, in their order."""
    scripts = sorted((Path(__file__).parent / "sql").glob("*.sql"))
    return [Migration(int(script.name[:4]), script.name, script.read_text("utf-8")) for script in scripts]


def migrate(db: apsw.Connection, scripts: list[Migration]) -> None:
    """Bring the tables to the newest shape, all in one transaction. Raises CannotMigrate."""
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute(_TABLE)
        applied = {number: (name, checksum) for number, name, checksum in rows.fetch(db, _APPLIED)}
        for script in scripts:
            if script.number not in applied:
                db.execute(script.sql)
                db.execute(
                    "INSERT INTO migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
                    (script.number, script.name, script.checksum, time.time_ns() // 1_000_000),
                )
            elif applied.pop(script.number)[1] != script.checksum:
                raise CannotMigrate(
                    f"The migration {script.name} is not the one this database was made with; "
                    "install the version that made it, or start with a copy from a backup."
                )
        if applied:
            name, _ = applied[max(applied)]
            raise CannotMigrate(
                f"This database was written by a newer version (its last migration is {name}); install that version."
            )
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
