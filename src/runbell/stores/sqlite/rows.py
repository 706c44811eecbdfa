"""Rows of the tables and the domain's words: the order of the columns, and the way from one to the other and back."""

from typing import Any, Final

import apsw
import msgspec

from runbell.domain.data import Yield
from runbell.domain.execution import Error, Execution, Progress, ResultRef, StepExecution, Stop, Trigger
from runbell.domain.job import OnLost
from runbell.domain.status import DiscardReason, ExitStatus, Status, StepStatus

Row = tuple[Any, ...]

FIXED: Final = (
    "number", "job_number", "id", "key", "project", "job", "job_version", "priority", "created_at", "start_after",
    "start_by", "timeout_ms", "trigger_kind", "actor", "surface", "schedule", "rerun_of", "restart_of", "predecessor",
    "predecessor_on", "traceparent", "tags", "scopes", "params", "includes", "own_limit",
    "pinned", "removed", "about", "kept",
)  # fmt: skip
MUTABLE: Final = (
    "status", "revision", "epoch", "workers_lost", "claimed_by", "started_at", "ended_at", "discard_reason",
    "exit_code", "exit_message", "progress", "stop", "error", "result", "result_file", "result_size",
    "exceptions", "files",
)  # fmt: skip
EXECUTION: Final = ", ".join(FIXED + MUTABLE)
NUMBER, JOB_NUMBER, ID, STATUS = (
    (FIXED + MUTABLE).index(column) for column in ("number", "job_number", "id", "status")
)

STEP_COLUMNS: Final = (
    "name", "scope", "attempt", "kind", "status", "not_before", "started_at", "ended_at", "exit_code", "exit_message",
    "error", "result", "result_file", "result_size", "reused_from", "inner", "on_lost", "keep",
    "data",
)  # fmt: skip
STEP: Final = ", ".join(STEP_COLUMNS)

_STATUS: Final = {str(status): status for status in Status}
_STEP_STATUS: Final = {str(status): status for status in StepStatus}
_DISCARD: Final = {None: None} | {str(reason): reason for reason in DiscardReason}

_encode = msgspec.json.Encoder().encode
json_value: Final = msgspec.json.Decoder().decode
json_object: Final = msgspec.json.Decoder(dict[str, Any]).decode
json_digests: Final = msgspec.json.Decoder(dict[str, str]).decode
json_numbers: Final = msgspec.json.Decoder(dict[str, int]).decode
json_words: Final = msgspec.json.Decoder(tuple[str, ...]).decode
json_data: Final = msgspec.json.Decoder(tuple[Yield, ...]).decode
_progress: Final = msgspec.json.Decoder(Progress).decode
_stop: Final = msgspec.json.Decoder(Stop).decode
_error: Final = msgspec.json.Decoder(Error).decode


def fetch(db: apsw.Connection, sql: str, values: Row = ()) -> list[Row]:
    """All rows of a query."""
    found: list[Row] = db.execute(sql, values).fetchall()
    return found


def status(text: str) -> Status:
    """The status of that name."""
    return _STATUS[text]


def json_text(value: Any) -> str:
    """JSON for a text column."""
    return _encode(value).decode()


def _json_or_null(value: Any) -> str | None:
    return None if value is None else _encode(value).decode()


