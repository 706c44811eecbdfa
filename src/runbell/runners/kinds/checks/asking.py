"""One rule's question while it is being written: its rows, their filter, its values, and how records are shown."""
# ruff: noqa: S608 - names are those that the engine itself has, values are bound

from collections.abc import Iterable, Mapping
from typing import Any, Final

from runbell.domain.check import Check
from runbell.domain.check_bounds import Bound, bound_of
from runbell.domain.data import Column
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.checks.ground import Ground
from runbell.runners.kinds.checks.words import Values, Words
from runbell.runners.kinds.connections import Connection

_NUMBERS: Final = ("int", "decimal")
_TIMES: Final = ("date", "datetime")


class Asking:
    """Writes the text of one statement over the rows `s` of a ground."""

    def __init__(self, db: Connection, words: Words, check: Check, ground: Ground, where: Mapping[str, Any]) -> None:
        self._db, self.words, self._check, self.ground = db, words, check, ground
        self.values = Values()
        self._where = [*check.where.items(), *where.items()]

    def quoted(self, column: Column, table: str = "s") -> str:
        """A column of these rows."""
        return f"{table}.{self._db.quoted(column.name)}"

    def name(self, said: str) -> str:
        """A name for a column of the answer."""
        return self._db.quoted(said)

    def kept(self, table: str = "s") -> list[str]:
        """The conditions of `where`."""
        return [self._holds(self.ground.column(name), value, table) for name, value in self._where]

    def blank(self, column: Column) -> str:
        """Null, or a text of nothing but white space."""
        x = self.quoted(column)
        if column.type != "text" and self._db.name != "SQLite":
            return f"{x} is null"
        return f"({x} is null or {self.words.blank(self.words.as_text(x), self.values)})"

    def said(self, reason: str) -> str:
        """A reason as a value of the answer."""
        return self.words.as_text(self.values.put(reason))

    def shown(self) -> list[Column]:
        """The columns that are kept with a record, those of the key first."""
        names = [*self._check.key, *(self._check.show or (column.name for column in self.ground.columns))]
        return list({column.name: column for column in self.ground.named(names)}.values())

    def order(self) -> str:
        """By the key, then in the rows' own order, or by everything when they have none."""
        own = self.ground.order or [self.sortable(column) for column in self.ground.columns]
        key = [place for column in self.ground.named(self._check.key) for place in self._sorted(column)]
        return ", ".join((*key, *own))

    def _sorted(self, column: Column) -> list[str]:
        """A key; in a file of texts, numbers go by their size."""
        x = self.sortable(column)
        return [f"{self.words.number(x, column, self.values)} nulls last", x] if self.ground.texts else [x]

    def rows(self, reason: str, bad: Iterable[str]) -> str:
        """The query for records: those rows of the filter of which everything in `bad` is true."""
        shown = ", ".join(self.quoted(column) for column in self.shown())
        conditions = " and ".join((*self.kept(), *bad))
        item = self.ground.item(self.values)
        return f"select {reason}, {shown} from {item} s where {conditions} order by {self.order()}"

    def one(self, what: str) -> str:
        """The query for one value over the rows of the filter."""
        kept = self.kept()
        where = f" where {' and '.join(kept)}" if kept else ""
        return f"select {what} from {self.ground.item(self.values)} s{where}"

    def sortable(self, column: Column, table: str = "s") -> str:
        """The column as it can be sorted by."""
        x = self.quoted(column, table)
        return self.words.as_text(x) if column.type == "json" else x

    def _holds(self, column: Column, value: Any, table: str) -> str:
        x = self.quoted(column, table)
        if value is None:
            return f"{x} is null"
        if isinstance(value, list):
            return f"({' or '.join(self._holds(column, one, table) for one in value)})"
        return self.same(x, column, value)

    def same(self, x: str, column: Column, value: Any) -> str:
        """Whether the column has this value."""
        if column.type in _TIMES:
            bound = read_bound(value, column)
            return f"{self.words.time(x, column, self.values)} = {self.bound(bound)}"
        if column.type in _NUMBERS:
            bound = read_bound(value, column)
            return self.words.same(x, column, self.bound(bound))
        if column.type == "bool":
            if not isinstance(value, bool) and str(value).lower() not in ("true", "false", "0", "1"):
                raise StepFailed(f"`{column.name}` is true or false, and never {value!r}.")
            return self.words.same(x, column, self.values.put(str(value).lower() in ("true", "1")))
        text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        return self.words.same(self.words.as_text(x) if column.type == "json" else x, column, self.values.put(text))

    def bound(self, bound: Bound) -> str:
        """The place of a bound."""
        return self.values.put(self.words.bindable(bound))


def read_bound(value: Any, column: Column) -> Bound:
    """A value as a bound. Raises StepFailed."""
    try:
        return bound_of(value)
    except ValueError as wrong:
        raise StepFailed(f"The values of `{column.name}` are compared with one that does not fit: {wrong}.") from None
