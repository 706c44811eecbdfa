"""A connection for a step: opened by its engine URL, ended by a stop, its errors told without the URL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from runbell.domain.sql_text import Statement, statements
from runbell.runners.kinds import KindContext, StepFailed
from runbell.runners.kinds.engines import Answer, Batches, Engine, Place, Row, open_engine
from runbell.runners.kinds.stopping import Stopping, nothing

LONGEST: Final = 4_000
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Connection:
    """What a step asks its engine through. A stop cancels what runs and raises Stopped here."""

    def __init__(self, engine: Engine, stopping: Stopping) -> None:
        self._engine, self._stopping = engine, stopping

    @property
    def name(self) -> str:
        """The engine, for people."""
        return self._engine.name

    def quoted(self, identifier: str) -> str:
        """An identifier as it may stand in a text."""
        return self._engine.quoted(identifier)

    def begin(self, statements: int) -> None:
        """Before the statements of a text: in a step that may only read, nothing changes from here on."""
        with self._told():
            self._engine.begin(statements)

    def run(self, statement: Statement | str, bind: Mapping[str, Any] = NOTHING) -> Answer:
        """Run one statement. Its `batches` must be taken to their end, or closed, before the next.

        Raises StepFailed in the engine's words, and Stopped.
        """
        one = _only(statement) if isinstance(statement, str) else statement
        with self._told():
            answer = self._engine.run(one, one.values(bind))
        if answer.columns is not None:
            answer.batches = self._taken(answer.batches)
        return answer

    def row(self, statement: Statement | str, bind: Mapping[str, Any] = NOTHING) -> Row | None:
        """The first row of the answer, None when there is none."""
        batches = self.run(statement, bind).batches
        first = next(batches, [])
        batches.close()
        return first[0] if first else None

    def commit(self) -> None:
        """Make the changes since `begin` last."""
        with self._told():
            self._engine.commit()

    def _taken(self, batches: Batches) -> Batches:
        with self._told():
            try:
                for batch in batches:
                    self._stopping.look()
                    yield batch
            finally:
                batches.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        self._stopping.look()
        try:
            yield
        except ValueError as wrong:
            raise StepFailed(str(wrong)) from None
        except self._engine.errors as wrong:
            self._stopping.look()
            raise StepFailed(shortened(self._engine.said(wrong))) from None
        self._stopping.look()


@contextmanager
def connected(ctx: KindContext, task: Mapping[str, Any], *, write: bool = False) -> Iterator[Connection]:
    """The connection of a step's task (`connection`: the engine URL; without one DuckDB over the workspace's files).

    Raises StepFailed, with a sentence that shows nothing of the URL.
    """
    folders = [ctx.workspace, *([Path(ctx.folder)] if ctx.folder else [])]
    place = Place(
        url=(task.get("connection") or "").strip(), folders=tuple(folders), write=write, timeout_ms=ctx.timeout_ms,
        label=f"{ctx.job} #{ctx.number}",
    )  # fmt: skip
    with Stopping(ctx) as stopping:
        stopping.look()
        engine = _opened(place, task.get("connection_name") or "to DuckDB")
        stopping.cancel = engine.cancel
        try:
            yield Connection(engine, stopping)
        finally:
            stopping.cancel = nothing
            engine.close()


def _opened(place: Place, name: str) -> Engine:
    try:
        return open_engine(place)
    except StepFailed as wrong:
        raise StepFailed(f"The connection {name} cannot be used: {wrong}.") from None
    except Exception as wrong:
        raise StepFailed(f"The connection {name} cannot be made: {shortened(str(wrong))}") from None


def shortened(text: str) -> str:
    """An engine's words, of which the first four thousand characters will do."""
    said = text.strip()
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def _only(text: str) -> Statement:
    (one,) = statements(text)
    return one
