"""What is done to the file beside serving it: copied while in use, checked, brought to the newest shape, packed."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from runbell.domain.data import parts
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.connection import open_for_reading, open_for_writing
from runbell.stores.sqlite.migrations import CannotMigrate, migrate, shipped

_SHAPE: Final = "SELECT max(number) FROM migrations"
_IDS: Final = "SELECT id FROM executions"
_DATA: Final = """
    SELECT e.id, s.data FROM steps s JOIN executions e ON e.number = s.number
    WHERE s.data IS NOT NULL AND e.removed & 2 = 0 AND e.ended_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM steps l
        WHERE l.number = s.number AND l.name = s.name AND l.scope IS s.scope AND l.attempt > s.attempt
    )
"""
_BLOCK: Final = 1 << 20


def copy(database: Path, target: Path) -> None:
    """A copy as of one moment, whole and on disk when this returns; the server goes on writing meanwhile.

    One read transaction over the whole copy: SQLite would begin anew at every commit of another process otherwise, and
    under load never end. VACUUM INTO would do too, and takes 3 times as long. The copy needs no WAL beside it.
    """
    fresh = target.with_name(target.name + ".part")
    fresh.unlink(missing_ok=True)
    source = open_for_reading(database)
    made = apsw.Connection(str(fresh))
    try:
        with made.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(-1)
        made.pragma("journal_mode", "DELETE")
        check(made)
    finally:
        made.close()
        source.close()
    fresh.chmod(0o600)
    _to_disk(fresh)
    fresh.rename(target)
    _to_disk(target.parent)


def check(db: apsw.Connection) -> None:
    """Raises apsw.CorruptError when the file is damaged."""
    said = [str(line) for (line,) in rows.fetch(db, "PRAGMA quick_check(3)")]
    if said != ["ok"]:
        raise apsw.CorruptError("; ".join(said))


def inspect(database: Path) -> int:
    """The number of the file's last migration. Raises CannotMigrate for a newer one, apsw.Error for damage."""
    db = open_for_reading(database)
    try:
        check(db)
    finally:
        db.close()
    found = shape(database)
    if found > newest():
        raise CannotMigrate(
            f"{database} was written by a newer version (its last migration is {found}, ours {newest()}); "
            "install that version."
        )
    return found


def shape(database: Path) -> int:
    """The number of the file's last migration, without a look at the rest."""
    db = open_for_reading(database)
    try:
        return int(rows.fetch(db, _SHAPE)[0][0] or 0)
    finally:
        db.close()


def execution_ids(database: Path) -> set[str]:
    """The ids of all executions in the file."""
    db = open_for_reading(database)
    try:
        return {str(id_) for (id_,) in rows.fetch(db, _IDS)}
    finally:
        db.close()


def left_files(database: Path) -> Iterator[tuple[str, list[str]]]:
    """The files of the data of ended executions, by step: the execution's id, and what the last attempt left."""
    db = open_for_reading(database)
    try:
        for execution, data in db.execute(_DATA):
            if names := parts(rows.json_data(data)):
                yield str(execution), names
    finally:
        db.close()


def newest() -> int:
    """The number of the last migration that this version brings."""
    return shipped()[-1].number


def upgrade(database: Path) -> None:
    """Bring the tables to the newest shape. Nobody else may have the file open. Raises CannotMigrate."""
    db = open_for_writing(database)
    try:
        migrate(db, shipped())
    finally:
        db.close()


def pack(database: Path) -> None:
    """Give back the room of what was deleted. Nobody else may have the file open."""
    db = open_for_writing(database)
    try:
        db.execute("VACUUM")
        db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    finally:
        db.close()


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    with file.open("rb") as read:
        while block := read.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
