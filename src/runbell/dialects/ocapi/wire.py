"""An execution and its steps as the vendor's documents. Nothing is read here: all that is told is handed over."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from runbell.dialects.ocapi.shapes import (
    ExecutionDocument,
    ParameterDocument,
    StatusDocument,
    StatusMetadata,
    StepDocument,
)
from runbell.dialects.ocapi.words import STEP_STATUS, Table, Word, code_of
from runbell.domain.actions import Child, Command, Include, Python, Shell, Task
from runbell.domain.execution import LOG_REMOVED, Execution, StepExecution, Stop
from runbell.domain.job import Job, Step
from runbell.domain.secrecy import sealed_text
from runbell.domain.status import OK, Status
from runbell.http.times import rfc3339

SITE_SCOPE: Final = "SiteScope"
ORGANIZATION: Final = "Organization"
SYSTEM: Final = "sfcc-"
"""What the ids of system jobs begin with."""
ECHOED: Final = {"file_name": "ImportFile", "mode": "ImportMode"}
"""How the answers of a system job name what its request names otherwise."""
HIDDEN: Final = "*****"
NEWER: Final = 20
"""From this version on an execution has some more members."""
LONGEST_INFO: Final = 256
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")


class Told(Struct, frozen=True, kw_only=True):
    """An execution and what its document says beside it.

    `job_id`: what the job is called here. `job`: the version that it ran, with what it includes. `log_at`: the moment
    in the name of its log, epoch ms. `others`: what the included jobs are called. `steps`: its step executions with
    their numbers; None: they are not told.
    `accepted`: it is told as it was when it was accepted, for the answer to the start of a system job.
    """

    execution: Execution
    job_id: str
    job: Job
    now: int
    log_at: int
    log_bytes: int
    words: Table
    others: Mapping[str, str] = {}
    steps: tuple[tuple[int, StepExecution], ...] | None = None
    accepted: bool = False


def document(told: Told, year: int, version: str | UnsetType = UNSET, *, state: bool = False) -> ExecutionDocument:
    """The execution. `year`: the first number of the version asked for; `state`: with `_resource_state`."""
    it = told.execution
    word = told.words.words[Status.SCHEDULED if told.accepted else it.status]
    started, changed = began(told), modified(told)
    newer = year >= NEWER
    return ExecutionDocument(
        v=version, resource_state=resource_state(it) if state else UNSET,
        client_id=_actor(it, ("client:", "key:")), user_login=_actor(it, ("user:",)),
        creation_date=rfc3339(it.created_at) if newer else UNSET, last_modified=rfc3339(changed) if newer else UNSET,
        duration=UNSET if started is None else _took(it, started, told.now),
        effective_duration=_took(it, started, told.now) if newer and started and it.ended_at is not None else UNSET,
        end_time=_time(it.ended_at), start_time=_time(started), modification_time=rfc3339(changed),
        execution_scopes=scopes(told) or UNSET, execution_status=word.execution, exit_status=_exit_status(told, word),
        id=str(it.number), is_log_file_existing=_has_log(told),
        is_restart=it.restart_of is not None, job_description=told.job.description or UNSET, job_id=told.job_id,
        log_file_name=log_name(told.job_id, told.log_at),
        log_file_path=f"/Sites/LOGS/jobs/{safe(told.job_id)}/{log_name(told.job_id, told.log_at)}",
        parameters=_parameters(told) or UNSET,
        status=word.status or told.words.status(it.status, it.exit_status) if not told.accepted else "PENDING",
        status_metadata=UNSET if it.stop is None or not newer else _metadata(it.stop),
        step_executions=UNSET if told.steps is None else list(_steps(told, told.steps)),
    )  # fmt: skip


def resource_state(execution: Execution) -> str:
    """64 hexadecimal digits that change with every change of the execution."""
    return hashlib.sha256(f"{execution.id}:{execution.revision}".encode()).hexdigest()


def log_name(job_id: str, at: int) -> str:
    """The name of an execution's log; `at` is its moment in epoch ms (`gathering.log_moment`)."""
    when = datetime.fromtimestamp(at // 1_000, UTC)
    return f"Job-{safe(job_id)}-{when:%Y%m%d%H%M%S}{at % 1_000:03d}.log"


def safe(job_id: str) -> str:
    """The id of a job as a part of a file name."""
    return _UNSAFE.sub("_", job_id)


def began(told: Told) -> int | None:
    """The start that is shown. What is queued counts as running, from the moment of its acceptance on."""
    it = told.execution
    if told.accepted or it.started_at is not None:
        return None if told.accepted else it.started_at
    return it.created_at if told.words.words[it.status].status == "RUNNING" else None


def modified(told: Told) -> int:
    """When the execution, or one of its steps, last changed."""
    it, moments = told.execution, [told.execution.created_at]
    moments += [at for at in (it.started_at, it.ended_at) if at is not None]
    if it.stop is not None:
        moments += [at for at in (it.stop.requested_at, it.stop.signalled_at, it.stop.forced_at) if at is not None]
    for _, step in told.steps or ():
        moments += [at for at in (step.started_at, step.ended_at) if at is not None and step.reused_from is None]
    return max(moments)


def scopes(told: Told) -> list[str]:
    """The sites that the start named, else those that the job's steps run for, in the order declared."""
    it, job = told.execution, told.job
    named = sites(it.params.get(SITE_SCOPE, (it.about or {}).get(SITE_SCOPE)))
    if named:
        return list(named)
    if it.scopes is not None:
        return list(it.scopes)
    each = [job.scopes if step.for_each == "scopes" else step.for_each or () for step in job.steps]
    return list(dict.fromkeys(scope for scopes_ in each for scope in scopes_))


def sites(value: Any) -> tuple[str, ...]:
    """The `named_sites` of a SiteScope, as an object or its JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return ()
    named = value.get("named_sites") if isinstance(value, dict) else None
    return tuple(site for site in named if isinstance(site, str)) if isinstance(named, list) else ()


def text_of(value: Any) -> str:
    """A parameter's value as text."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def latest(steps: Iterable[StepExecution]) -> list[StepExecution]:
    """One step execution per step and scope, the latest attempt, without those that did not begin."""
    found = {(step.name, step.scope): step for step in steps if STEP_STATUS[step.status] is not None}
    return list(found.values())


def _has_log(told: Told) -> bool:
    """Once something was written, at the latest when it has ended; until its time is over."""
    it = told.execution
    return not it.removed & LOG_REMOVED and (told.log_bytes > 0 or it.status.terminal)


def _exit_status(told: Told, word: Word) -> StatusDocument | UnsetType:
    it = told.execution
    if told.accepted or word.good is None:
        return UNSET
    message = "" if it.exit_status is None else it.exit_status.message
    own = code_of(it.exit_status, it.error, good=word.good)
    code = told.words.status(it.status, it.exit_status)
    if it.status is Status.FAILED and own != code:
        message = f"{own}: {message}"
    elif code == OK:
        message = ""  # as in the vendor's sample: what the steps said stands with them
    return StatusDocument(code=code, message=message or UNSET, status="ok" if word.good else "error")


def _parameters(told: Told) -> list[ParameterDocument]:
    system = told.job_id.startswith(SYSTEM)
    return [
        ParameterDocument(
            name=ECHOED.get(name, name) if system else name,
            value=HIDDEN if sealed_text(value) is not None or name in told.job.secret_parameters else text_of(value),
        )
        for name, value in ((told.execution.about or {}) | told.execution.params).items()
        if name == SITE_SCOPE or name in told.execution.params
    ]


def _metadata(stop: Stop) -> StatusMetadata:
    kind, _, name = stop.requested_by.partition(":")
    return StatusMetadata(
        client_id=name if kind in {"client", "key"} else UNSET, user_login=name if kind == "user" else UNSET,
        reason=stop.reason or UNSET,
    )  # fmt: skip


def _steps(told: Told, steps: Iterable[tuple[int, StepExecution]]) -> Iterable[StepDocument]:
    for number, row in steps:
        word = STEP_STATUS[row.status]
        if word is not None:
            yield _step(told, number, row, word)


def _step(told: Told, number: int, row: StepExecution, word: Word) -> StepDocument:
    step = told.job.step_at(row.name, row.scope)
    code = word.status
    if word.good is not None and code is None:
        code = code_of(row.exit_status, row.error, good=word.good)
    message = "" if row.exit_status is None else row.exit_status.message
    ended = UNSET if word.good is None else StatusDocument(
        code=code or "", message=message or ("" if row.error is None else row.error.detail),
        status="ok" if word.good else "error",
    )  # fmt: skip
    until = told.now if row.ended_at is None else row.ended_at
    changed = [at for at in (told.execution.created_at, row.started_at, row.ended_at) if at is not None]
    return StepDocument(
        duration=0 if row.started_at is None else max(0, until - row.started_at), end_time=_time(row.ended_at),
        execution_scope=row.scope or ORGANIZATION, execution_status=word.execution, exit_status=ended, id=str(number),
        include_steps_from_job_id=_included_from(told, step), modification_time=rfc3339(changed[-1]),
        start_time=_time(row.started_at), status=code or "", step_description="" if step is None else step.description,
        step_id=row.name, step_type_id=row.kind if step is None else step.type or row.kind, step_type_info=_info(step),
    )  # fmt: skip


def _included_from(told: Told, step: Step | None) -> str | UnsetType:
    if step is None or step.frame is None:
        return UNSET
    return told.others.get(step.frame.job, step.frame.job)


def _info(step: Step | None) -> str:
    """What the step runs: as it is labelled, else the command or function."""
    if step is None or step.info:
        return "" if step is None else step.info
    match step.action:
        case Command(argv):
            return " ".join(argv)[:LONGEST_INFO]
        case Shell(script):
            return script.strip().partition("\n")[0][:LONGEST_INFO]
        case Python(target):
            return target
        case Include(job) | Child(job):
            return job
        case Task(kind=kind):
            return kind


def _actor(execution: Execution, kinds: tuple[str, ...]) -> str | UnsetType:
    """The name of whoever started it, unless a schedule or another job did."""
    if execution.trigger.kind in {"schedule", "job"}:
        return UNSET
    return next((execution.trigger.actor.removeprefix(kind) for kind in kinds
                 if execution.trigger.actor.startswith(kind)), UNSET)  # fmt: skip


def _took(execution: Execution, started: int, now: int) -> int:
    if execution.status is Status.QUEUED and not execution.began:
        return 0
    return max(0, (now if execution.ended_at is None else execution.ended_at) - started)


def _time(moment: int | None) -> str | UnsetType:
    return UNSET if moment is None else rfc3339(moment)
