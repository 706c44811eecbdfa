"""A step of kind `sql`: a query or script on a connection; the rows of its last query become a result set."""

import time
from contextlib import closing
from typing import Any, Final

import msgspec

from runbell.domain.data import Column
from runbell.domain.sql_text import Statement, statements
from runbell.rows.form import encode_row, is_null
from runbell.rows.write import RowsWriter
from runbell.runners.kinds import KindContext, StepFailed
from runbell.runners.kinds.connections import Connection, connected
from runbell.runners.kinds.engines import Answer, Row

WARN: Final = "WARN"
_FIRST_BYTES: Final = 64 << 10
_OF_TWO_WORDS: Final = ("CREATE", "ALTER", "DROP", "REFRESH", "SET")


def run(ctx: KindContext, task: dict[str, Any]) -> dict[str, Any]:
    """Run the text. The result says how many rows there are, and shows the first."""
    text = statements(task["sql"])
    with connected(ctx, task, write=task["write"]) as db:
        db.begin(len(text))
        script = _Script(ctx, task, db, len(text))
        try:
            for turn, statement in enumerate(text, 1):
                script.run(turn, statement)
            db.commit()
        except StepFailed:
            script.take_back()
            raise
        return script.result()


class _Script:
    """The statements of one step. Only the last one that has rows keeps them."""

    def __init__(self, ctx: KindContext, task: dict[str, Any], db: Connection, count: int) -> None:
        self._ctx, self._task, self._db, self._count = ctx, task, db, count
        self._changed: int | None = None
        self._writer: RowsWriter | None = None
        self._columns: list[Column] = []
        self._first: bytes | None = None
        self._truncated = False

    def run(self, turn: int, statement: Statement) -> None:
        """One statement, and a line about it in the log."""
        began = time.monotonic()
        try:
            answer = self._db.run(statement, self._task["bind"])
            rows = None if answer.columns is None else self._keep(answer, last=turn == self._count)
        except StepFailed as wrong:
            of = f" (statement {turn} of {self._count})" if self._count > 1 else ""
            raise StepFailed(f"{self._db.name}{of}: {wrong}") from None
        if answer.changed is not None:
            self._changed = (self._changed or 0) + answer.changed
        place = f"{turn} of {self._count}: " if self._count > 1 else ""
        self._ctx.log(place + _said(statement, rows, answer.changed, time.monotonic() - began))

    def result(self) -> dict[str, Any]:
        """What later steps may fill in: how many rows, and the first of them unless it is large."""
        said: dict[str, Any] = {"rows": self._writer.rows if self._writer else 0, "truncated": self._truncated}
        if self._first is None or len(self._first) <= _FIRST_BYTES:
            names = [column.name for column in self._columns]
            values = None if self._first is None else msgspec.json.decode(self._first)
            said["first"] = None if values is None else dict(zip(names, values, strict=True))
        if self._task["write"]:
            said["rows_changed"] = self._changed or 0
        if self._truncated:
            self._ctx.exit_status(WARN, f"There are more rows than {self._task['rows']}; the rest is left out.")
        return said

    def take_back(self) -> None:
        """No rows of it stay."""
        if self._writer is not None:
            self._ctx.sets.take_back(self._task["result"])
        self._writer, self._first, self._truncated = None, None, False

    def _keep(self, answer: Answer, *, last: bool) -> int:
        """Write the rows down as they come. What is over the limit is not fetched, unless more is to be done."""
        self.take_back()
        assert answer.columns is not None
        self._columns = answer.columns
        writer = self._writer = self._ctx.sets.writer(self._task["result"], answer.columns)
        shown = time.monotonic()
        with closing(answer.batches) as batches:
            for batch in batches:
                left = self._task["rows"] - writer.rows
                if writer.rows == 0 and batch:
                    self._first = _line_of(batch[0])
                writer.extend(batch[:left])
                if len(batch) > left:
                    self._truncated = True
                    if last and not self._task["write"]:
                        break
                if time.monotonic() - shown > 1:
                    shown = time.monotonic()
                    self._ctx.progress(writer.rows, None, "rows")
        writer.settle(answer.columns)
        return writer.rows


def _line_of(row: Row) -> bytes:
    return encode_row([None if is_null(value) else value for value in row])


def _said(statement: Statement, rows: int | None, changed: int | None, seconds: float) -> str:
    """What the log tells of a statement. Its values are not among it."""
    kind = " ".join(statement.words[:2] if statement.word in _OF_TWO_WORDS else statement.words[:1])
    did = f", {_counted(rows)}" if rows is not None else f", {_counted(changed)} changed" if changed is not None else ""
    return f"{kind or 'Statement'}: {seconds * 1000:.0f} ms{did}"


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"
