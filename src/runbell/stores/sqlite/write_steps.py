"""Step rows: written when a step begins or waits, closed once when it ends, and never changed after that."""

from collections.abc import Iterable
from typing import Final

from runbell.domain.data import exception_count
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.lifecycle import LONGEST_MESSAGE
from runbell.domain.status import StepStatus
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.transaction import Transaction

_OPEN: Final = frozenset({StepStatus.PENDING, StepStatus.RUNNING, StepStatus.WAITING})
_FINISHED: Final = frozenset({StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.STOPPED, StepStatus.LOST})

_WRITE: Final = f"""
    INSERT INTO steps (number, {rows.STEP}, noted_revision, began_revision, ended_revision)
    VALUES ({", ".join("?" * (len(rows.STEP_COLUMNS) + 4))})
    ON CONFLICT (number, name, scope, attempt) DO UPDATE
    SET {", ".join(f"{column} = excluded.{column}" for column in rows.STEP_COLUMNS[3:])},
        noted_revision = coalesce(noted_revision, excluded.noted_revision),
        began_revision = coalesce(began_revision, excluded.began_revision),
        ended_revision = excluded.ended_revision
    WHERE status IN ({", ".join(f"'{status}'" for status in sorted(_OPEN))})
"""


def write_steps(tx: Transaction, execution: Execution, steps: Iterable[StepExecution], at: int) -> None:
    """Save step executions by name, scope and attempt. One that ends leaves an event; an ended one stays as it is."""
    for step in steps:
        tx.write(_WRITE, (execution.number, *rows.step_row(step), *_since(step, execution.revision)))
        if step.status in _FINISHED and tx.db.changes() == 1:
            tx.event(execution, "execution.step_finished", at, _said(step))
            if step.data and (found := exception_count(step.data)):
                tx.event(execution, "execution.exceptions_found", at, _placed(step) | {"count": found})


def _since(step: StepExecution, revision: int) -> tuple[int | None, int | None, int | None]:
    """The revision, as that at which the step was noted, began or ended."""
    if step.status is StepStatus.RUNNING:
        return (None, revision, None)
    return (revision, None, None) if step.status in _OPEN else (None, None, revision)


def _placed(step: StepExecution) -> dict[str, object]:
    return {"step": step.name, "scope": step.scope, "attempt": step.attempt}


def _said(step: StepExecution) -> dict[str, object]:
    return _placed(step) | {
        "status": step.status,
        "exit_status": None
        if (said := step.exit_status) is None
        else {"code": said.code, "message": said.message[:LONGEST_MESSAGE]},
    }
