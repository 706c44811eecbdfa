"""What an execution can be found by: rows beside it, written only where there is something to find."""

from collections.abc import Sequence
from typing import Final

from runbell.domain import marks as domain
from runbell.domain.execution import Execution
from runbell.ports.store import Marks
from runbell.stores.sqlite.transaction import Transaction

TAG: Final = ""
"""The name under which tags stand; no parameter is called so."""

_MARK: Final = """
    INSERT OR IGNORE INTO marks (project, name, value, created_at, number, job_number) VALUES (?, ?, ?, ?, ?, ?)
"""
_UNMARK: Final = """
    DELETE FROM marks WHERE project = ? AND name = ? AND value = ? AND created_at = ? AND number = ?
"""


def mark(tx: Transaction, execution: Execution, number: int, job_number: int, marks: Marks) -> None:
    """Write down its tags and the values of its indexed parameters."""
    if not (execution.tags or marks):
        return
    found = [*((TAG, tag) for tag in execution.tags), *marks]
    at = execution.created_at
    tx.db.executemany(_MARK, [(execution.project, name, value, at, number, job_number) for name, value in found])


def mark_anew(tx: Transaction, before: Execution, after: Execution, job_number: int) -> None:
    """Write down the tags it has now, in the place of those it had."""
    _take_out(tx, before, [(TAG, tag) for tag in before.tags])
    mark(tx, after, after.number, job_number, ())


def unmark(tx: Transaction, execution: Execution) -> None:
    """Take out all that it is found by. What that was follows from itself: an index of marks by execution would cost
    each start as much again."""
    found = [(TAG, tag) for tag in execution.tags]
    for name, value in execution.params.items():
        found += [(name, domain.mark(one)) for one in (*(value if isinstance(value, list) else ()), value)]
    _take_out(tx, execution, found)


def _take_out(tx: Transaction, execution: Execution, found: Sequence[tuple[str, str]]) -> None:
    project, at, number = execution.project, execution.created_at, execution.number
    tx.db.executemany(_UNMARK, [(project, name, value, at, number) for name, value in found])