def execution(row: Row, *, params: bool = True) -> Execution:
    """The execution of a row of the columns EXECUTION. Without `params` they stay empty: enough to decide a move."""
    (
        number, _, id_, key, project, job, job_version, priority, created_at, start_after,
        start_by, timeout_ms, trigger_kind, actor, surface, schedule, rerun_of, restart_of, predecessor,
        predecessor_on, traceparent, tags, scopes, params_text, includes, own_limit,
        pinned, removed, about, kept,
        status_text, revision, epoch, workers_lost, claimed_by, started_at, ended_at, discard_reason,
        exit_code, exit_message, progress, stop, error, result, result_file, result_size,
        exceptions, files,
    ) = row  # fmt: skip
    return Execution(
        number=number,
        id=id_,
        key=key,
        project=project,
        job=job,
        job_version=job_version,
        status=_STATUS[status_text],
        revision=revision,
        epoch=epoch,
        params=json_object(params_text) if params else {},
        trigger=Trigger(trigger_kind, actor, surface, schedule),
        tags=json_words(tags) if tags else (),
        priority=priority,
        created_at=created_at,
        start_after=start_after,
        start_by=start_by,
        started_at=started_at,
        ended_at=ended_at,
        timeout_ms=timeout_ms,
        scopes=None if scopes is None else json_words(scopes),
        discard_reason=_DISCARD[discard_reason],
        workers_lost=workers_lost,
        claimed_by=claimed_by,
        progress=None if progress is None else _progress(progress),
        exit_status=None if exit_code is None else ExitStatus(exit_code, exit_message),
        error=None if error is None else _error(error),
        result=None if result_size is None else ResultRef(result, result_file, result_size),
        stop=None if stop is None else _stop(stop),
        rerun_of=rerun_of,
        restart_of=restart_of,
        predecessor=predecessor,
        predecessor_on=predecessor_on,
        traceparent=traceparent,
        includes=None if includes is None else json_numbers(includes),
        own_limit=own_limit,
        pinned=bool(pinned),
        removed=removed,
        about=None if about is None else json_object(about),
        kept=None if kept is None else json_words(kept),
        exceptions=exceptions,
        files=files,
    )


def fixed(execution: Execution, job_number: int) -> Row:
    """The columns FIXED, without the number, as they are written when an execution is accepted."""
    trigger = execution.trigger
    return (
        job_number, execution.id, execution.key, execution.project, execution.job, execution.job_version,
        execution.priority, execution.created_at, execution.start_after, execution.start_by, execution.timeout_ms,
        trigger.kind, trigger.actor, trigger.surface, trigger.schedule, execution.rerun_of, execution.restart_of,
        execution.predecessor, execution.predecessor_on, execution.traceparent,
        json_text(execution.tags) if execution.tags else None, _json_or_null(execution.scopes),
        json_text(execution.params), _json_or_null(execution.includes), execution.own_limit,
        int(execution.pinned), execution.removed, _json_or_null(execution.about), _json_or_null(execution.kept),
    )  # fmt: skip


def mutable(execution: Execution) -> Row:
    """The columns MUTABLE, which a move or a worker's write may change."""
    exit_status, result = execution.exit_status, execution.result
    return (
        execution.status, execution.revision, execution.epoch, execution.workers_lost, execution.claimed_by,
        execution.started_at, execution.ended_at, execution.discard_reason,
        *((None, None) if exit_status is None else (exit_status.code, exit_status.message)),
        _json_or_null(execution.progress), _json_or_null(execution.stop), _json_or_null(execution.error),
        *((None, None, None) if result is None else (result.inline, result.file, result.size)),
        execution.exceptions, execution.files,
    )  # fmt: skip


def step(row: Row) -> StepExecution:
    """The step execution of a row of the columns STEP."""
    (
        name, scope, attempt, kind, status_text, not_before, started_at, ended_at, exit_code, exit_message,
        error, result, result_file, result_size, reused_from, inner, on_lost, keep, data,
    ) = row  # fmt: skip
    return StepExecution(
        name=name,
        kind=kind,
        scope=scope or None,
        attempt=attempt,
        status=_STEP_STATUS[status_text],
        not_before=not_before,
        started_at=started_at,
        ended_at=ended_at,
        exit_status=None if exit_code is None else ExitStatus(exit_code, exit_message),
        error=None if error is None else _error(error),
        result=None if result_size is None else ResultRef(result, result_file, result_size),
        reused_from=reused_from,
        inner=bool(inner),
        on_lost=None if on_lost is None else OnLost(on_lost),
        keep=None if keep is None else json_object(keep),
        data=() if data is None else json_data(data),
    )


def step_row(step: StepExecution) -> Row:
    """The columns STEP of a step execution."""
    exit_status, result = step.exit_status, step.result
    return (
        step.name, step.scope or "", step.attempt, step.kind, step.status, step.not_before, step.started_at,
        step.ended_at, *((None, None) if exit_status is None else (exit_status.code, exit_status.message)),
        _json_or_null(step.error),
        *((None, None, None) if result is None else (result.inline, result.file, result.size)),
        step.reused_from, int(step.inner), step.on_lost, _json_or_null(step.keep),
        json_text(step.data) if step.data else None,
    )  # fmt: skip
