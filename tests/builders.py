"""Builders: small, whole objects with only what a test cares about said out loud."""

from typing import Any

from runbell.domain.actions import Command
from runbell.domain.execution import Error, Execution, ResultRef, StepExecution, Trigger
from runbell.domain.ids import new_id
from runbell.domain.job import Job, Step
from runbell.domain.status import ExitStatus, Status, StepStatus

NOON = 1_900_000_000_000


def an_execution(status: Status = Status.QUEUED, **fields: Any) -> Execution:
    """An execution of job `load`, in any status."""
    started = status not in (Status.SCHEDULED, Status.QUEUED, Status.DISCARDED)
    known: dict[str, Any] = {
        "number": 7,
        "id": new_id(NOON),
        "key": None,
        "project": "default",
        "job": "load",
        "job_version": 1,
        "status": status,
        "revision": 1,
        "epoch": 1 if started else 0,
        "params": {},
        "trigger": Trigger("api", "key:admin", "native"),
        "created_at": NOON,
        "started_at": NOON if started else None,
    }
    return Execution(**(known | fields))


def a_step(name: str, **fields: Any) -> Step:
    """A command step."""
    return Step(**({"name": name, "action": Command(("true",))} | fields))


def a_job(*steps: Step, **fields: Any) -> Job:
    """A job whose steps follow one another unless they say what they need."""
    return Job(**({"name": "load", "steps": steps} | fields))


def in_a_row(*names: str, **fields: Any) -> tuple[Step, ...]:
    """Steps that each need the one before."""
    return tuple(a_step(name, needs=(names[place - 1],) if place else (), **fields) for place, name in enumerate(names))


def a_row(name: str, status: StepStatus = StepStatus.SUCCEEDED, **fields: Any) -> StepExecution:
    """One attempt of a step."""
    known: dict[str, Any] = {"name": name, "kind": "command", "status": status, "started_at": NOON}
    if status not in (StepStatus.RUNNING, StepStatus.WAITING):
        known["ended_at"] = NOON + 10
    if status is StepStatus.SUCCEEDED:
        known["exit_status"] = ExitStatus("OK")
    if status is StepStatus.FAILED:
        known |= {"exit_status": ExitStatus("ERROR", "no"), "error": Error(code="ERROR", detail="no", step=name)}
    return StepExecution(**(known | fields))


def a_result(text: str) -> ResultRef:
    """An inline result."""
    return ResultRef(inline=text, size=len(text))
