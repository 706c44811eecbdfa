"""What a scripted step leaves: real files in the execution's data, written by the writer that steps use."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from runbell.artifacts import ExecutionFolders
from runbell.domain.data import OutputFile, RowSet, Yield
from runbell.domain.outcome import Outcome, Succeeded
from runbell.ports.runner import StepOrder
from runbell.rows.write import RowsWriter


def folder(root: Path, execution: str) -> Path:
    """Where the data of an execution lies in a house on `root`."""
    made = ExecutionFolders(root / "executions").home(execution) / "data"
    made.mkdir(parents=True, exist_ok=True)
    return made


def rows(
    into: Path, records: Iterable[Any], name: str | None = None, *, reason: str | None = None, **more: Any
) -> RowSet:
    """A result set; with a `reason`, exception records."""
    writer = RowsWriter(str(into), "result" if reason is None else "exceptions", name, **more)
    for record in records:
        writer.add(record, reason or "")
    return writer.close()


def file(into: Path, name: str, content: bytes, content_type: str = "application/octet-stream") -> OutputFile:
    """An output file."""
    digest = sha256(content).hexdigest()
    (into / digest[:32]).write_bytes(content)
    return OutputFile(name=name, file=digest[:32], size=len(content), sha256=digest, content_type=content_type)


def leaves(root: Path, *what: Callable[[Path], Yield]) -> Callable[[StepOrder], Outcome]:
    """What a scripted step plays: it succeeds and leaves these."""
    return lambda order: Succeeded(data=tuple(one(folder(root, order.execution)) for one in what))
