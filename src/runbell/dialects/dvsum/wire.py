"""What goes over the wire (https://dvsum.zendesk.com/hc/en-us/articles/30417646570132-Executing-Jobs-via-API).

The vendor's page names no member but `execution_id`; the others are ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from runbell.dialects.dvsum import words
from runbell.dialects.dvsum.faults import JSON_REPLY
from runbell.domain.data import exception_count
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


class Download(Struct, frozen=True, kw_only=True, rename={"x_api_key": "x-api-key"}):
    """How to fetch a file of exception records: with the key in a header, or by a URL that needs nothing else."""

    gateway_type: Gateway
    download_url: str
    x_api_key: str | UnsetType = UNSET
    expires_at: str
    record_count: int
    total_count: int
    truncated: bool


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
    download: Download | None


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
    download: Download | None


class ExceptionFile(Struct, frozen=True, kw_only=True):
    """A file of exception records in the form of JSON."""

    execution_id: int
    rule_id: str | None
    total_count: int
    record_count: int
    truncated: bool
    limit: int
    columns: list[str]
    records: list[dict[str, Any]]


class RunJobReply(Struct, frozen=True, kw_only=True):
    """What the older synchronous call answers."""

    return_code: Literal[0, -1, -2]
    return_remark: str
    execution_id: int


NONE: Final[Mapping[str | None, Download | None]] = MappingProxyType({})


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
    execution: Execution, job: Job, latest: Sequence[StepExecution], *, job_id: int, gateway: str, now: int,
    downloads: Mapping[str | None, Download | None] = NONE,
) -> Details:  # fmt: skip
    """An execution with a rule for each of its steps; `downloads` by rule, under None that of all rules."""
    it = execution
    told = tuple(rule(step, job, downloads) for step in latest)
    total = sum(one.exception_count for one in told)
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
        exceptions=Exceptions(total=total, downloadable=min(total, LIMIT), truncated=total > LIMIT),
        download=downloads.get(None) if it.status.terminal else None,
    )


def rule_id(step: StepExecution) -> str:
    """What a step is called as a rule."""
    return step.name if step.scope is None else f"{step.name}:{step.scope}"


def latest_of(steps: Iterable[StepExecution]) -> list[StepExecution]:
    """One per step and scope: its latest attempt, in the order of the steps."""
    found: dict[tuple[str, str | None], StepExecution] = {}
    for step in steps:
        found[step.name, step.scope] = step
    return list(found.values())


def rule(step: StepExecution, job: Job, downloads: Mapping[str | None, Download | None] = NONE) -> Rule:
    """A step as the vendor's rule, with its own download once it has ended."""
    declared, found = job.step_at(step.name, step.scope), exception_count(step.data)
    code = step.exit_status.code if step.exit_status is not None else step.error.code if step.error else None
    return Rule(
        rule_id=rule_id(step),
        rule_name=(declared.title if declared is not None else "") or step.name,
        rule_type=words.type_of(declared),
        rule_status=words.rule_status(step.status, code, began=step.started_at is not None, exceptions=found),  # type: ignore[arg-type]
        exit_code=code,
        exception_count=found,
        message=_message(step),
        start_time=_time(step.started_at),
        end_time=_time(step.ended_at),
        download=downloads.get(rule_id(step)),
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
