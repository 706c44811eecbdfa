"""A worker's writes: it claims executions, and advances the ones it holds. Its epoch fences every one of them."""

from typing import Final

import msgspec

from runbell.domain import lifecycle
from runbell.domain.execution import Execution, Stop
from runbell.domain.lifecycle import Change
from runbell.domain.status import LIVE, Status
from runbell.ports.store import (
    Advance,
    Claim,
    ConfirmStop,
    Fail,
    FollowUpPlan,
    Lose,
    Requeue,
    Stale,
    StopWins,
    Succeed,
    Verdict,
)
from runbell.stores.sqlite import rows, write_kept
from runbell.stores.sqlite.protocol import Claims
from runbell.stores.sqlite.rows import Row
from runbell.stores.sqlite.transaction import Transaction
from runbell.stores.sqlite.write_follow_ups import settle
from runbell.stores.sqlite.write_steps import write_steps

# A paused job is full, too.
# The limit is the one that `queue` goes by, so that nothing is offered for ever that no claim can take.
_FULL: Final = """
    SELECT paused OR min(coalesce(running_limit, ?2), ?2) <= (
        SELECT count(*) FROM executions INDEXED BY executions_live
        WHERE job_number = jobs.number AND status IN ('running', 'stopping'))
    FROM jobs WHERE number = ?1
"""
_NO_LIMIT: Final = 1 << 62


def claim(tx: Transaction, asked: Claims) -> list[Row | None]:
    """Take executions, and record the steps that start with them. None for one that cannot be taken (any more)."""
    return [_claim(tx, one) for one in asked.claims]


def _claim(tx: Transaction, asked: Claim) -> Row | None:
    row = tx.find(asked.number)
    if row is None:
        return None
    execution = rows.execution(row, params=False)
    if execution.status is not Status.QUEUED or execution.predecessor_on is not None:
        return None
    if not execution.began and execution.start_by is not None and execution.start_by <= asked.at:
        return None  # too late: the next tick discards it
    if tx.db.execute(_FULL, (row[rows.JOB_NUMBER], execution.own_limit or _NO_LIMIT)).get:
        return None
    if execution.kept is not None:
        if write_kept.held(tx, row[rows.JOB_NUMBER]):
            return None
        if not execution.began and execution.restart_of is None:
            row = write_kept.take(tx, row, execution.kept)
    change = lifecycle.claim(execution, asked.at, asked.worker)
    claimed = tx.move(row, change)
    write_steps(tx, change.after, asked.steps, asked.at)
    return claimed


def advance(tx: Transaction, asked: Advance) -> Row:
    """Save what a worker has to say. Raises Stale when its claim is over, StopWins when only a stop can end it."""
    row = tx.find(asked.number)
    if row is None:
        raise Stale(f"Execution {asked.number} was deleted.")
    execution = rows.execution(row, params=False)
    if execution.epoch != asked.epoch or execution.status not in LIVE:
        raise Stale(f"Claim {asked.epoch} of execution {asked.number} is over: it is {execution.status} by now.")
    if execution.status is Status.STOPPING and not isinstance(asked.verdict, ConfirmStop | None):
        raise StopWins(f"Execution {asked.number} is to stop; kill what runs and confirm.")
    now = _told(execution, asked)
    change = _too_many_losses(execution, now, asked) or _verdict(now, asked)
    after = msgspec.structs.replace(now, revision=execution.revision + 1) if change is None else change.after
    write_steps(tx, after, asked.steps, asked.at)
    if change is None:
        return tx.touch(row, execution, after)
    ended = tx.move(row, change)
    if isinstance(asked.verdict, Succeed) and asked.verdict.keep and after.status is Status.SUCCEEDED:
        write_kept.keep(tx, row[rows.JOB_NUMBER], after, asked.verdict.keep)
    if after.status.terminal:
        settle(tx, after.id, asked.at, asked.follow_ups or FollowUpPlan())
    return ended


def _told(execution: Execution, asked: Advance) -> Execution:
    """The execution with the news that move no status."""
    stop = execution.stop
    if asked.stop is not None and stop is not None:
        stop = _milestones(stop, asked.stop)
    return msgspec.structs.replace(
        execution,
        progress=execution.progress
        if asked.progress is None
        else msgspec.structs.replace(asked.progress, revision=execution.revision + 1),
        workers_lost=execution.workers_lost + asked.hands_lost,
        stop=stop,
        exceptions=execution.exceptions if asked.left is None else asked.left[0],
        files=execution.files if asked.left is None else asked.left[1],
    )


def _milestones(asked: Stop, seen: Stop) -> Stop:
    """What was asked stays as it stands on the table (it may have become a kill); the worker adds what it saw."""
    return msgspec.structs.replace(
        asked,
        signalled_at=seen.signalled_at,
        forced_at=seen.forced_at,
        process_gone_at=seen.process_gone_at,
        proof=seen.proof,
        survivors=seen.survivors,
    )


def _too_many_losses(execution: Execution, now: Execution, asked: Advance) -> Change | None:
    """The end by a third lost hand, whatever the verdict. What is to stop ends as stopped, not by this."""
    if asked.hands_lost == 0 or execution.status is not Status.RUNNING:
        return None
    return lifecycle.worker_died(msgspec.structs.replace(now, workers_lost=now.workers_lost - 1), asked.at)


def _verdict(execution: Execution, asked: Advance) -> Change | None:
    verdict: Verdict | None = asked.verdict
    match verdict:
        case None:
            return None
        case Succeed():
            return lifecycle.succeed(execution, asked.at, verdict.exit_status, verdict.result)
        case Fail():
            return lifecycle.fail(execution, asked.at, verdict.error, verdict.result)
        case Lose():
            return lifecycle.lose(execution, asked.at, verdict.error)
        case Requeue():
            return lifecycle.requeue(execution, asked.at)
        case ConfirmStop():
            stop = verdict.stop if execution.stop is None else _milestones(execution.stop, verdict.stop)
            return lifecycle.confirm_stop(execution, asked.at, stop)
