"""What a step's code leaves besides its result: rows go straight into files of the execution's data."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from runbell.authoring.yields import Reason, Record
from runbell.domain.data import Column
from runbell.domain.execution import Error
from runbell.domain.outcome import Failed, Outcome, Succeeded
from runbell.domain.status import ERROR
from runbell.rows.write import RowsWriter, sync_folder
from runbell.runners.hand.masks import Masks
from runbell.runners.hand.results import BadResult

DATA: Final = "data"
MOST_SETS: Final = 1_000
MOST_NEW_FOLDERS: Final = 4
"""Of the data, of the execution, of its day, and the one that they all lie in."""


class StepYields:
    """The row sets of one step. Nothing is on record before `close`, nothing stays after `discard`."""

    def __init__(self, home: str, masks: Masks | None) -> None:
        self._folder = str(Path(home) / DATA)
        self._mask = None if masks is None else masks.lines
        self._results: dict[str | None, RowsWriter] = {}
        self._exceptions: dict[str | None, RowsWriter] = {}

    def writer(self, name: str | None, columns: Iterable[Column] | None = None) -> RowsWriter:
        """A result set to write into. Raises BadResult when the step has one of that name already."""
        if name in self._results:
            said = f"called {name}" if name is not None else "without a name"
            raise BadResult(f"The step has a result set {said} already; give this one another name.")
        return self._kept(self._results, name, RowsWriter(self._folder, "result", name, columns, self._mask))

    def take_back(self, name: str | None) -> None:
        """A result set is not wanted any more: no row of it stays, and its name is free."""
        self._results.pop(name).discard()

    def exceptions(self, name: str | None, columns: Iterable[Column] | None = None) -> RowsWriter:
        """The exception records of that name, to write on."""
        known = self._exceptions.get(name)
        if known is not None:
            return known
        made = RowsWriter(self._folder, "exceptions", name, columns, self._mask)
        return self._kept(self._exceptions, name, made)

    def result_set(self, rows: Iterable[Record], name: str | None, columns: Sequence[str] | None) -> int:
        """Keep rows as a result set."""
        writer = self.writer(name)
        writer.name_columns(columns or ())
        for row in rows:
            writer.add(row if columns is None else _named(columns, row))
        return writer.rows

    def exception_records(self, records: Iterable[Record], reason: Reason, name: str | None) -> int:
        """Add exception records to the set of that name."""
        writer = self.exceptions(name)
        before = writer.rows
        of: Callable[[Any], str] = reason if callable(reason) else lambda _: reason
        for record in records:
            writer.add(record, str(of(record)))
        return writer.rows - before

    def with_what_was_left(self, outcome: Outcome) -> Outcome:
        """The outcome with the rows, which are on disk when this returns."""
        if not isinstance(outcome, Succeeded | Failed) or not (self._results or self._exceptions):
            return outcome
        writers = (*self._results.values(), *self._exceptions.values())
        try:
            data = tuple(writer.close() for writer in writers)
            for folder in (Path(self._folder), *Path(self._folder).parents)[1:MOST_NEW_FOLDERS]:
                sync_folder(str(folder))  # the data's folder may be new, and so may those that it lies in
            return structs.replace(outcome, data=data)
        except OSError as wrong:
            self.discard()
            said = f"The rows that the step left cannot be kept ({wrong.strerror}); make room, then restart."
            return Failed(Error(code=ERROR, detail=said))

    def discard(self) -> None:
        """The step came to nothing: no row of it stays."""
        for writer in (*self._results.values(), *self._exceptions.values()):
            writer.discard()
        self._results, self._exceptions = {}, {}

    def _kept(self, sets: dict[str | None, RowsWriter], name: str | None, made: RowsWriter) -> RowsWriter:
        if len(sets) >= MOST_SETS:
            made.discard()
            raise BadResult(f"A step leaves at most {MOST_SETS} sets of rows; put more rows into each.")
        sets[name] = made
        return made


def _named(columns: Sequence[str], row: Record) -> Record:
    """The row by these names: of a record those that it has, of a list its values in their order."""
    if isinstance(row, Mapping):
        return {name: row.get(name) for name in columns}
    if len(row) != len(columns):
        raise ValueError(f"The row has {len(row)} values, and there are {len(columns)} columns.")
    return dict(zip(columns, row, strict=True))
