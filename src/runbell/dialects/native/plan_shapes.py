"""What plans, explanations and comparisons look like on the native wire."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from runbell.dialects.native.shapes import Links, Moment, StatusWord


class ValueShape(Struct, frozen=True):
    """What the job would receive, and where it comes from."""

    value: Any
    source: Literal["request", "default", "preset", "schedule", "kept", "execution"]


class UsualShape(Struct, frozen=True):
    """How long it usually takes: half of the last `runs` successes took at most `p50`, nineteen of twenty `p95`."""

    p50: int
    p95: int
    runs: int


class DifferenceShape(Struct, frozen=True):
    """One member that differs. An absent value was not there."""

    pointer: str
    before: Any | UnsetType = UNSET
    after: Any | UnsetType = UNSET


class PlanShape(Struct, frozen=True, kw_only=True):
    """What would happen; nothing was stored. `code` and `why` say what refuses the start, or keeps it waiting.

    `reused_steps`, `rerun_steps` and `diff` are those of a restart or a rerun.
    """

    job: str
    job_version: int
    params: dict[str, ValueShape]
    would: Literal["start", "queue", "reject", "replay"]
    code: str | None
    why: str
    expected_start: Moment | None
    expected_duration_ms: UsualShape | None
    idempotency: Literal["new", "replay", "conflict"]
    execution: str | None
    reused_steps: tuple[str, ...] | UnsetType = UNSET
    rerun_steps: tuple[str, ...] | UnsetType = UNSET
    diff: tuple[DifferenceShape, ...] | UnsetType = UNSET
    ignored: list[str] | UnsetType = UNSET


class BlockedShape(Struct, frozen=True):
    """One thing that keeps it from beginning, since when, and the way out."""

    code: Literal[
        "job_paused", "concurrency_limit", "rate_limit", "no_worker", "not_before", "predecessor", "calendar",
        "store_unavailable", "draining",
    ]  # fmt: skip
    detail: str
    since: Moment
    unblock: str


class StepNowShape(Struct, frozen=True, kw_only=True):
    """The step that counts now: the oldest in flight, or the first that ended badly."""

    name: str
    scope: str | None
    attempt: int
    status: str
    started_at: Moment | None
    next_attempt_at: Moment | None
    duration_ms: int | None
    usual_ms: int | None
    slower_than_usual: bool | None


class ChangedShape(Struct, frozen=True):
    """What is different since the last success of the job. `definition`: JSON pointers; `host`: another machine."""

    execution: str
    number: int
    definition: tuple[str, ...]
    params: tuple[str, ...]
    host: bool


class RestartShape(Struct, frozen=True):
    """Whether a restart is possible, whether it is safe, why, and which steps would be reused and which run again."""

    possible: bool
    safe: bool
    why: str
    reused_steps: tuple[str, ...]
    rerun_steps: tuple[str, ...]


class ExplanationShape(Struct, frozen=True, kw_only=True):
    """Why an execution stands where it stands. `summary` is the one sentence for people. `next_fire`: when the schedule
    of its job starts the next one; null without one, or while it is paused."""

    execution: str
    number: int
    job: str
    status: StatusWord
    summary: str
    blocked_by: tuple[BlockedShape, ...]
    position: int | None
    expected_start: Moment | None
    usual_ms: UsualShape | None
    slower_than_usual: bool | None
    step: StepNowShape | None
    first_failed_step: str | None
    log_tail: tuple[str, ...]
    changed_since_last_success: ChangedShape | None
    restart: RestartShape | None
    next_fire: Moment | None
    links: Links


class SideShape(Struct, frozen=True):
    """One side of a comparison. Without an execution: the job as it is defined now."""

    execution: str | None
    number: int | None
    job: str
    job_version: int
    status: StatusWord | None
    duration_ms: int | None


class StepDifferenceShape(Struct, frozen=True):
    """How long a step took on both sides, and how it ended; None where it did not run."""

    name: str
    scope: str | None
    before_ms: int | None
    after_ms: int | None
    before_status: str | None
    after_status: str | None


class LogDifferenceShape(Struct, frozen=True):
    """The first line that differs; None on the side that had ended. `compared` lines were equal before it."""

    compared: int
    before: str | None
    after: str | None


class DiffShape(Struct, frozen=True, kw_only=True):
    """Two executions, or one and its job as it is now. `log`: None when nothing differs, `log_complete`: all of it was
    looked at. Members that cannot be compared with a job (steps, result, log) are empty then."""

    before: SideShape
    after: SideShape
    definition: tuple[DifferenceShape, ...]
    params: tuple[DifferenceShape, ...]
    steps: tuple[StepDifferenceShape, ...]
    result: tuple[DifferenceShape, ...]
    log: LogDifferenceShape | None
    log_complete: bool
