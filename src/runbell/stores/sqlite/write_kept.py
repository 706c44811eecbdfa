"""Kept values: what the last success of a job handed back, taken by the executions that ask for it when they begin."""

from typing import Any, Final

import apsw

from runbell.domain.execution import Execution
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.rows import Row
from runbell.stores.sqlite.transaction import Transaction

MOST_HOPS: Final = 100

_HELD: Final = """
    SELECT EXISTS (
        SELECT 1 FROM executions INDEXED BY executions_live
        WHERE job_number = ? AND status IN ('running', 'stopping') AND kept IS NOT NULL)
"""
_KEPT: Final = "SELECT name, value FROM kept WHERE job_number = ?"
_SET_PARAMS: Final = "UPDATE executions SET params = ? WHERE number = ?"
_BEFORE: Final = "SELECT number, coalesce(restart_of, rerun_of) FROM executions WHERE id = ?"
_KEEP: Final = """
    INSERT INTO kept (job_number, name, value, origin) VALUES (?, ?, ?, ?)
    ON CONFLICT (job_number, name) DO UPDATE SET value = excluded.value, origin = excluded.origin
    WHERE excluded.origin >= kept.origin
"""
_PARAMS: Final = rows.FIXED.index("params")


def read_kept(db: apsw.Connection, job_number: int) -> dict[str, Any]:
    """What the last success handed back, by parameter."""
    return {name: rows.json_value(value) for name, value in rows.fetch(db, _KEPT, (job_number,))}


def held(tx: Transaction, job_number: int) -> bool:
    """Whether an execution of the job that took kept values runs: the next one needs what it will hand back."""
    return bool(tx.db.execute(_HELD, (job_number,)).get)


def take(tx: Transaction, row: Row, names: tuple[str, ...]) -> Row:
    """Give an execution that begins the values as they are now; the row with them."""
    values = read_kept(tx.db, row[rows.JOB_NUMBER])
    params: dict[str, Any] = rows.json_object(row[_PARAMS])
    now = params | {name: values[name] for name in names if name in values}
    if now == params:
        return row
    text = rows.json_text(now)
    tx.db.execute(_SET_PARAMS, (text, row[rows.NUMBER]))
    return (*row[:_PARAMS], text, *row[_PARAMS + 1 :])


def keep(tx: Transaction, job_number: int, execution: Execution, values: dict[str, Any]) -> None:
    """Remember what a success hands back. A repetition of an older execution overwrites nothing newer."""
    origin = _origin(tx, execution)
    for name, value in values.items():
        tx.db.execute(_KEEP, (job_number, name, rows.json_text(value), origin))


def _origin(tx: Transaction, execution: Execution) -> int:
    """The number of the execution that its chain of restarts and reruns began with, as far back as it is there."""
    number, before = execution.number, execution.restart_of or execution.rerun_of
    for _ in range(MOST_HOPS):
        found = None if before is None else tx.db.execute(_BEFORE, (before,)).fetchone()
        if found is None:
            break
        number, before = found
    return number
