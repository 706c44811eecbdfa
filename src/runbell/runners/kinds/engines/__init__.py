"""The engines behind a connection, one file each: what they have in common, and which one an engine URL names."""

from collections.abc import Generator, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol, cast

from msgspec import Struct

from runbell.domain.data import Column
from runbell.domain.engine_url import scheme_of
from runbell.domain.sql_text import Statement
from runbell.runners.kinds import StepFailed

BATCH: Final = 1_000
"""Rows that are taken from an engine at once."""

Row = tuple[Any, ...]
Batches = Generator[list[Row], None, None]


class Place(Struct, frozen=True, kw_only=True):
    """What an engine is opened with. `folders` are those whose files it may read; relative paths begin in the first.

    `write` False: whatever the text says, nothing may change. `timeout_ms` None: no limit.
    """

    url: str
    folders: tuple[Path, ...]
    write: bool
    timeout_ms: int | None
    label: str


class Answer:
    """What one statement brought. `columns` None: no rows. `changed` (rows) and the columns' types are final when
    `batches` has ended; an engine that knows no types learns them from the values."""

    def __init__(
        self, columns: list[Column] | None = None, batches: Batches | None = None, changed: int | None = None
    ) -> None:
        self.columns = columns
        self.batches = _nothing() if batches is None else batches
        self.changed = changed

    def rows(self) -> Iterator[Row]:
        """Row by row."""
        for batch in self.batches:
            yield from batch


def _nothing() -> Batches:
    yield from ()


class Engine(Protocol):
    """An open connection. `name` is for people; `errors` are the exceptions of its driver, which `said` tells."""

    name: str
    errors: tuple[type[Exception], ...]

    def begin(self, statements: int) -> None:
        """Before a text of so many statements: they count all or not at all."""
        ...

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Answer:
        """Run one statement with its values bound; `batches` is taken to its end or closed before the next one."""
        ...

    def commit(self) -> None:
        """Make the changes since `begin` last."""
        ...

    def cancel(self) -> None:
        """End what runs now. Called from another thread, and again while it does not end."""
        ...

    def close(self) -> None:
        """Let go of everything; what was not committed is undone."""
        ...

    def said(self, wrong: Exception) -> str:
        """An exception in the engine's own words, without the URL."""
        ...

    def quoted(self, identifier: str) -> str:
        """An identifier as it stands in a text, whatever characters it has."""
        ...


_FILES: Final = {"": "duckdb", "duckdb": "duckdb", "postgresql": "postgresql", "postgres": "postgresql",
                 "sqlite": "sqlite"}  # fmt: skip
_NEEDS: Final = {
    "duckdb": ("DuckDB", "duckdb"),
    "postgresql": ("PostgreSQL", "postgres"),
    "other": ("SQLAlchemy", "sql"),
}


def open_engine(place: Place) -> Engine:
    """The engine that the URL names; without one DuckDB, in memory. Raises StepFailed, and what its driver raises."""
    scheme = scheme_of(place.url)
    if place.url and not scheme:
        raise StepFailed(
            "it is no engine URL, like postgresql://user:password@host:5432/database or sqlite:////data/x.db"
        )
    file = _FILES.get(scheme, "other")
    try:
        module = import_module(f"{__name__}.{file}")
    except ModuleNotFoundError as missing:
        engine, extra = _NEEDS[file]
        raise StepFailed(
            f"{engine} is not installed here ({missing.name} is missing); "
            f'install it for the server (pip install "runbell[{extra}]") and start the server again'
        ) from None
    return cast("Engine", module.connect(place))
