"""SQLite, inside the step's own process: a database file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import apsw

from runbell.domain.data import Column, StandardType
from runbell.domain.parameters_pattern import compiled
from runbell.domain.sql_text import Statement
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.engines import BATCH, Answer, Batches, Place, Row
from runbell.runners.kinds.engines.columns import learned, named
from runbell.runners.kinds.engines.texts import file_of, plain, quoted

_BUSY_MS: Final = 10_000
_AFFINITIES: Final[tuple[tuple[str, StandardType], ...]] = (
    ("INT", "int"), ("BOOL", "bool"), ("DATETIME", "datetime"), ("TIMESTAMP", "datetime"), ("DATE", "date"),
    ("JSON", "json"), ("REAL", "decimal"), ("FLOA", "decimal"), ("DOUB", "decimal"), ("DEC", "decimal"),
    ("NUM", "decimal"),
)  # fmt: skip
_TELLING: Final = frozenset((
    "application_id", "collation_list", "compile_options", "database_list", "encoding", "freelist_count",
    "function_list", "module_list", "page_count", "page_size", "schema_version", "table_list", "user_version",
))  # fmt: skip
"""Pragmas that tell something when nothing is set."""
_TAKING_A_NAME: Final = frozenset((
    "foreign_key_check", "foreign_key_list", "index_info", "index_list", "index_xinfo", "integrity_check",
    "quick_check", "table_info", "table_list", "table_xinfo",
))  # fmt: skip
"""Pragmas that tell something about what is named."""


class SQLite:
    """One connection. One that may only read is opened so, and may neither attach a file nor change a setting."""

    name = "SQLite"
    errors: tuple[type[Exception], ...] = (apsw.Error,)

    def __init__(self, place: Place) -> None:
        file, self._write = file_of(place.url), place.write
        at = str(place.folders[0] / file) if file else ":memory:"
        if file and not place.write and not Path(at).is_file():
            raise StepFailed("there is no such database file, and a step without `write: true` makes none")
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE if place.write else apsw.SQLITE_OPEN_READONLY
        self._db = apsw.Connection(at, flags=flags)
        self._db.set_busy_timeout(_BUSY_MS)
        self._db.create_scalar_function("runbell_matches", _matches, 2, deterministic=True)
        if not place.write:
            self._db.pragma("query_only", True)
            self._db.authorizer = _reads_only
        self._open = False

    def begin(self, statements: int) -> None:
        """One transaction, unless there is only one statement."""
        self._open = statements > 1
        if self._open:
            self._db.execute("begin immediate" if self._write else "begin")

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Answer:
        """One statement."""
        before = self._db.total_changes()
        cursor = self._db.cursor()
        described: list[tuple[str, str | None]] = []

        def describe(running: apsw.Cursor, _text: str, _bound: Any) -> bool:
            described[:] = running.get_description()
            return True

        cursor.exec_trace = describe
        bound = {name: plain(value) for name, value in values.items()}
        cursor.execute(statement.written(lambda name: f":{name}"), bound or None)
        if not described:
            return Answer(changed=self._db.total_changes() - before)
        names = named(name for name, _ in described)
        declared = [source or "" for _, source in described]
        columns = [Column(name, _standard(source), source) for name, source in zip(names, declared, strict=True)]
        answer = Answer(columns)
        answer.batches = learned(columns, self._batches(cursor, answer, before))
        return answer

    def _batches(self, cursor: apsw.Cursor, answer: Answer, before: int) -> Batches:
        batch: list[Row] = []
        for row in cursor:
            batch.append(row)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
        answer.changed = self._db.total_changes() - before

    def commit(self) -> None:
        """What a script did in one transaction."""
        if self._open and self._db.in_transaction:
            self._db.execute("commit")

    def cancel(self) -> None:
        """SQLite looks up after every few steps of its machine."""
        self._db.interrupt()

    def close(self) -> None:
        """What is open is undone."""
        self._db.close(True)

    def said(self, wrong: Exception) -> str:
        """Its words, without the name of the class."""
        return str(wrong)

    def quoted(self, identifier: str) -> str:
        """In double quotes."""
        return quoted(identifier)


def connect(place: Place) -> SQLite:
    """Open it."""
    return SQLite(place)


def _standard(source: str) -> StandardType:
    """What a declared type stands for; a value may be of another type all the same."""
    declared = source.upper()
    return next((standard for part, standard in _AFFINITIES if part in declared), "text")


def _matches(*given: Any) -> bool | None:
    """Whether a text matches a pattern as a whole; null does neither."""
    pattern, text = given
    return None if text is None else compiled(pattern).fullmatch(text) is not None


def _reads_only(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """What the text of a step that may only read is allowed to do."""
    if action in (apsw.SQLITE_ATTACH, apsw.SQLITE_DETACH):
        return apsw.SQLITE_DENY
    if action == apsw.SQLITE_PRAGMA and not (str(first).lower() in _TELLING and second is None):
        return apsw.SQLITE_OK if str(first).lower() in _TAKING_A_NAME else apsw.SQLITE_DENY
    if action == apsw.SQLITE_FUNCTION and str(second).lower() == "load_extension":
        return apsw.SQLITE_DENY
    return apsw.SQLITE_OK
