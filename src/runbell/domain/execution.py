"""One run of one version of a job, and its step executions. Times are epoch milliseconds, UTC."""

from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from runbell.domain.data import Yield
from runbell.domain.job import OnLost
from runbell.domain.status import DiscardReason, ExitStatus, Status, StepStatus

MAX_WORKERS_LOST: Final = 3
LOG_REMOVED: Final = 1
DATA_REMOVED: Final = 2


class Trigger(Struct, frozen=True):
    """What started an execution: `kind` (api, schedule, console, cli, job, rerun, restart), who, and the door used.

    `schedule`: the fire time that a schedule started it for (RFC 3339, milliseconds).
    """

    kind: str
    actor: str
    surface: str
    schedule: str | None = None

    @property
    def due(self) -> int | None:
        """The fire time, epoch ms."""
        return None if self.schedule is None else round(datetime.fromisoformat(self.schedule).timestamp() * 1_000)


class Progress(Struct, frozen=True):
    """How far the running step says it is; `revision` is that of the execution when it said so."""

    done: float
    total: float | None = None
    message: str = ""
    revision: int = 0


class Stop(Struct, frozen=True, kw_only=True):
    """A request to stop, then its proof. `proof`: observed | never_started, None while pending."""

    mode: str
    reason: str
    requested_by: str
    requested_at: int
    deadline_at: int
    signalled_at: int | None = None
    forced_at: int | None = None
    process_gone_at: int | None = None
    proof: str | None = None
    survivors: int = 0


class Error(Struct, frozen=True, kw_only=True):
    """Why an execution ended badly: a code, a sentence, the step, its exit code and the last lines it wrote.

    `again_in_ms`: how long whoever was asked wants to be left alone, before another attempt of the step.
    """

    code: str
    detail: str
    step: str | None = None
    scope: str | None = None
    exit_code: int | None = None
    log_tail: tuple[str, ...] = ()
    again_in_ms: int | None = None


class ResultRef(Struct, frozen=True):
    """Where a result lies: `inline` JSON text, or `file`, a name in the execution's folder, with its size in bytes."""

    inline: str | None = None
    file: str | None = None
    size: int = 0


class Execution(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run of one version of a job. `began` means: it had been claimed at least once.

    `includes` names the version of each job whose steps its own includes. `own_limit`: it may only begin while fewer
    executions of the job run, whatever the job itself says. `kept` names the parameters that take, when it
    begins, what the last success handed back.
    `pinned`: retention leaves it alone. `removed`: what retention took already (LOG_REMOVED, DATA_REMOVED).
    `exceptions`, `files`: how many exception records and output files its steps left so far.
    `about`: what the door that took the start wants to remember of it; nothing here acts on it.
    """

    number: int
    id: str
    key: str | None
    project: str
    job: str
    job_version: int
    status: Status
    revision: int
    epoch: int
    params: dict[str, Any]
    trigger: Trigger
    tags: tuple[str, ...] = ()
    priority: int = 0
    created_at: int
    start_after: int | None = None
    start_by: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    timeout_ms: int | None = None
    scopes: tuple[str, ...] | None = None
    discard_reason: DiscardReason | None = None
    workers_lost: int = 0
    claimed_by: str | None = None
    progress: Progress | None = None
    exit_status: ExitStatus | None = None
    error: Error | None = None
    result: ResultRef | None = None
    stop: Stop | None = None
    rerun_of: str | None = None
    restart_of: str | None = None
    predecessor: str | None = None
    predecessor_on: str | None = None
    traceparent: str | None = None
    includes: dict[str, int] | None = None
    own_limit: int | None = None
    pinned: bool = False
    removed: int = 0
    about: dict[str, Any] | None = None
    kept: tuple[str, ...] | None = None
    exceptions: int = 0
    files: int = 0

    @property
    def began(self) -> bool:
        """True once a worker had claimed it."""
        return self.started_at is not None


class StepExecution(Struct, frozen=True, kw_only=True):
    """One attempt of one step for one scope.

    `inner` marks a `@step` call inside a Python job: it is not declared in the job, so its `on_lost` stands here.
    `keep` holds the values that it hands back for `keep` parameters, `data` what it left besides its result.
    """

    name: str
    kind: str
    scope: str | None = None
    attempt: int = 1
    status: StepStatus
    not_before: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    exit_status: ExitStatus | None = None
    error: Error | None = None
    result: ResultRef | None = None
    reused_from: str | None = None
    inner: bool = False
    on_lost: OnLost | None = None
    keep: dict[str, Any] | None = None
    data: tuple[Yield, ...] = ()

    @property
    def slot(self) -> tuple[str, str | None, int]:
        """What tells one step execution from another inside its execution."""
        return (self.name, self.scope, self.attempt)

    @property
    def again_in_ms(self) -> int:
        """How long at least another attempt has to wait, because whoever was asked said so."""
        return 0 if self.error is None else self.error.again_in_ms or 0
