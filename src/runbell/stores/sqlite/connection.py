"""Opening the file: one connection writes and checkpoints, others only read."""

from pathlib import Path
from typing import Final

import apsw

FLOOR: Final = (3, 51, 3)
"""Before it, two connections that write and checkpoint at once can corrupt a WAL file (https://sqlite.org/wal.html)."""

CACHE_KIB: Final = 65_536
WAL_FILE_BYTES: Final = 16 << 20
STATEMENTS: Final = 200


def version_problem(version: str) -> str | None:
    """Why this SQLite is not safe, in a sentence."""
    if tuple(int(part) for part in version.split(".")) >= FLOOR:
        return None
    floor = ".".join(str(part) for part in FLOOR)
    return f"SQLite {version} can corrupt its file in WAL mode; install an apsw that brings SQLite {floor} or newer."


def open_for_writing(path: Path) -> apsw.Connection:
    """The one connection that writes. Every commit is on disk when it returns; checkpoints are made by hand."""
    db = apsw.Connection(str(path), statementcachesize=STATEMENTS)
    db.set_busy_timeout(5_000)
    _settle(db)
    db.pragma("journal_mode", "WAL")
    db.pragma("synchronous", "FULL")
    db.pragma("wal_autocheckpoint", 0)
    db.pragma("journal_size_limit", WAL_FILE_BYTES)
    return db


def open_for_reading(path: Path) -> apsw.Connection:
    """A connection that can only read, and never checkpoints."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, statementcachesize=STATEMENTS)
    db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    db.set_busy_timeout(1_000)
    _settle(db)
    db.pragma("query_only", 1)
    return db


def _settle(db: apsw.Connection) -> None:
    # A plan must not look at the values of one execution: it would be made anew for the next, at 20 to 200 µs each.
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    db.pragma("cache_size", -CACHE_KIB)
    db.pragma("temp_store", "MEMORY")
