"""What goes over the wire (https://dvsum.zendesk.com/hc/en-us/articles/30417646570132-Executing-Jobs-via-API).

The vendor's page names no member but `execution_id`; the others are ours.
"""

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from runbell.dialects.dvsum import words
from runbell.dialects.dvsum.faults import JSON_REPLY
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.job import Job
from runbell.domain.status import Status
from runbell.http.answer import Answer
from runbell.http.times import rfc3339

LIMIT: Final = 10_000
StatusWord = Literal["Scheduled", "Queued", "Running", "Stopping", "Completed", "Failed", "Stopped", "Discarded"]
RuleWord = Literal[
    "Passed", "Failed", "Exception", "Invalid", "Matched", "Modified", "Committed", "Valid", "Running"
]  # fmt: skip
Gateway = Literal["ON_PREM", "CLOUD"]


class ExecuteReply(Struct, frozen=True, kw_only=True):
    """A start was accepted."""

    execution_id: int
    job_id: int
    job_name: str
    status: StatusWord
    is_finished: bool
    message: str
    created_at: str
    details_url: str


class Rule(Struct, frozen=True, kw_only=True):
    """One step for one scope, its latest attempt."""

    rule_id: str
    rule_name: str
    rule_type: str | None
    rule_status: RuleWord
    exit_code: str | None
    exception_count: int
    message: str
    start_time: str | None
    end_time: str | None
    download: None


class Exceptions(Struct, frozen=True, kw_only=True):
    """How many exception records there are, and how many of them one file holds."""

    total: int = 0
    downloadable: int = 0
    limit: int = LIMIT
    truncated: bool = False


class Details(Struct, frozen=True, kw_only=True):
    """An execution as it stands, before its end and after."""

    execution_id: int
    job_id: int
    job_name: str
    status: StatusWord
    is_finished: bool
    result: Literal["Invalid", "Failed", "Exception", "Passed"] | None
    exit_code: str | None
    message: str
    triggered_by: str | None
    trigger_type: Literal["API", "SCHEDULE", "MANUAL", "JOB"]
    gateway_type: Gateway
    created_at: str
    start_time: str | None
    end_time: str | None
    duration_ms: int | None
    rules: tuple[Rule, ...]
    exceptions: Exceptions
    download: None


class RunJobReply(Struct, frozen=True, kw_only=True):
    """What the older synchronous call answers."""

    return_code: Literal[0, -1, -2]
    return_remark: str
    execution_id: int


def reply(value: Any) -> Answer:
    """Any of these, as an answer."""
    return Answer(200, [*JSON_REPLY], msgspec.json.encode(value))


def execute_reply(execution: Execution, job_id: int, base: str) -> ExecuteReply:
    """The answer to a start; that to a repeated one (Idempotency-Key) says how far it is by now."""
    return ExecuteReply(
        execution_id=execution.number,
        job_id=job_id,
        job_name=execution.job,
        status=words.STATUS[execution.status],  # type: ignore[arg-type]
        is_finished=execution.status.terminal,
        message="Job execution started",
        created_at=rfc3339(execution.created_at),
        details_url=f"{base}/integration/jobs/{execution.number}/details",
    )


def details(
    execution: Execution, job: Job, steps: Iterable[StepExecution], *, job_id: int, gateway: str, now: int
) -> Details:
    """An execution with a rule for each of its steps."""
    it, latest = execution, latest_of(steps)
    told = tuple(rule(step, job) for step in latest)
    result = words.result((step.status, one.rule_status) for step, one in zip(latest, told, strict=True))
    return Details(
        execution_id=it.number,
        job_id=job_id,
        job_name=it.job,
        status=words.STATUS[it.status],  # type: ignore[arg-type]
        is_finished=it.status.terminal,
        result=result if it.status.terminal else None,  # type: ignore[arg-type]
        exit_code=exit_code(it),
        message=_message(it),
        triggered_by=None if it.trigger.kind in {"schedule", "job"} else _name(it.trigger.actor),
        trigger_type=words.TRIGGER_TYPE[it.trigger.kind],  # type: ignore[arg-type]
        gateway_type=words.GATEWAY_TYPE[gateway],  # type: ignore[arg-type]
        created_at=rfc3339(it.created_at),
        start_time=_time(it.started_at),
        end_time=_time(it.ended_at),
        duration_ms=None if it.started_at is None else (it.ended_at or now) - it.started_at,
        rules=told,
        exceptions=Exceptions(),
        download=None,
    )


def latest_of(steps: Iterable[StepExecution]) -> list[StepExecution]:
    """One per step and scope: its latest attempt, in the order of the steps."""
    found: dict[tuple[str, str | None], StepExecution] = {}
    for step in steps:
        found[step.name, step.scope] = step
    return list(found.values())


def rule(step: StepExecution, job: Job) -> Rule:
    """A step as the vendor's rule."""
    declared = job.step_at(step.name, step.scope)
    code = step.exit_status.code if step.exit_status is not None else step.error.code if step.error else None
    return Rule(
        rule_id=step.name if step.scope is None else f"{step.name}:{step.scope}",
        rule_name=(declared.title if declared is not None else "") or step.name,
        rule_type=words.rule_type((declared.rule or {}).get("type") if declared is not None else None),
        rule_status=words.rule_status(step.status, code, began=step.started_at is not None),  # type: ignore[arg-type]
        exit_code=code,
        exception_count=0,
        message=_message(step),
        start_time=_time(step.started_at),
        end_time=_time(step.ended_at),
        download=None,
    )


def exit_code(execution: Execution) -> str | None:
    """Its own exit code where it may say one, else the one that its end has by itself; None before the end."""
    if execution.status in words.ITS_OWN:
        if execution.exit_status is not None:
            return execution.exit_status.code
        if execution.error is not None and execution.status is Status.FAILED:
            return execution.error.code
    return words.EXIT_CODE[execution.status]


def _message(told: Execution | StepExecution) -> str:
    said = told.exit_status.message if told.exit_status is not None else ""
    return said or (told.error.detail if told.error is not None else "")


def _name(actor: str) -> str:
    """Who it was, without saying whether by a key, a client or a sign-in."""
    return actor.partition(":")[2] or actor


def _time(moment: int | None) -> str | None:
    return None if moment is None else rfc3339(moment)
