"""Scripted steps that leave data: the rows and files are written where the house looks for them."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from runbell.artifacts.days import day_of
from runbell.domain.data import Column, OutputFile, Yield
from runbell.domain.outcome import Outcome, Succeeded
from runbell.domain.status import OK, ExitStatus
from runbell.ports.runner import StepOrder
from runbell.rows.write import RowsWriter

Rows = Iterable[dict[str, Any]]


class Leaving:
    """What a step leaves: `results` by name, `exceptions` by rule and reason, `files` by name."""

    def __init__(
        self,
        root: Path,
        *,
        results: dict[str | None, Rows] | None = None,
        columns: tuple[Column, ...] | None = None,
        exceptions: dict[str, dict[str, Rows]] | None = None,
        files: dict[str, str] | None = None,
        code: str = OK,
    ) -> None:
        self._root, self._columns, self._code = root / "executions", columns, code
        self._results, self._exceptions, self._files = results or {}, exceptions or {}, files or {}

    def __call__(self, order: StepOrder) -> Outcome:
        """The play of a scripted hand."""
        folder = self._root / day_of(order.execution) / order.execution / "data"
        folder.mkdir(parents=True, exist_ok=True)
        left: list[Yield] = []
        for name, rows in self._results.items():
            writer = RowsWriter(str(folder), "result", name, self._columns)
            for row in rows:
                writer.add(row)
            left.append(writer.close())
        for rule, reasons in self._exceptions.items():
            writer = RowsWriter(str(folder), "exceptions", rule)
            for reason, rows in reasons.items():
                for row in rows:
                    writer.add(row, reason)
            left.append(writer.close())
        left += [_file(folder, place, name, text) for place, (name, text) in enumerate(self._files.items())]
        return Succeeded(ExitStatus(self._code), data=tuple(left))


def _file(folder: Path, place: int, name: str, text: str) -> OutputFile:
    content, kept = text.encode(), sha256(f"{place}{name}".encode()).hexdigest()[:32]
    (folder / kept).write_bytes(content)
    lines, is_table = text.splitlines(), name.endswith(".csv")
    return OutputFile(
        name=name, file=kept, size=len(content), sha256=sha256(content).hexdigest(),
        content_type="text/csv" if is_table else "text/plain", rows=len(lines) - 1 if is_table else None,
        columns=len(lines[0].split(",")) if is_table else None,
    )  # fmt: skip
