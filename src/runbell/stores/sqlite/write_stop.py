"""A request to stop: an intent for what runs, the end of what has not begun."""

from runbell.domain import lifecycle
from runbell.domain.faults import NotFound
from runbell.domain.status import Status
from runbell.ports.store import AskToStop
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.rows import Row
from runbell.stores.sqlite.transaction import Transaction
from runbell.stores.sqlite.write_follow_ups import settle


def ask_to_stop(tx: Transaction, asked: AskToStop) -> Row:
    """Write the intent, or end what has not begun. What has ended stays as it is."""
    row = tx.find(asked.number)
    if row is None:
        raise NotFound(f"There is no execution {asked.number} to stop; list the executions to see those there are.")
    execution = rows.execution(row, params=False)
    if execution.status.terminal:
        return row
    if execution.status is Status.STOPPING:
        hurried = lifecycle.hurry(execution, asked.at) if asked.mode == "kill" else execution
        if hurried is execution:
            return row
        tx.audited(asked.audit)
        return tx.touch(row, execution, hurried)
    change = lifecycle.ask_to_stop(
        execution, asked.at, mode=asked.mode, reason=asked.reason, actor=asked.actor, grace_ms=asked.grace_ms
    )
    asked_row = tx.move(row, change)
    tx.audited(asked.audit)
    if change.after.status.terminal:
        settle(tx, execution.id, asked.at)
    return asked_row
