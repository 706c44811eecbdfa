"""What plans, explanations and comparisons answer, as frozen Structs with the API's member names."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType, field


class Value(Struct, frozen=True):
    """What the job would receive, and where it comes from: request, default, kept, execution, …"""

    value: Any = None
    source: str = ""


class Usual(Struct, frozen=True):
    """How long it usually takes, ms: half of the last runs at most `p50`, nineteen of twenty at most `p95`."""

    p50: int
    p95: int
    runs: int = 0


class Difference(Struct, frozen=True):
    """One member that differs, by its JSON pointer. UNSET: it is not there (or may not be seen)."""

    pointer: str
    before: Any | UnsetType = UNSET
    after: Any | UnsetType = UNSET


class Plan(Struct, frozen=True, kw_only=True):
    """What would happen: `would` is start, queue, reject or replay; `why` says what refuses it or keeps it waiting."""

    job: str
    job_version: int = 1
    params: dict[str, Value] = field(default_factory=dict)
    would: str
    code: str | None = None
    why: str = ""
    expected_start: str | None = None
    expected_duration_ms: Usual | None = None
    idempotency: str = "new"
    execution: str | None = None
    reused_steps: tuple[str, ...] | None = None
    rerun_steps: tuple[str, ...] | None = None
    diff: tuple[Difference, ...] | None = None


class Blocked(Struct, frozen=True):
    """One thing that keeps an execution from beginning, since when, and the way out."""

    code: str
    detail: str = ""
    since: str = ""
    unblock: str = ""


class StepNow(Struct, frozen=True, kw_only=True):
    """The step that counts now, and what it usually takes."""

    name: str
    scope: str | None = None
    attempt: int = 1
    status: str = ""
    started_at: str | None = None
    next_attempt_at: str | None = None
    duration_ms: int | None = None
    usual_ms: int | None = None
    slower_than_usual: bool | None = None


class Changed(Struct, frozen=True, kw_only=True):
    """What is different since the last success of the job."""

    execution: str
    number: int
    definition: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    host: bool = False


class Restart(Struct, frozen=True, kw_only=True):
    """Whether a restart is possible, whether it is safe, why, and which steps run again."""

    possible: bool
    safe: bool
    why: str = ""
    reused_steps: tuple[str, ...] = ()
    rerun_steps: tuple[str, ...] = ()


class Explanation(Struct, frozen=True, kw_only=True):
    """Why an execution stands where it stands. `summary` is the one sentence for people."""

    execution: str
    number: int
    job: str
    status: str
    summary: str
    blocked_by: tuple[Blocked, ...] = ()
    position: int | None = None
    expected_start: str | None = None
    usual_ms: Usual | None = None
    slower_than_usual: bool | None = None
    step: StepNow | None = None
    first_failed_step: str | None = None
    log_tail: tuple[str, ...] = ()
    changed_since_last_success: Changed | None = None
    restart: Restart | None = None
    next_fire: str | None = None


class Side(Struct, frozen=True, kw_only=True):
    """One side of a comparison. Without an execution: the job as it is defined now."""

    execution: str | None = None
    number: int | None = None
    job: str
    job_version: int = 1
    status: str | None = None
    duration_ms: int | None = None


class StepDifference(Struct, frozen=True, kw_only=True):
    """How long a step took on both sides, and how it ended."""

    name: str
    scope: str | None = None
    before_ms: int | None = None
    after_ms: int | None = None
    before_status: str | None = None
    after_status: str | None = None


class LogDifference(Struct, frozen=True):
    """The first line that differs, after `compared` equal ones."""

    compared: int
    before: str | None = None
    after: str | None = None


class Diff(Struct, frozen=True, kw_only=True):
    """What differs between two executions, or between one and its job as it is now."""

    before: Side
    after: Side
    definition: tuple[Difference, ...] = ()
    params: tuple[Difference, ...] = ()
    steps: tuple[StepDifference, ...] = ()
    result: tuple[Difference, ...] = ()
    log: LogDifference | None = None
    log_complete: bool = True
