"""What can be run: a job, its steps, parameters, limits and follow-ups. Durations are milliseconds."""

from enum import StrEnum
from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType, field

DAY_MS: Final = 86_400_000
MIB: Final = 1 << 20


class ParameterType(StrEnum):
    """The closed set of parameter types (`docs/jobs.md`)."""

    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"
    ENUM = "enum"
    MULTI = "multi"
    JSON = "json"


class Parameter(Struct, frozen=True, kw_only=True):
    """A declared input. `required` and `nullable` are two things; `default` is UNSET when there is none.

    `min` and `max` are kept in the parameter's own coerced form (int, Decimal text, ISO date, RFC 3339 UTC).
    """

    name: str
    type: ParameterType
    title: str = ""
    description: str = ""
    required: bool = False
    nullable: bool = False
    default: Any | UnsetType = UNSET
    min: int | str | None = None
    max: int | str | None = None
    max_length: int | None = None
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    indexed: bool = False


class WhenFull(StrEnum):
    """What a start does when the job's `running` limit is reached."""

    QUEUE = "queue"
    REJECT = "reject"
    STOP_RUNNING = "stop_running"
    ALLOW = "allow"


class Limits(Struct, frozen=True, kw_only=True):
    """How much of a job may happen at once, and for how long. `running` None: no limit."""

    running: int | None = None
    when_full: WhenFull | None = None
    start_by_ms: int = 2 * DAY_MS
    timeout_ms: int | None = None
    grace_ms: int = 5_000
    priority: int = 0
    log_bytes: int = 256 * MIB
    when_paused: Literal["hold", "reject"] = "hold"


class Retry(Struct, frozen=True, kw_only=True):
    """How often a failed step is tried in all, and how long it waits between tries."""

    attempts: int = 1
    delay_ms: int = 1_000
    factor: float = 2.0
    max_ms: int = 300_000


class OnLost(StrEnum):
    """What the death of a worker means for the step that it ran."""

    RERUN = "rerun"
    FAIL = "fail"
    SKIP = "skip"


class When(StrEnum):
    """After which end of the steps before it a step runs."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ALWAYS = "always"


class Command(Struct, frozen=True, tag="command"):
    """An argument vector. Each element is filled in and stays one argument; no shell."""

    argv: tuple[str, ...]


class Shell(Struct, frozen=True, tag="shell"):
    """A script for /bin/sh, only when asked for by name. Values arrive in the environment, never in the text."""

    script: str


class Python(Struct, frozen=True, tag="python"):
    """A function `module:function`. `takes_job` marks a function made a job by the `@job` decorator."""

    target: str
    takes_job: bool = False


Action = Command | Shell | Python


class Step(Struct, frozen=True, kw_only=True):
    """One piece of a job. `needs` is always spelled out here; `scopes` is empty unless `for_each` was given."""

    name: str
    action: Action
    title: str = ""
    description: str = ""
    type: str = ""
    info: str = ""
    rule: dict[str, Any] | None = None
    stage: str = "fetch"
    needs: tuple[str, ...] = ()
    for_each: Literal["scopes"] | tuple[str, ...] | None = None
    at_once: int = 1
    retry: Retry = Retry()
    timeout_ms: int | None = None
    on_lost: OnLost = OnLost.FAIL
    when: When = When.SUCCEEDED
    continue_on_error: bool = False
    exit_codes: dict[int, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind on the wire: `command` or `python` (a shell script is a command)."""
        return "python" if isinstance(self.action, Python) else "command"


class FollowUpOn(StrEnum):
    """The end of the predecessor that releases a follow-up."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ENDED = "ended"


class FollowUp(Struct, frozen=True, kw_only=True):
    """A job that is started when this one ends. `parameters` may hold fill-ins, filled at the predecessor's end."""

    job: str
    on: FollowUpOn = FollowUpOn.SUCCEEDED
    parameters: dict[str, Any] = field(default_factory=dict)


class Retention(Struct, frozen=True, kw_only=True):
    """How long executions, logs and data are kept, and at most how many executions."""

    executions_ms: int = 90 * DAY_MS
    logs_ms: int = 30 * DAY_MS
    data_ms: int = 14 * DAY_MS
    count: int | None = None


class Job(Struct, frozen=True, kw_only=True):
    """One version of a job, read from its definition (`domain/definition.py`)."""

    name: str
    project: str = "default"
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    enabled: bool = True
    ids: dict[str, int | str] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    limits: Limits = Limits()
    require_key: bool = False
    restart: bool = True
    scopes: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    then: tuple[FollowUp, ...] = ()
    retention: Retention = Retention()

    def step(self, name: str) -> Step | None:
        """The declared step of that name, or None."""
        return next((step for step in self.steps if step.name == name), None)
