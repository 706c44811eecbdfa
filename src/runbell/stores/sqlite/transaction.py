"""One write transaction: the open connection, the rows of executions in it, and what to tell once it is committed.

A write function looks first and writes last. If it raises after it has written, the whole transaction is rolled back.
"""

from collections import Counter
from typing import Any, Final

import apsw

from runbell.domain.audit import Entry
from runbell.domain.execution import Execution
from runbell.domain.lifecycle import Change
from runbell.ports.store import Notice
from runbell.stores.sqlite import audit, rows
from runbell.stores.sqlite.backlog import Backlog, waits
from runbell.stores.sqlite.outbox import Outbox
from runbell.stores.sqlite.rows import Row

_FIND: Final = f"SELECT {rows.EXECUTION} FROM executions WHERE number = ?"
_MOVE: Final = f"""
    UPDATE executions SET {", ".join(f"{column} = ?" for column in rows.MUTABLE)}
    WHERE number = ? AND epoch = ? AND status = ?
"""
# A change that moves no status touches no index.
_TOUCH: Final = """
    UPDATE executions SET revision = ?, workers_lost = ?, progress = ?, stop = ?, exceptions = ?, files = ?
    WHERE number = ? AND epoch = ? AND status = ?
"""
_EVENT: Final = """
    INSERT INTO events (time, type, execution, number, job, project, revision, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_PROGRESS, _STOP = rows.MUTABLE.index("progress"), rows.MUTABLE.index("stop")


class Transaction:
    """What a write function works with."""

    def __init__(self, db: apsw.Connection, backlog: Backlog | None = None, outbox: Outbox | None = None) -> None:
        self.db = db
        self.write = db.cursor().execute
        """Runs a statement that answers no rows: one cursor for all of them saves 0.5 µs each."""
        self.starting: dict[int, Row] = {}
        """What starts have read of their jobs; whoever changes a job takes it out."""
        self.outbox = outbox or Outbox(db)
        self.waiting: Counter[str] = Counter()
        """How many more executions wait than before it began, by project."""
        self._backlog = backlog
        self.notices: dict[int, Notice] = {}
        self._chain: audit.Links | None = None

    def find(self, number: int) -> Row | None:
        """The row of an execution as it is now."""
        row: Row | None = self.db.execute(_FIND, (number,)).fetchone()
        return row

    def found(self, number: int) -> Row:
        """The row of an execution that is known to be there."""
        row = self.find(number)
        if row is None:
            raise RuntimeError(f"Execution {number} vanished inside a transaction; report this as a defect.")
        return row

    def move(self, row: Row, change: Change) -> Row:
        """Save a change of status, guarded by what it was decided on, with its event. The row as it is then."""
        before, after = change.before, change.after
        moved = rows.mutable(after)
        self.guarded(_MOVE, (*moved, before.number, before.epoch, before.status))
        self.waiting[after.project] += waits(after) - waits(before)
        self.event(after, change.event.type, change.at, change.event.data)
        self.notice(after)
        return (*row[: len(rows.FIXED)], *moved)

    def crowded(self, project: str) -> bool:
        """True when as many executions wait as may, for a start of that project."""
        return self._backlog is not None and self._backlog.full(project, self.waiting)

    def touch(self, row: Row, before: Execution, after: Execution) -> Row:
        """Save what changed while the status stays. The row as it is then."""
        now = rows.mutable(after)
        self.guarded(
            _TOUCH,
            (
                after.revision,
                after.workers_lost,
                now[_PROGRESS],
                now[_STOP],
                after.exceptions,
                after.files,
                before.number,
                before.epoch,
                before.status,
            ),
        )
        self.notice(after)
        return (*row[: len(rows.FIXED)], *now)

    def event(self, execution: Execution, kind: str, at: int, data: dict[str, Any]) -> None:
        """Write the trace of a change, and put it on its way to whoever wants it."""
        self.write(
            _EVENT,
            (
                at, kind, execution.id, execution.number, execution.job, execution.project, execution.revision,
                rows.json_text(data),
            ),
        )  # fmt: skip
        if self.outbox.wanted:
            self.outbox.event(execution, kind, at, data)

    def happening(self, project: str, kind: str, at: int, data: dict[str, Any], job: str = "") -> None:
        """Write the trace of something that happened to no execution."""
        self.db.execute(_EVENT, (at, kind, "", 0, job, project, 0, rows.json_text(data)))
        self.outbox.happening(project, kind, at, data, job)

    def audited(self, entry: Entry | None) -> None:
        """Write a line of the audit log; it stands or falls with the change that it tells of."""
        if entry is not None:
            self._chain = self._chain or audit.Links(self.db, self.write)
            self._chain.add(entry)

    def notice(self, execution: Execution) -> None:
        """Tell of this execution once the transaction is committed."""
        self.notices[execution.number] = Notice(execution.number, execution.id, execution.status, execution.revision)

    def guarded(self, sql: str, values: Row) -> None:
        """Run an update of one execution that ends in its number, and the epoch and status it was decided on."""
        self.write(sql, values)
        if self.db.changes() != 1:
            raise RuntimeError(f"Execution {values[-3]} changed under a guarded write; report this as a defect.")
