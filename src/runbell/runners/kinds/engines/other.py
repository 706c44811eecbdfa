"""Whatever SQLAlchemy reaches. How much the driver does (streaming, cancelling, refusing to write) differs."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

from runbell.domain.data import Column, StandardType
from runbell.domain.sql_text import Statement
from runbell.rows.form import standard_type_of
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.engines import BATCH, Answer, Batches, Place
from runbell.runners.kinds.engines.columns import learned, named
from runbell.runners.kinds.engines.texts import plain

_READING: Final = frozenset(("SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC"))
_STREAMED: Final = frozenset(("SELECT", "WITH", "VALUES", "TABLE"))
"""What a cursor of the server's can be for: in PostgreSQL neither SHOW, nor a query that may change something."""
LATER_MS: Final = 2_000
_SETTING: Final = sqlalchemy.text("select set_config(name, :value, false) from pg_settings where name = :name")
_READ_ONLY: Final = {
    "postgresql": "set transaction read only",
    "mysql": "set session transaction read only",
    "mariadb": "set session transaction read only",
    "oracle": "set transaction read only",
    "sqlite": "pragma query_only = on",
}
_KINDS: Final[tuple[tuple[str, StandardType], ...]] = (("DATETIME", "datetime"), ("NUMBER", "decimal"))
_COLON: Final = re.compile(r":(?=\w)")
_LINK: Final = re.compile(r"\s*\(Background on this error at: \S+\)")


class Other:
    """One connection, in one transaction that is undone at its end unless it may write."""

    errors: tuple[type[Exception], ...] = (SQLAlchemyError,)

    def __init__(self, place: Place) -> None:
        self._write = place.write
        self._engine = _engine(place.url)
        self.name = self._engine.dialect.name
        self._db = self._engine.connect()
        self._driver = self._db.connection.driver_connection
        if self.name == "postgresql":
            self._agree(place)

    def _agree(self, place: Place) -> None:
        """As our own way to PostgreSQL: times in UTC, and a server that notices when we are gone."""
        settings = {"TimeZone": "UTC", "client_connection_check_interval": "1000",
                    "application_name": f"runbell {place.label}"[:60]}  # fmt: skip
        if place.timeout_ms is not None:
            settings["statement_timeout"] = str(place.timeout_ms + LATER_MS)
        for name, value in settings.items():  # a server that is too old for one of them does without it
            self._db.execute(_SETTING, {"name": name, "value": value})
        self._db.commit()

    def begin(self, statements: int) -> None:
        """One transaction; where the database has a way to say that it may only read, it is told so."""
        said = _READ_ONLY.get(self.name)
        if self.name == "sqlite" and self._write:  # Python's driver would begin it only with the first change of a row
            said = "begin immediate" if statements > 1 else None
        elif self._write:
            said = None
        if said:
            self._db.exec_driver_sql(said)

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Answer:
        """One statement."""
        if not self._write and statement.word not in _READING:
            word = statement.word or "this"
            raise StepFailed(f"this step may only read, and {word} could write; say `write: true` to let it")
        # The blank behind a name: SQLAlchemy takes `:day::date` for no name at all.
        text = statement.written(lambda name: f":{name} ", lambda between: _COLON.sub(r"\\:", between))
        asked = sqlalchemy.text(text)
        if not self._write and statement.word in _STREAMED:
            asked = asked.execution_options(stream_results=True, max_row_buffer=BATCH)
        result = self._db.execute(asked, {name: plain(value) for name, value in values.items()})
        if not result.returns_rows:
            return Answer(changed=result.rowcount if result.rowcount >= 0 else None)
        kinds = [self._standard(told[1]) for told in result.cursor.description]
        columns = [Column(name, kind) for name, kind in zip(named(result.keys()), kinds, strict=True)]
        return Answer(columns, learned(columns, _batches(result)))

    def _standard(self, code: Any) -> StandardType:
        """What a driver says of a column, as far as all of them say it alike (PEP 249); the values may know better."""
        if isinstance(code, type):
            return standard_type_of(code)
        driver = self._engine.dialect.dbapi
        for name, kind in _KINDS:
            if code is not None and code == getattr(driver, name, None):
                return kind
        return "text"

    def commit(self) -> None:
        """What the text did."""
        if self._write:
            self._db.commit()

    def cancel(self) -> None:
        """Where the driver has a way; what has none is ended by the hand, which kills this process."""
        for word in ("cancel_safe", "cancel", "interrupt"):
            found = getattr(self._driver, word, None)
            if found is not None:
                found()
                return

    def close(self) -> None:
        """Undo what was not committed, and go."""
        with suppress(SQLAlchemyError):
            self._db.close()
        self._engine.dispose()

    def said(self, wrong: Exception) -> str:
        """The driver's words, without the text and the values that SQLAlchemy adds."""
        driver = getattr(wrong, "orig", None)
        return str(driver) if driver is not None else _LINK.sub("", str(wrong).partition("\n[SQL:")[0])

    def quoted(self, identifier: str) -> str:
        """As the dialect does it."""
        return self._engine.dialect.identifier_preparer.quote_identifier(identifier)


def connect(place: Place) -> Other:
    """Open it."""
    return Other(place)


def _engine(url: str) -> sqlalchemy.Engine:
    scheme = url.partition(":")[0]
    try:
        return sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool, hide_parameters=True)
    except ModuleNotFoundError as missing:
        said = f"the driver for {scheme} is not installed here ({missing.name} is missing)"
        raise StepFailed(f"{said}; install it for the server and start the server again") from None
    except (SQLAlchemyError, ValueError, TypeError):  # their words may show a piece of the URL
        raise StepFailed(
            f"SQLAlchemy knows no engine `{scheme}`, or does not understand the rest; write "
            "dialect+driver://user:password@host:port/database"
        ) from None


def _batches(result: Any) -> Batches:
    try:
        while batch := result.fetchmany(BATCH):
            yield [tuple(row) for row in batch]
    finally:
        result.close()
