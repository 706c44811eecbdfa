"""The only place where a status changes. Every arrow an execution may take stands in ARROWS; nothing else moves one.

A move takes the execution as it is now and answers a Change (before, after, move, at, event), or refuses.
The store saves a Change guarded by the status and the epoch it was decided on.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from runbell.domain.event import Event
from runbell.domain.execution import MAX_WORKERS_LOST, Error, Execution, ResultRef, Stop
from runbell.domain.status import (
    ERROR,
    TERMINAL,
    WORKER_LOST,
    DiscardReason,
    ExitStatus,
    Status,
)

KILL_MARGIN_MS: Final = 1_000
TAKES_ITS_PLACE: Final = "A newer start of the job takes its place."
"""Why an execution was asked to stop when nobody asked for that, but a start that `stop_running` let in."""
LONGEST_MESSAGE: Final = 500
"""How much of an exit status's message goes into the event."""


class Arrow(Struct, frozen=True):
    """A named move between two statuses, and the event it leaves."""

    move: str
    before: frozenset[Status]
    after: Status
    event: str


def _arrow(move: str, before: tuple[Status, ...], after: Status, event: str) -> Arrow:
    return Arrow(move, frozenset(before), after, f"execution.{event}")


ARROWS: Final = {
    arrow.move: arrow
    for arrow in (
        _arrow("release", (Status.SCHEDULED,), Status.QUEUED, "queued"),
        _arrow("claim", (Status.QUEUED,), Status.RUNNING, "started"),
        _arrow("requeue", (Status.RUNNING,), Status.QUEUED, "queued"),
        _arrow("ask_to_stop", (Status.RUNNING,), Status.STOPPING, "stopping"),
        _arrow("succeed", (Status.RUNNING,), Status.SUCCEEDED, "succeeded"),
        _arrow("fail", (Status.RUNNING,), Status.FAILED, "failed"),
        _arrow("lose", (Status.RUNNING,), Status.LOST, "lost"),
        _arrow("confirm_stop", (Status.STOPPING,), Status.STOPPED, "stopped"),
        _arrow("withdraw", (Status.QUEUED,), Status.STOPPED, "stopped"),
        _arrow("discard", (Status.SCHEDULED, Status.QUEUED), Status.DISCARDED, "discarded"),
    )
}


class Change(Struct, frozen=True):
    """What a store saves: the execution before and after a move, the move's name, when, and its event."""

    before: Execution
    after: Execution
    move: str
    at: int
    event: Event


class Refused(Exception):  # noqa: N818 - a refusal is an answer of the table, not a defect
    """The table has no arrow of that name from the status the execution is in."""

    def __init__(self, move: str, status: Status, why: str = "") -> None:
        super().__init__(why or f"An execution that is {status} has no move {move}.")
        self.move = move
        self.status = status


def _move(execution: Execution, move: str, at: int, data: dict[str, Any] | None = None, **fields: Any) -> Change:
    arrow = ARROWS[move]
    if execution.status not in arrow.before:
        raise Refused(move, execution.status)
    if arrow.after in TERMINAL:
        fields |= {"ended_at": at, "claimed_by": None}
    after = msgspec.structs.replace(execution, status=arrow.after, revision=execution.revision + 1, **fields)
    said = data or {}
    if (ended := after.exit_status) is not None and arrow.after in TERMINAL:
        said = said | {"exit_status": {"code": ended.code, "message": ended.message[:LONGEST_MESSAGE]}}
    return Change(execution, after, move, at, Event(type=arrow.event, at=at, data=said))


def release(execution: Execution, at: int) -> Change:
    """`start_after` has come: it may be claimed now."""
    return _move(execution, "release", at)


def claim(execution: Execution, at: int, worker: str) -> Change:
    """A worker takes it. The epoch grows by one and fences every later write of this claim."""
    if execution.predecessor_on is not None:
        raise Refused("claim", execution.status, "It waits for its predecessor.")
    epoch = execution.epoch + 1
    started_at = execution.started_at if execution.began else at
    return _move(execution, "claim", at, {"epoch": epoch}, epoch=epoch, claimed_by=worker, started_at=started_at)


def requeue(execution: Execution, at: int) -> Change:
    """Its worker died, and no step in flight forbids another try: back into the queue. The third loss ends it."""
    lost = execution.workers_lost + 1
    if lost >= MAX_WORKERS_LOST:
        return _too_often(execution, at)
    return _move(execution, "requeue", at, {"workers_lost": lost}, workers_lost=lost, claimed_by=None)


