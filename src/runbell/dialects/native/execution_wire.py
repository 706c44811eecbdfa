"""Our Execution → the native shape."""

import re
from collections.abc import Iterable
from typing import Any, Final

from msgspec import UNSET, Raw

from runbell.dialects.native.shapes import (
    ErrorShape,
    ExceptionsShape,
    ExecutionItem,
    ExecutionShape,
    ExitStatusShape,
    ProgressShape,
    StepShape,
    TriggerShape,
)
from runbell.dialects.native.words import DISCARD_REASON, FAILURE_TITLES, STATUS, STEP_FAILED, STEP_STATUS
from runbell.domain.data import ChildExecution, exception_count
from runbell.domain.exact import exact
from runbell.domain.execution import Error, Execution, StepExecution
from runbell.domain.faults import NotFound
from runbell.domain.ids import LENGTH, is_id
from runbell.domain.secrecy import SHOWN, sealed_text
from runbell.domain.sight import Sight
from runbell.domain.status import ExitStatus
from runbell.http.times import rfc3339
from runbell.ports.store import Ref

PREFIX: Final = "run_"
ROOT: Final = "/api/v1/executions/"
LONGEST_KEY: Final = 200
_NONE: Final = ExceptionsShape()
_REMOVED: Final[tuple[tuple[str, ...], ...]] = ((), ("log",), ("data",), ("log", "data"))
_KEY: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,200}")


def reference(text: str) -> Ref:
    """The execution that a path names by id, by number, or as `key:…`. Raises NotFound for what can be none."""
    if text.startswith(PREFIX) and len(text) == len(PREFIX) + LENGTH and is_id(text[len(PREFIX) :]):
        return Ref(id=text[len(PREFIX) :])
    if text.isascii() and text.isdigit() and len(text) < 19:
        return Ref(number=int(text))
    if text.startswith("key:") and is_key(text[4:]):
        return Ref(key=text[4:])
    raise NotFound("An execution is named by its id (run_…), its number, or key: and its key.")


def is_key(text: str) -> bool:
    """Whether this can be a caller's key: 1 to 200 characters, no control characters."""
    return _KEY.fullmatch(text) is not None


def address(execution: Execution) -> str:
    """The path of an execution."""
    return f"{ROOT}{PREFIX}{execution.id}"


def shape(
    execution: Execution,
    steps: Iterable[StepShape],
    sees: Sight,
    ignored: list[str] | None = None,
    expires_at: int | None = None,
) -> ExecutionShape:
    """The whole representation, as far as it is shown to whoever `sees` that much."""
    result = execution.result if sees.results else None
    return ExecutionShape(
        **_members(execution, sees, expires_at),
        steps=tuple(steps),
        result=Raw(result.inline) if result is not None and result.inline is not None else None,
        ignored=ignored or UNSET,
    )


def item(execution: Execution, sees: Sight, expires_at: int | None = None) -> ExecutionItem:
    """Its line in a list, likewise."""
    return ExecutionItem(**_members(execution, sees, expires_at))


def step_shape(step: StepExecution) -> StepShape:
    """One step execution."""
    began, ended = step.started_at, step.ended_at
    return StepShape(
        name=step.name,
        kind=step.kind,  # type: ignore[arg-type]
        scope=step.scope,
        status=STEP_STATUS[step.status],  # type: ignore[arg-type]
        attempt=step.attempt,
        started_at=_time(began),
        ended_at=_time(ended),
        duration_ms=None if began is None or ended is None else ended - began,
        exit_status=_exit_status(step.exit_status),
        reused_from=_id(step.reused_from),
        execution=next((PREFIX + one.id for one in step.data if isinstance(one, ChildExecution)), None),
        exceptions=exception_count(step.data) if step.data else 0,
    )


def _members(execution: Execution, sees: Sight, expires_at: int | None) -> dict[str, Any]:
    it = execution
    began, ended, progress = it.started_at, it.ended_at, it.progress
    own = f"{ROOT}{PREFIX}{it.id}"
    return {
        "id": PREFIX + it.id,
        "number": it.number,
        "key": it.key,
        "project": it.project,
        "job": it.job,
        "job_version": it.job_version,
        "status": STATUS[it.status],
        "revision": it.revision,
        "discard_reason": None if it.discard_reason is None else DISCARD_REASON[it.discard_reason],
        "params": {name: shown_param(value) for name, value in it.params.items()} if it.params else it.params,
        "trigger": TriggerShape(it.trigger.kind, it.trigger.actor, it.trigger.surface, it.trigger.schedule),  # type: ignore[arg-type]
        "tags": it.tags,
        "priority": it.priority,
        "created_at": rfc3339(it.created_at),
        "start_after": _time(it.start_after),
        "start_by": _time(it.start_by),
        "started_at": _time(began),
        "ended_at": _time(ended),
        "queued_ms": None if began is None else began - max(it.created_at, it.start_after or 0),
        "duration_ms": None if began is None or ended is None else ended - began,
        "workers_lost": it.workers_lost,
        "progress": None if progress is None else ProgressShape(progress.done, progress.total, progress.message),
        "exit_status": _exit_status(it.exit_status),
        "error": None if it.error is None else _error(it.error, sees),
        "exceptions": ExceptionsShape(it.exceptions, False) if it.exceptions else _NONE,
        "rerun_of": _id(it.rerun_of),
        "restart_of": _id(it.restart_of),
        "links": _links(it, own),
        "expires_at": _time(expires_at),
        "pinned": it.pinned,
        "removed": _REMOVED[it.removed],
    }


def _links(it: Execution, own: str) -> dict[str, str]:
    links = {
        "self": own,
        "logs": f"{own}/logs",
        "events": f"{own}/events",
        "result": f"{own}/result",
        "results": f"{own}/results",
        "exceptions": f"{own}/exceptions",
        "artifacts": f"{own}/artifacts",
        "stop": f"{own}/stop",
        "explain": f"{own}/explain",
        "deliveries": f"{own}/deliveries",
    }
    if (source := it.rerun_of or it.restart_of) is not None:
        links["diff"] = f"{own}/diff?with={PREFIX}{source}"
    return links


def _time(moment: int | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _id(execution: str | None) -> str | None:
    return None if execution is None else PREFIX + execution


def _exit_status(status: ExitStatus | None) -> ExitStatusShape | None:
    return None if status is None else ExitStatusShape(status.code, status.message)


def _error(error: Error, sees: Sight) -> ErrorShape:
    kind = error.code.lower() if error.code in FAILURE_TITLES else "step_failed"
    return ErrorShape(
        type=f"/problems/{kind}",
        title=FAILURE_TITLES.get(error.code, STEP_FAILED),
        code=error.code,
        detail=error.detail,
        step=error.step,
        scope=error.scope,
        exit_code=error.exit_code,
        log_tail=error.log_tail if sees.logs else (),
    )


def shown_param(value: Any) -> Any:
    """The value as it may be seen: a sealed one is only said to be there."""
    return SHOWN if type(value) is dict and sealed_text(value) is not None else exact(value)
