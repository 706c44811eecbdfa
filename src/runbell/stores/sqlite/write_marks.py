"""What an execution can be found by: rows beside it, written only where there is something to find."""

from typing import Final

from runbell.domain.execution import Execution
from runbell.ports.store import Marks
from runbell.stores.sqlite.transaction import Transaction

TAG: Final = ""
"""The name under which tags stand; no parameter is called so."""

_MARK: Final = """
    INSERT OR IGNORE INTO marks (project, name, value, created_at, number, job_number) VALUES (?, ?, ?, ?, ?, ?)
"""


def mark(tx: Transaction, execution: Execution, number: int, job_number: int, marks: Marks) -> None:
    """Write down its tags and the values of its indexed parameters."""
    if not (execution.tags or marks):
        return
    found = [*((TAG, tag) for tag in execution.tags), *marks]
    at = execution.created_at
    tx.db.executemany(_MARK, [(execution.project, name, value, at, number, job_number) for name, value in found])


def mark_anew(tx: Transaction, execution: Execution, job_number: int) -> None:
    """Write down the tags it has now, in the place of those it had."""
    tx.db.execute("DELETE FROM marks WHERE number = ? AND name = ''", (execution.number,))
    mark(tx, execution, execution.number, job_number, ())
