"""What a scripted step leaves: real rows and files in the execution's data, written by the writer that steps use."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from runbell.artifacts import ExecutionFolders
from runbell.domain.data import Column, OutputFile, RowSet, Yield
from runbell.domain.outcome import Outcome, Succeeded
from runbell.domain.status import OK, ExitStatus
from runbell.ports.runner import StepOrder
from runbell.rows.write import RowsWriter

Records = Iterable[Any]


def folder(root: Path, execution: str) -> Path:
    """Where the data of an execution lies in a house on `root`."""
    made = ExecutionFolders(root / "executions").home(execution) / "data"
    made.mkdir(parents=True, exist_ok=True)
    return made


def rows(into: Path, records: Records, name: str | None = None, columns: tuple[Column, ...] | None = None) -> RowSet:
    """A result set."""
    writer = RowsWriter(str(into), "result", name, columns)
    for record in records:
        writer.add(record)
    return writer.close()


def exceptions(into: Path, reasons: Mapping[str, Records], name: str | None = None) -> RowSet:
    """A set of exception records, by reason."""
    writer = RowsWriter(str(into), "exceptions", name)
    for reason, records in reasons.items():
        for record in records:
            writer.add(record, reason)
    return writer.close()


def file(into: Path, name: str, content: bytes | str, content_type: str | None = None) -> OutputFile:
    """An output file. The rows and columns of a table (`.csv`) that is given as text are counted."""
    raw = content.encode() if isinstance(content, str) else content
    kept = sha256(name.encode() + raw).hexdigest()[:32]
    (into / kept).write_bytes(raw)
    lines = content.splitlines() if isinstance(content, str) and name.endswith(".csv") else []
    return OutputFile(
        name=name, file=kept, size=len(raw), sha256=sha256(raw).hexdigest(),
        content_type=content_type or ("text/csv" if name.endswith(".csv") else "text/plain"),
        rows=len(lines) - 1 if lines else None, columns=len(lines[0].split(",")) if lines else None,
    )  # fmt: skip


class Leaving:
    """What a scripted step plays: it succeeds and leaves `results` by name, `exceptions` by name and reason, `files`.

    `root` is that of the house. What stands in lists is left anew by each attempt.
    """

    def __init__(
        self,
        root: Path,
        *,
        results: Mapping[str | None, Sequence[Any]] | None = None,
        columns: tuple[Column, ...] | None = None,
        exceptions: Mapping[str | None, Mapping[str, Sequence[Any]]] | None = None,
        files: Mapping[str, bytes | str] | None = None,
        code: str = OK,
    ) -> None:
        self._root, self._columns, self._code = root, columns, code
        self._results, self._exceptions, self._files = results or {}, exceptions or {}, files or {}

    def __call__(self, order: StepOrder) -> Outcome:
        """Play it."""
        into = folder(self._root, order.execution)
        left: tuple[Yield, ...] = (
            *(rows(into, records, name, self._columns) for name, records in self._results.items()),
            *(exceptions(into, reasons, name) for name, reasons in self._exceptions.items()),
            *(file(into, name, content) for name, content in self._files.items()),
        )
        return Succeeded(ExitStatus(self._code), data=left)