def worker_died(execution: Execution, at: int) -> Change | None:
    """A hand died but the run goes on. Counts it; a Change only when this was the third."""
    return _too_often(execution, at) if execution.workers_lost + 1 >= MAX_WORKERS_LOST else None


def _too_often(execution: Execution, at: int) -> Change:
    said = f"Its worker was lost {MAX_WORKERS_LOST} times; look at the log before you start it again."
    return _move(
        execution,
        "fail",
        at,
        workers_lost=execution.workers_lost + 1,
        exit_status=ExitStatus(WORKER_LOST, said),
        error=Error(code=WORKER_LOST, detail=said),
    )


def lose(execution: Execution, at: int, error: Error) -> Change:
    """Its worker died while a step ran that must not run twice: nobody can know. Restartable."""
    return _move(
        execution,
        "lose",
        at,
        workers_lost=execution.workers_lost + 1,
        exit_status=ExitStatus("LOST", error.detail),
        error=error,
    )


def ask_to_stop(execution: Execution, at: int, *, mode: str, reason: str, actor: str, grace_ms: int) -> Change:
    """A request to stop. What has not begun ends at once; what runs becomes `stopping` until its proof."""
    stop = Stop(mode=mode, reason=reason, requested_by=actor, requested_at=at,
                deadline_at=at + (0 if mode == "kill" else grace_ms) + KILL_MARGIN_MS)  # fmt: skip
    if execution.status is Status.RUNNING:
        return _move(execution, "ask_to_stop", at, {"mode": mode, "requested_by": actor}, stop=stop)
    if execution.began:
        gone = msgspec.structs.replace(stop, proof="observed", process_gone_at=at, deadline_at=at)
        return _move(execution, "withdraw", at, stop=gone, exit_status=ExitStatus("STOPPED", reason))
    never = msgspec.structs.replace(stop, proof="never_started", deadline_at=at)
    return _discarded(execution, at, DiscardReason.STOPPED, reason or "Stopped before it began.", stop=never)


def hurry(execution: Execution, at: int) -> Execution:
    """A second request, with mode `kill`: the grace shrinks to zero. No status changes."""
    stop = execution.stop
    if stop is None or stop.mode == "kill":
        return execution
    sooner = min(stop.deadline_at, at + KILL_MARGIN_MS)
    return msgspec.structs.replace(
        execution, revision=execution.revision + 1, stop=msgspec.structs.replace(stop, mode="kill", deadline_at=sooner)
    )


def confirm_stop(execution: Execution, at: int, proof: Stop) -> Change:
    """No process of it lives any more."""
    return _move(
        execution,
        "confirm_stop",
        at,
        {"proof": proof.proof},
        stop=proof,
        exit_status=ExitStatus("STOPPED", proof.reason),
    )


def succeed(execution: Execution, at: int, exit_status: ExitStatus, result: ResultRef | None) -> Change:
    """Every step is done."""
    return _move(execution, "succeed", at, exit_status=exit_status, result=result)


def fail(execution: Execution, at: int, error: Error, result: ResultRef | None = None) -> Change:
    """A step failed for good, or a time limit passed."""
    code = error.code or ERROR
    return _move(
        execution,
        "fail",
        at,
        exit_status=ExitStatus(code, error.detail),
        error=error,
        result=result,
    )


def discard(execution: Execution, at: int, reason: DiscardReason, said: str | None = None) -> Change:
    """It never ran and never will. One that had begun cannot be discarded."""
    return _discarded(execution, at, reason, said or DISCARDED[reason])


DISCARDED: Final = {
    DiscardReason.EXPIRED: "It could not start before its start-by time.",
    DiscardReason.PREDECESSOR: "The execution it follows did not end the way it waits for.",
    DiscardReason.STOPPED: "Stopped before it began.",
    DiscardReason.MISSED_FIRE: "Its fire time passed while the server was away.",
    DiscardReason.BUSY: "The job refuses a start while another one runs.",
}


def _discarded(execution: Execution, at: int, reason: DiscardReason, said: str, **fields: Any) -> Change:
    if execution.began:
        raise Refused("discard", execution.status, "It had begun, so it cannot be discarded.")
    return _move(
        execution,
        "discard",
        at,
        {"discard_reason": str(reason)},
        discard_reason=reason,
        exit_status=ExitStatus("DISCARDED", said),
        **fields,
    )
