"""Known bugs of what steps leave: rows on disk and their order."""

from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("rows-not-synced", "runbell.rows.write")
def _(module: ModuleType) -> None:
    """A file has its name before its rows are on disk."""

    def close(self: Any) -> Any:
        index = self.file.removesuffix(module.ROWS) + module.INDEX
        self._out.flush()
        with module.__dict__.get("open", open)(f"{self._folder}/.{index}", "wb") as out:
            out.write(self._offsets.tobytes())
        for name in (index, self.file):
            module.os.rename(f"{self._folder}/.{name}", f"{self._folder}/{name}")
        module.sync_folder(self._folder)
        columns = tuple(column or module.Column(name) for name, column in self._columns.items())
        return module.RowSet(
            kind=self._kind, name=self._name, file=self.file, rows=self.rows, size=self._size, reasons=self._reasons,
            columns=columns,
        )  # fmt: skip

    module.RowsWriter.close = close


@sabotage("rows-in-place", "runbell.rows.write")
def _(module: ModuleType) -> None:
    """A file is written under the name by which it is read."""
    begin = module.RowsWriter.__init__

    def under_its_name(self: Any, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        module.os.rename(f"{self._folder}/.{self.file}", f"{self._folder}/{self.file}")

    def close(self: Any) -> Any:
        module.os.rename(f"{self._folder}/{self.file}", f"{self._folder}/.{self.file}")
        return finish(self)

    finish = module.RowsWriter.close
    module.RowsWriter.__init__ = under_its_name
    module.RowsWriter.close = close


@sabotage("names-not-synced", "runbell.rows.write")
def _(module: ModuleType) -> None:
    """The rows are on disk, and whether their names are is left to chance."""
    module.sync_folder = lambda _: None


@sabotage("records-in-any-order", "runbell.runners.kinds.checks.asking")
def _(module: ModuleType) -> None:
    """Records come as the engine happens to find them."""
    module.Asking.order = lambda _: "random()"
