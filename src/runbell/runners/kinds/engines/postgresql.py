"""PostgreSQL, through psycopg: rows are streamed in small batches, and a backend never outlives its step."""

import re
from collections.abc import Generator, Mapping
from contextlib import suppress
from datetime import UTC
from itertools import chain, islice
from typing import Any, Final, cast

import msgspec
import psycopg
from psycopg import pq
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.generators import fetch
from psycopg.pq.abc import PGresult
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from psycopg.types.string import TextLoader

from runbell.domain.data import Column, StandardType
from runbell.domain.sql_text import Statement
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.engines import BATCH, Answer, Batches, Place, Row
from runbell.runners.kinds.engines.columns import named
from runbell.runners.kinds.engines.texts import quoted

CONNECT_SECONDS: Final = 10
_CHUNK: Final = 200
_LATER_MS: Final = 2_000
"""The server's own time limit comes so much later than the step's, whose end says it better."""
_CANCEL_SECONDS: Final = 2.0
_LEAVING: Final = frozenset((
    "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "PREPARE", "EXECUTE", "COPY", "DISCARD", "RESET", "LISTEN",
    "NOTIFY", "LOAD",
))  # fmt: skip
"""Statements that leave a transaction that may only read, or write elsewhere than in the database."""
_TYPES: Final[dict[str, StandardType]] = {
    **dict.fromkeys(("int2", "int4", "int8", "oid"), "int"),
    **dict.fromkeys(("numeric", "float4", "float8"), "decimal"),
    **dict.fromkeys(("timestamp", "timestamptz"), "datetime"),
    **dict.fromkeys(("json", "jsonb"), "json"),
    "bool": "bool",
    "date": "date",
}
_CHANGING: Final = ("INSERT", "UPDATE", "DELETE", "MERGE", "COPY")


class PostgreSQL:
    """One connection, and one transaction: what may only read is told so to the server, which keeps to it."""

    name = "PostgreSQL"
    errors: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, place: Place) -> None:
        told = _read(place.url)
        told.setdefault("connect_timeout", CONNECT_SECONDS)
        told.setdefault("application_name", f"runbell {place.label}"[:60])
        self._write = place.write
        self._db = psycopg.connect(**told, autocommit=True, cursor_factory=psycopg.RawCursor)
        try:
            self._agree(place)
        except BaseException:
            self._db.close()
            raise
        for kind, loader in (("timestamp", _Timestamp), ("timestamptz", _TimestampUtc), ("date", _Date)):
            self._db.adapters.register_loader(kind, loader)
        self._db.adapters.register_loader("interval", TextLoader)

    def _agree(self, place: Place) -> None:
        """How values are written, how long a statement may take, and that the server notices when we are gone."""
        settings = {"TimeZone": "UTC", "DateStyle": "ISO", "IntervalStyle": "iso_8601",
                    "client_connection_check_interval": "1000"}  # fmt: skip
        if place.timeout_ms is not None:
            settings["statement_timeout"] = str(place.timeout_ms + _LATER_MS)
        if not place.write:
            settings["default_transaction_read_only"] = "on"
        for name, value in settings.items():  # a server that is too old for one of them does without it
            self._db.execute("select set_config(name, $1, false) from pg_settings where name = $2", (value, name))

    def begin(self, statements: int) -> None:
        """A transaction that may only read, closed to a change of mind by its first query; or one for a script.

        A single statement that writes needs none, and some (VACUUM) bear none.
        """
        if not self._write:
            self._db.execute("begin isolation level repeatable read, read only")
            self._db.execute("select 1")
        elif statements > 1:
            self._db.execute("begin")

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Answer:
        """One statement."""
        if not self._write and statement.word in _LEAVING:
            raise StepFailed(f"this step may only read, and {statement.word} could write; say `write: true` to let it")
        places = {name: f"${place}" for place, name in enumerate(values, 1)}
        cursor = _Streaming(self._db)
        text, bound = statement.written(places.__getitem__), [_bound(value) for value in values.values()]
        rows = cast("Generator[Row, None, None]", cursor.stream(text, bound, size=_CHUNK))
        first = next(rows, None)
        if cursor.description is None:
            return Answer(changed=cursor.changed)
        names = named(column.name for column in cursor.description)
        types = [_word(column.type_display) for column in cursor.description]
        answer = Answer([Column(name, _standard(source), source) for name, source in zip(names, types, strict=True)])
        answer.batches = _batches(first, rows, answer, changes=statement.word in _CHANGING)
        return answer

    def commit(self) -> None:
        """What a script did in one transaction, unless it ended that itself."""
        if self._db.info.transaction_status == pq.TransactionStatus.INTRANS:
            self._db.execute("commit")

    def cancel(self) -> None:
        """The server is asked by a connection of its own to end the query."""
        self._db.cancel_safe(timeout=_CANCEL_SECONDS)

    def close(self) -> None:
        """Go; the server undoes what is open, and ends what it may still do for us within a second."""
        with suppress(psycopg.Error):
            self._db.close()

    def said(self, wrong: Exception) -> str:
        """The server's words."""
        return str(wrong)

    def quoted(self, identifier: str) -> str:
        """In double quotes."""
        return quoted(identifier)


