"""Where the files of an execution lie, and how its log is read back."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from runbell.domain.data import RowSet
from runbell.ports.data_files import DataFiles
from runbell.ports.uploads import Uploads


class LogLine(Struct, frozen=True):
    """One line of a log. `partial`: the piece of a long line, which the next piece of the same step continues."""

    n: int
    t: str
    step: str
    scope: str | None
    attempt: int
    stream: str
    text: str
    partial: bool = False


class LogPage(Struct, frozen=True):
    """Consecutive lines; `size` is how many bytes of the log were there, `end` whether they reach it.

    `truncated`: its limit left something out. `found`: how many lines are wanted in all, if that was asked for;
    `at_least`: not all of the log was looked at.
    """

    lines: list[LogLine]
    size: int
    end: bool
    truncated: bool
    found: int | None = None
    at_least: bool = False


class LogFilter(Struct, frozen=True, kw_only=True):
    """Which lines are wanted. `q` is searched in the text, letter case ignored. `count`: also count them all."""

    after_line: int | None = None
    before_line: int | None = None
    tail: int | None = None
    step: str | None = None
    stream: str | None = None
    q: str | None = None
    limit: int = 1_000
    count: bool = False


class Left(Struct, frozen=True):
    """What is left of an execution's files: its folder, its workspace, and which result files are missing."""

    home: bool
    workspace: bool
    missing: tuple[str, ...] = ()


class NoParquet(Exception):  # noqa: N818 - an answer, not a defect
    """Parquet cannot be made here; the sentence says what is missing."""


class Artifacts(Protocol):
    """The folders of executions. Nothing a caller names ever becomes part of a path."""

    @property
    def uploads(self) -> Uploads:
        """Where the files lie that callers hand in."""
        ...

    @property
    def data(self) -> DataFiles:
        """Where the rows and files lie that steps left."""
        ...

    def home(self, execution: str) -> Path:
        """The execution's folder (made by the hand when first needed)."""
        ...

    async def log(self, execution: str, wanted: LogFilter) -> LogPage:
        """Lines of the log; bounded work per call, whatever the size of the log."""
        ...

    def log_size(self, execution: str) -> int:
        """How many bytes the log has now, 0 when nothing was written; one cheap look, which may be made often."""
        ...

    def log_file(self, execution: str) -> Path | None:
        """The stored log as a file, or None when nothing was written yet."""
        ...

    async def result(self, execution: str, name: str) -> bytes | None:
        """The JSON of a result that was too large to be kept inline."""
        ...

    async def parquet(self, rows: RowSet, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """A set of rows, whose file comes in pieces, as Parquet in pieces. Raises NoParquet."""
        ...

    async def left(self, execution: str, results: Iterable[str]) -> Left:
        """What is still there of it, and which of these result files are not."""
        ...

    async def copy_workspace(self, source: str, target: str) -> None:
        """A restart begins with a copy of the workspace (and the result files) it goes on from; not of its data."""
        ...

    async def strip(self, executions: Iterable[str], *, log: bool, data: bool) -> None:
        """Remove the log, or everything but the log (workspace, results, output), of these executions."""
        ...

    def held(self, at_once: int) -> AsyncIterator[list[str]]:
        """The executions for which something lies there, `at_once` at a time."""
        ...

    def lying(self, at_once: int, before: int) -> AsyncIterator[dict[str, list[str]]]:
        """What may be left over, last changed before then (epoch ms), by execution, `at_once` of these at a time.

        Files of the data are named `data/NAME`, whether a step names them or not; the rest hands left unfinished.
        """
        ...

    async def take_away(self, execution: str, names: Iterable[str]) -> int:
        """Remove these things that `lying` named; how many. Nothing of an execution that somebody works for."""
        ...

    async def delete(self, executions: Iterable[str]) -> None:
        """Remove everything that lies there for these executions."""
        ...
