"""Endpoints for the stop of an execution: a resource with its proof."""

from typing import Any, Final

from msgspec import UNSET

from runbell.dialects.native import asking, execution_wire
from runbell.dialects.native.shapes import StopBody, StopShape
from runbell.dialects.native.words import STATUS
from runbell.domain.execution import Execution, StepExecution, Stop
from runbell.domain.faults import NotFound
from runbell.domain.status import Status, StepStatus
from runbell.http.answer import Answer, header, json_answer
from runbell.http.body import typed
from runbell.http.prefer import Preferences
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import look, stop, wait

_DONE: Final = frozenset({StepStatus.SUCCEEDED, StepStatus.REUSED})
_NEVER_ASKED: Final[dict[str, Any]] = dict.fromkeys(
    ("mode", "reason", "requested_by", "requested_at", "deadline_at", "signalled_at", "forced_at", "process_gone_at",
     "proof")
) | {"survivors": 0}  # fmt: skip
_IN_FLIGHT: Final = frozenset({StepStatus.RUNNING, StepStatus.WAITING})


async def ask(request: Request) -> Answer:
    """Ask an execution to stop."""
    wish = asking.waiting(request)
    body, ignored = typed(await request.json(), StopBody, lenient=wish.lenient)
    ref = execution_wire.reference(request.values["id"])
    execution = await stop.stop(request.ports, request.actor, ref, body.mode, body.reason)
    return await _written(request, wish, execution, ignored, "wait", "respond-async", "handling")


async def get(request: Request) -> Answer:
    """Read a stop and its proof."""
    wish = asking.polling(request)
    execution = await look.execution(request.ports, request.actor, execution_wire.reference(request.values["id"]))
    if execution.stop is None and not execution.status.terminal:
        raise NotFound(f"Nobody has asked execution {execution.number} to stop; POST here to do so.")
    return await _written(request, wish, execution, [], "wait")


async def _written(
    request: Request, wish: Preferences, execution: Execution, ignored: list[str], *honoured: str
) -> Answer:
    if wish.wait_s is not None and not execution.status.terminal:
        ports = request.ports
        ending = wait.until_terminal(ports.store, ports.watchers, execution, wish.wait_s)
        execution = await request.wait(ending, execution)
    said = shape(execution, await look.steps(request.ports, execution), ignored)
    headers = [header("location", f"{execution_wire.address(execution)}/stop"), *wish.applied(*honoured)]
    if said.outcome == "pending":
        return json_answer(said, 202, [*headers, (b"retry-after", b"1")])
    return json_answer(said, 200, headers)


def shape(execution: Execution, steps: list[StepExecution], ignored: list[str]) -> StopShape:
    """The stop of an execution; one that had ended before is `already_finished`."""
    return StopShape(
        outcome=_outcome(execution),  # type: ignore[arg-type]
        **(_NEVER_ASKED if execution.stop is None else _proof(execution.stop)),
        steps_done=tuple(dict.fromkeys(step.name for step in steps if step.status in _DONE)),
        step_in_flight=next((step.name for step in steps if step.status in _IN_FLIGHT), None),
        execution=execution_wire.PREFIX + execution.id,
        status=STATUS[execution.status],  # type: ignore[arg-type]
        ignored=ignored or UNSET,
    )


def _outcome(execution: Execution) -> str:
    if execution.stop is not None:
        if not execution.status.terminal:
            return "pending"
        if execution.status in {Status.STOPPED, Status.DISCARDED}:
            return STATUS[execution.status]
    return "already_finished"


def _proof(stop: Stop) -> dict[str, Any]:
    return {
        "mode": stop.mode,
        "reason": stop.reason,
        "requested_by": stop.requested_by,
        "requested_at": rfc3339(stop.requested_at),
        "deadline_at": rfc3339(stop.deadline_at),
        "signalled_at": None if stop.signalled_at is None else rfc3339(stop.signalled_at),
        "forced_at": None if stop.forced_at is None else rfc3339(stop.forced_at),
        "process_gone_at": None if stop.process_gone_at is None else rfc3339(stop.process_gone_at),
        "proof": stop.proof,
        "survivors": stop.survivors,
    }