def connect(place: Place) -> PostgreSQL:
    """Open it."""
    return PostgreSQL(place)


class _Streaming(psycopg.RawCursor[Row]):
    """A stream that also knows the columns when there are no rows, and what a statement without rows changed."""

    changed: int | None = None

    def _stream_fetchone_gen(self, first: bool) -> PQGen[PGresult | None]:  # type: ignore[explicit-override]
        result: PGresult | None = yield from fetch(self._pgconn)
        if result is None:
            return None
        if result.status in (pq.ExecStatus.SINGLE_TUPLE, pq.ExecStatus.TUPLES_CHUNK):
            self.pgresult = result
            self._tx.set_pgresult(result, set_loaders=first)
            if first:
                self._make_row = self._make_row_maker()
            return result
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            self._raise_for_result(result)
        ends: PGresult | None = result
        while ends:
            ends = yield from fetch(self._pgconn)
        if (result.command_status or b"").decode().startswith(_CHANGING):
            self.changed = result.command_tuples
        if first:
            self.pgresult = result
        return None


def _batches(first: Row | None, rows: Generator[Row, None, None], answer: Answer, *, changes: bool) -> Batches:
    count = 0
    try:
        every = rows if first is None else chain((first,), rows)
        while batch := list(islice(every, BATCH)):
            count += len(batch)
            yield batch
        answer.changed = count if changes else None
    finally:
        rows.close()  # what is not wanted any more is cancelled


class _Timestamp(TimestampLoader):
    """`infinity`, and years that Python has not, stay texts."""

    def load(self, data: Any) -> Any:  # type: ignore[explicit-override]
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


class _TimestampUtc(TimestamptzLoader):
    """The same, with a time zone, which is UTC."""

    def load(self, data: Any) -> Any:  # type: ignore[explicit-override]
        try:
            return super().load(data).astimezone(UTC)
        except psycopg.DataError:
            return bytes(data).decode()


class _Date(DateLoader):
    """The same for dates."""

    def load(self, data: Any) -> Any:  # type: ignore[explicit-override]
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


def _read(url: str) -> dict[str, Any]:
    try:
        told = dict(conninfo_to_dict(url))
        if not re.fullmatch("[0-9,]*", str(told.get("port", ""))):  # a piece of a password that was not escaped
            raise psycopg.ProgrammingError
        return told
    except psycopg.Error:  # its words may show a piece of the URL
        raise StepFailed(
            "PostgreSQL does not understand it; write postgresql://user:password@host:5432/database, and in user and "
            "password every character but letters and digits as %XX"
        ) from None


def _word(source: str) -> str:
    """The type's name; empty for the types of a database's own, of which only the number comes along."""
    return "" if source.isdecimal() else source


def _standard(source: str) -> StandardType:
    return "json" if source.endswith("]") else _TYPES.get(source.partition("(")[0], "text")


def _bound(value: Any) -> Any:
    """Objects, and lists that hold lists or objects, go as JSON text, whose type the server finds by its place."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, list | dict) for item in value)):
        return msgspec.json.encode(value).decode()
    return value
