"""What the native API answers, as frozen Structs with its own member names. Unknown members are ignored."""

from typing import Any, Generic

from msgspec import Struct, field

from runbell.client.bound import Bound, Colour
from runbell.domain.status import TERMINAL


class ExitStatus(Struct, frozen=True):
    """What people read: a code chosen by the job, and a message."""

    code: str
    message: str = ""


class Trigger(Struct, frozen=True):
    """What started an execution, who, and through which door."""

    kind: str
    actor: str = ""
    surface: str = ""
    schedule: str | None = None


class Progress(Struct, frozen=True):
    """How far the running step says it is."""

    done: float
    total: float | None = None
    message: str = ""


class Error(Struct, frozen=True, kw_only=True):
    """Why an execution ended badly."""

    code: str = ""
    title: str = ""
    detail: str = ""
    step: str | None = None
    scope: str | None = None
    exit_code: int | None = None
    log_tail: tuple[str, ...] = ()


class StepExecution(Struct, frozen=True, kw_only=True):
    """One attempt of one step for one scope; `exceptions` counts the exception records that it left."""

    name: str
    kind: str = ""
    scope: str | None = None
    status: str
    attempt: int = 1
    started_at: str | None = None
    ended_at: str | None = None
    duration_ms: int | None = None
    exit_status: ExitStatus | None = None
    error: Error | None = None
    reused_from: str | None = None
    exceptions: int = 0


class Exceptions(Struct, frozen=True):
    """How many records the execution rejected."""

    count: int = 0
    truncated: bool = False


class ExecutionItem(Bound[Colour], Struct, Generic[Colour], frozen=True, kw_only=True, dict=True):
    """An execution as it stands in a list. Times are RFC 3339, UTC."""

    id: str
    number: int
    key: str | None = None
    project: str = "default"
    job: str
    job_version: int = 1
    status: str
    revision: int = 0
    discard_reason: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    trigger: Trigger | None = None
    tags: tuple[str, ...] = ()
    priority: int = 0
    created_at: str
    start_after: str | None = None
    start_by: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    queued_ms: int | None = None
    duration_ms: int | None = None
    workers_lost: int = 0
    progress: Progress | None = None
    exit_status: ExitStatus | None = None
    error: Error | None = None
    exceptions: Exceptions = Exceptions()
    rerun_of: str | None = None
    restart_of: str | None = None
    expires_at: str | None = None
    pinned: bool = False
    removed: tuple[str, ...] = ()
    links: dict[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """True once nothing can change any more."""
        return self.status in TERMINAL


class Execution(ExecutionItem[Colour], frozen=True, kw_only=True):
    """One run of one version of a job, whole. A result over 256 KiB is in it after `run` only; `result` reads any."""

    steps: tuple[StepExecution, ...] = ()
    result: Any = None


class JobItem(Struct, frozen=True, kw_only=True):
    """A job as it stands in a list."""

    name: str
    number: int = 0
    id: str = ""
    project: str = "default"
    version: int = 1
    revision: int = 0
    enabled: bool = True
    paused: bool = False
    retired_at: str | None = None
    source: str = ""
    created_at: str = ""
    updated_at: str = ""
    next_fire: str | None = None
    links: dict[str, str] = field(default_factory=dict)


class Job(JobItem, frozen=True, kw_only=True):
    """A job with its current definition. `warnings`: what it names and is not there, when it has just been defined."""

    definition: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class JobVersionItem(Struct, frozen=True, kw_only=True):
    """One version of a job's definition, as it stands in a list."""

    version: int
    created_at: str = ""
    created_by: str = ""


class JobVersion(JobVersionItem, frozen=True, kw_only=True):
    """One version of a job's definition, whole."""

    definition: dict[str, Any] = field(default_factory=dict)


class ReadyCall(Struct, frozen=True, kw_only=True):
    """One request to a door, whole but for what stands in brackets. `texts`: the same for curl, python, powershell.

    `token_url`: where this door gives out tokens; one is good only at the door that gave it.
    """

    dialect: str
    name: str
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    token_url: str = ""
    texts: dict[str, str] = field(default_factory=dict)


class JobUrls(Struct, frozen=True, kw_only=True):
    """The ready calls of a job at every door. `hindrance`: why a start would be refused now, None when it would not."""

    job: str
    project: str = "default"
    hindrance: str | None = None
    dialects: tuple[str, ...] = ()
    calls: tuple[ReadyCall, ...] = ()


class LogLine(Struct, frozen=True, kw_only=True):
    """One line of a log. `partial`: the next line of the same step continues it."""

    n: int
    t: str
    step: str = ""
    scope: str | None = None
    attempt: int = 1
    stream: str = "out"
    level: str | None = None
    text: str
    partial: bool = False


class StopReport(Struct, frozen=True, kw_only=True):
    """A stop and its proof. `outcome`: pending, stopped, discarded, already_finished."""

    outcome: str
    mode: str | None = None
    reason: str | None = None
    requested_by: str | None = None
    requested_at: str | None = None
    deadline_at: str | None = None
    signalled_at: str | None = None
    forced_at: str | None = None
    process_gone_at: str | None = None
    proof: str | None = None
    survivors: int = 0
    steps_done: tuple[str, ...] = ()
    step_in_flight: str | None = None
    execution: str = ""
    status: str = ""


class Moment(Struct, frozen=True, kw_only=True):
    """One thing that became of an execution. `kind`: status, step, progress, log, result, end; `position` resumes."""

    kind: str
    position: str
    revision: int = 0
    status: str | None = None
    step: StepExecution | None = None
    progress: Progress | None = None
    line: LogLine | None = None
    result: Any = None


class Event(Struct, frozen=True, kw_only=True):
    """A change in the feed. Whoever has read `seq` n never meets a smaller one later."""

    seq: int
    type: str
    time: str
    execution: str | None
    number: int | None
    job: str | None
    revision: int
    data: dict[str, Any] = field(default_factory=dict)
