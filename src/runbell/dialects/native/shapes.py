"""What goes over the native wire: the bodies that are read and the answers that are written."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from runbell.dialects.native.callback_shape import CallbackBody

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Links = dict[str, str]
StatusWord = Literal[
    "scheduled", "queued", "running", "stopping", "succeeded", "failed", "stopped", "discarded", "lost"
]
TriggerWord = Literal["api", "schedule", "console", "cli", "job", "rerun", "restart"]
StepStatusWord = Literal["pending", "running", "waiting", "succeeded", "failed", "stopped", "lost", "skipped", "reused"]
TagText = Annotated[str, Meta(min_length=1, max_length=100)]
Small = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class KeyPolicyBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What a start does when its key's execution is open, or has ended."""

    open: Literal["reject", "existing"] = "reject"
    closed: Literal["reject", "allow", "allow_if_failed"] = "reject"


class StartBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a start asks for. Times are RFC 3339; what is left out is as the job says."""

    params: dict[str, Any] = {}
    key: str | None = None
    key_policy: KeyPolicyBody = KeyPolicyBody()
    start_after: Moment | None = None
    start_by: Moment | None = None
    kept: Annotated[list[str], Meta(max_length=200)] = []
    scopes: list[str] | None = None
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    priority: Small | None = None
    tags: Annotated[list[TagText], Meta(max_length=20)] = []
    timeout_ms: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    request_id: str | None = None
    callback: CallbackBody | None = None


class LabelBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What people hang on an execution; what is left out stays as it is."""

    tags: Annotated[list[TagText], Meta(max_length=20)] | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET


class StopBody(Struct, frozen=True, forbid_unknown_fields=True):
    """How to stop, and why."""

    mode: Literal["graceful", "kill"] = "graceful"
    reason: Annotated[str, Meta(max_length=1000)] = ""


class ExitStatusShape(Struct, frozen=True):
    """What people read: a code the job chose, and a message."""

    code: str
    message: str


class TriggerShape(Struct, frozen=True):
    """What started it, who, and through which door."""

    kind: TriggerWord
    actor: str
    surface: str
    schedule: str | None


class ProgressShape(Struct, frozen=True):
    """How far the running step says it is."""

    done: float
    total: float | None
    message: str


class ErrorShape(Struct, frozen=True, kw_only=True):
    """Why it ended badly: a problem, with the step, its exit code and the last lines it wrote."""

    type: str
    title: str
    code: str
    detail: str
    step: str | None
    scope: str | None
    exit_code: int | None
    log_tail: tuple[str, ...]


class StepShape(Struct, frozen=True, kw_only=True):
    """One attempt of one step for one scope. `execution` is the one that a step of kind `job` started and waits for.

    `exceptions` counts the exception records that it left.
    """

    name: str
    kind: Literal["command", "python", "http", "sql", "check", "job"]
    scope: str | None
    status: StepStatusWord
    attempt: int
    started_at: Moment | None
    ended_at: Moment | None
    duration_ms: int | None
    exit_status: ExitStatusShape | None
    reused_from: str | None
    execution: str | None = None
    exceptions: int = 0


class ExceptionsShape(Struct, frozen=True):
    """How many records it rejected."""

    count: int = 0
    truncated: bool = False


class ExecutionItem(Struct, frozen=True, kw_only=True):
    """An execution as it stands in a list: everything but its steps and its result.

    `removed`: what retention took already; `expires_at`: when it takes the rest.
    """

    id: str
    number: int
    key: str | None
    project: str
    job: str
    job_version: int
    status: StatusWord
    revision: int
    discard_reason: str | None
    params: dict[str, Any]
    trigger: TriggerShape
    tags: tuple[str, ...]
    priority: int
    created_at: Moment
    start_after: Moment | None
    start_by: Moment | None
    started_at: Moment | None
    ended_at: Moment | None
    queued_ms: int | None
    duration_ms: int | None
    workers_lost: int
    progress: ProgressShape | None
    exit_status: ExitStatusShape | None
    error: ErrorShape | None
    exceptions: ExceptionsShape
    rerun_of: str | None
    restart_of: str | None
    expires_at: Moment | None
    pinned: bool
    removed: tuple[Literal["log", "data"], ...]
    links: Links


class ExecutionShape(ExecutionItem, frozen=True, kw_only=True):
    """One run of one version of a job. `ignored` lists the unknown members that `handling=lenient` left out."""

    steps: tuple[StepShape, ...]
    result: Raw | None
    ignored: list[str] | UnsetType = UNSET


class StopShape(Struct, frozen=True, kw_only=True):
    """A stop and its proof. `ignored` as in an execution."""

    outcome: Literal["pending", "stopped", "discarded", "already_finished"]
    mode: str | None
    reason: str | None
    requested_by: str | None
    requested_at: Moment | None
    deadline_at: Moment | None
    signalled_at: Moment | None
    forced_at: Moment | None
    process_gone_at: Moment | None
    proof: str | None
    survivors: int
    steps_done: tuple[str, ...]
    step_in_flight: str | None
    execution: str
    status: StatusWord
    ignored: list[str] | UnsetType = UNSET


class JobItem(Struct, frozen=True, kw_only=True):
    """A job as it stands in a list: everything but its definition."""

    name: str
    number: int
    id: str
    project: str
    version: int
    revision: int
    enabled: bool
    paused: bool
    retired_at: Moment | None
    source: Literal["file", "api", "python"]
    created_at: Moment
    updated_at: Moment
    next_fire: Moment | None
    links: Links


class JobShape(JobItem, frozen=True, kw_only=True):
    """A job with its current definition. `warnings`: what it names and is not there, when it has just been defined."""

    definition: dict[str, Any]
    warnings: list[str] | UnsetType = UNSET


class VersionItem(Struct, frozen=True, kw_only=True):
    """One version of a job's definition, in a list."""

    version: int
    created_at: Moment
    created_by: str


class VersionShape(VersionItem, frozen=True, kw_only=True):
    """One version of a job's definition, whole."""

    definition: dict[str, Any]


class LogLineShape(Struct, frozen=True, kw_only=True):
    """One line of a log. `partial`: the next one of the same step goes on with this line."""

    n: int
    t: str
    step: str
    scope: str | None
    attempt: int
    stream: str
    level: str | None
    text: str
    partial: bool


class ExecutionsPage(Struct, frozen=True):
    """One page of executions. Only a missing cursor means the end. `count` only when it was asked for."""

    items: list[ExecutionItem]
    next_cursor: str | None
    has_more: bool
    count: int | UnsetType = UNSET
    count_is: Literal["exact", "at_least", "estimate"] | UnsetType = UNSET


class JobsPage(Struct, frozen=True):
    """One page of jobs, by name."""

    items: list[JobItem]
    next_cursor: str | None
    has_more: bool


class VersionsPage(Struct, frozen=True):
    """One page of versions, newest first."""

    items: list[VersionItem]
    next_cursor: str | None
    has_more: bool


class StepsPage(Struct, frozen=True):
    """All step executions, in file order."""

    items: tuple[StepShape, ...]
