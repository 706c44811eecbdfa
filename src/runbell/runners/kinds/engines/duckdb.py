"""DuckDB, inside the step's own process: over the files of the workspace, or a database file."""

import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qsl

import duckdb
import msgspec

from runbell.domain.data import Column, StandardType
from runbell.domain.sql_text import Statement
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.engines import BATCH, Answer, Batches, Place, Row
from runbell.runners.kinds.engines.columns import named
from runbell.runners.kinds.engines.texts import file_of, quoted

_SETTINGS: Final = ("memory_limit", "threads")
_OFF: Final = (
    "autoinstall_known_extensions", "allow_community_extensions", "python_enable_replacements",
    "allow_persistent_secrets", "enable_external_access",
)  # fmt: skip
_READING: Final = frozenset((
    "SELECT", "EXPLAIN", "RELATION", "CREATE", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "TRANSACTION", "ANALYZE",
    "VARIABLE_SET", "MERGE_INTO",
))  # fmt: skip
"""Kinds of statements that leave files alone. What they make lies in memory and is gone with the step."""
_ALSO: Final = (("PIVOT",), ("SET", "VARIABLE"))
_TYPES: Final[dict[str, StandardType]] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "BIGNUM"), "int"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "int"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), "decimal"),
    **dict.fromkeys(("JSON", "STRUCT", "MAP", "UNION", "VARIANT"), "json"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "datetime"),
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "BOOLEAN": "bool",
    "DATE": "date",
}


class DuckDB:
    """One connection of its own: nothing is shared with another step, and nothing can be configured from the text."""

    name = "DuckDB"
    errors: tuple[type[Exception], ...] = (duckdb.Error, RuntimeError)

    def __init__(self, place: Place) -> None:
        self._write = place.write
        self._spill = place.folders[0] / f".spill-{id(self)}"
        file, settings = _read(place.url)
        self._db = duckdb.connect(str(place.folders[0] / file) if file else ":memory:", bool(file) and not place.write)
        try:
            self._lock(place, settings)
        except BaseException:
            self.close()
            raise

    def _lock(self, place: Place, settings: dict[str, str]) -> None:
        """From here on it reads and writes in the folders only, loads nothing, and takes no other setting."""
        folders = [*(str(folder) for folder in place.folders), str(self._spill)]
        told = {"TimeZone": "UTC", "temp_directory": str(self._spill), "allowed_directories": folders, **settings}
        for name, value in (*told.items(), *((name, False) for name in _OFF)):
            self._db.execute(f"set {name} = {_literal(value)}")
        self._db.execute("set lock_configuration = true")

    def begin(self, statements: int) -> None:
        """One transaction, unless there is only one statement."""
        if statements > 1:
            self._db.execute("begin")

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Answer:
        """One statement. One that could change files is refused in a step that may only read."""
        text = statement.written(lambda name: f"${name}")
        parsed = self._db.extract_statements(text)
        if len(parsed) != 1:
            raise StepFailed("it finds more than one statement there; begin each on a line of its own")
        if not self._write:
            self._only_reads(statement, parsed[0], text)
        result = self._db.execute(parsed[0], dict(values)) if values else self._db.execute(parsed[0])
        may_be = {kind.name for kind in parsed[0].expected_result_type}
        if "CHANGED_ROWS" in may_be and [column[0] for column in result.description or ()] == ["Count"]:
            return Answer(changed=int((result.fetchone() or (0,))[0]))
        if not result.description or "QUERY_RESULT" not in may_be:
            return Answer()
        names = named(column[0] for column in result.description)
        types = [str(column[1]) for column in result.description]
        columns = [Column(name, _standard(source), source) for name, source in zip(names, types, strict=True)]
        return Answer(columns, _batches(result, [place for place, source in enumerate(types) if source == "JSON"]))

    @staticmethod
    def _only_reads(statement: Statement, parsed: duckdb.Statement, text: str) -> None:
        """Raises StepFailed. COPY is looked for everywhere: it also stands in a WITH, and behind EXPLAIN ANALYZE."""
        known = parsed.type.name in _READING or statement.words[:1] in _ALSO or statement.words[:2] in _ALSO
        word = "COPY" if _says_copy(text) else "" if known else statement.word or "this"
        if word:
            raise StepFailed(f"this step may only read, and {word} could write; say `write: true` to let it")

    def commit(self) -> None:
        """What a script did in one transaction."""
        with suppress(duckdb.TransactionException):  # there is none, or the script ended it itself
            self._db.commit()

    def cancel(self) -> None:
        """DuckDB looks up from its work often enough."""
        self._db.interrupt()

    def close(self) -> None:
        """Undo what is open, and take the spill files away."""
        self._db.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def said(self, wrong: Exception) -> str:
        """As it says it."""
        return str(wrong)

    def quoted(self, identifier: str) -> str:
        """In double quotes."""
        return quoted(identifier)


def connect(place: Place) -> DuckDB:
    """Open it."""
    return DuckDB(place)


def _read(url: str) -> tuple[str, dict[str, str]]:
    """The file that a URL names (empty: in memory) and its settings, as SQLAlchemy writes such URLs."""
    settings = dict(parse_qsl(url.partition("?")[2]))
    unknown = settings.keys() - set(_SETTINGS)
    if unknown:
        raise StepFailed(f"a duckdb: URL takes {' and '.join(_SETTINGS)}, and not {min(unknown)}")
    return file_of(url), settings


def _says_copy(text: str) -> bool:
    """Whether the keyword is in the text, as DuckDB itself reads it. A column of that name needs its quotes."""
    return any(
        kind is duckdb.token_type.keyword and re.match(r"copy\b", text[at : at + 5], re.IGNORECASE)
        for at, kind in duckdb.tokenize(text)
    )


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + str(value).replace("'", "''") + "'"


def _standard(source: str) -> StandardType:
    if source.endswith("]"):
        return "json"
    return _TYPES.get(source.partition("(")[0], "text")


def _batches(result: Any, parsed: list[int]) -> Batches:
    while batch := result.fetchmany(BATCH):
        yield [_with_json(row, parsed) for row in batch] if parsed else batch


def _with_json(row: Row, places: list[int]) -> Row:
    values = list(row)
    for place in places:
        if values[place] is not None:
            values[place] = msgspec.json.decode(values[place])
    return tuple(values)
