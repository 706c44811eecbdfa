"""What can be run: a job, its steps, parameters, limits and follow-ups. Durations are milliseconds."""

from enum import StrEnum
from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType, field

from runbell.domain.actions import Action, Child, Include, Python, Task
from runbell.domain.endpoint import Notify

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
    FILE = "file"


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
    secret: bool = False
    keep: bool = False


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


class Frame(Struct, frozen=True, kw_only=True):
    """The job that an included step comes from: `prefix` stands before its own names here, `given` are the parameters
    that the including step hands over, `above` is the frame of that step itself when it is included too."""

    job: str
    version: int
    outer: str
    prefix: str
    parameters: tuple["Parameter", ...]
    given: dict[str, Any]
    env: dict[str, str]
    secrets: dict[str, str]
    folder: str | None
    above: "Frame | None" = None


class Step(Struct, frozen=True, kw_only=True):
    """One piece of a job. `needs` is always spelled out here, by the `key` of steps.

    An included step has a `frame`; with a `copy` it is the one for that scope alone. `forgiven`: its failure stops the
    steps it came with, and nothing else.
    """

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
    frame: Frame | None = None
    copy: str | None = None
    forgiven: bool = False

    @property
    def kind(self) -> str:
        """The kind on the wire: `command` (a shell script too), `python`, `job`, `sql`, `check` or `http`."""
        if isinstance(self.action, Task):
            return self.action.kind
        if isinstance(self.action, Include | Child):
            return "job"
        return "python" if isinstance(self.action, Python) else "command"

    @property
    def may_fail(self) -> bool:
        """True when its failure is not that of the execution."""
        return self.continue_on_error or self.forgiven

    @property
    def key(self) -> str:
        """What `needs` names it by: the name, and for an included step that has a copy per scope also the scope."""
        return self.name if self.copy is None else f"{self.name}\n{self.copy}"

    @property
    def circle(self) -> tuple[str, str | None]:
        """The steps that came here by one inclusion, for one scope. What is forgiven outside counts inside."""
        return ("" if self.frame is None else self.frame.prefix, self.copy)


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


class Schedule(Struct, frozen=True, kw_only=True):
    """When a job starts by itself: exactly one of `cron` (five fields, or @daily and its like), `every_ms`, `at`.

    `anchor` (`from` in a definition): the moment from which an interval is counted, itself included.
    """

    cron: str | None = None
    every_ms: int | None = None
    anchor: int | None = None
    at: int | None = None
    timezone: str = "UTC"
    missed: Literal["skip", "run_once", "run_all"] = "run_once"
    parameters: dict[str, Any] = field(default_factory=dict)


class Job(Struct, frozen=True, kw_only=True):
    """One version of a job, read from its definition (`domain/definition.py`).

    `secrets`: name in the child's environment → name in the secret store.
    """

    name: str
    project: str = "default"
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    enabled: bool = True
    ids: dict[str, int | str] = field(default_factory=dict)
    dialects: dict[str, dict[str, Any]] = field(default_factory=dict)
    starts: Literal["api", "schedule", "both"] = "api"
    schedule: Schedule | None = None
    parameters: tuple[Parameter, ...] = ()
    limits: Limits = Limits()
    require_key: bool = False
    restart: bool = True
    scopes: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    secret_parameters: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    then: tuple[FollowUp, ...] = ()
    notify: Notify | None = None
    retention: Retention = Retention()

    @property
    def file_parameters(self) -> tuple[str, ...]:
        """The names of the parameters that are files."""
        return tuple(one.name for one in self.parameters if one.type is ParameterType.FILE)

    @property
    def included(self) -> tuple[str, ...]:
        """The jobs whose steps this one includes."""
        return tuple(step.action.job for step in self.steps if isinstance(step.action, Include))

    @property
    def children(self) -> tuple[str, ...]:
        """The jobs that this one starts and waits for."""
        return tuple(step.action.job for step in self.steps if isinstance(step.action, Child))

    def step(self, name: str) -> Step | None:
        """The declared step of that name, or None. The copies of an included one are alike in all but their scope."""
        return next((step for step in self.steps if step.name == name), None)

    def step_at(self, name: str, scope: str | None) -> Step | None:
        """The declared step of that name for that scope, or None."""
        return next((step for step in self.steps if step.name == name and step.copy in (None, scope)), None)
