"""The shapes of events: the feed's, and those of the stream of one execution."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from runbell.dialects.native.shapes import ExitStatusShape, ProgressShape, StepShape
from runbell.domain.event import EVENT_TYPES


class EventData(Struct, frozen=True, kw_only=True):
    """What an event says beside its type. A member stands where it means something; more may come."""

    status: Annotated[
        str | UnsetType,
        Meta(
            description="The execution's status since then; of `step_finished`, the step's. Not on `exceptions_found`."
        ),
    ] = UNSET
    trigger: Annotated[
        str | UnsetType, Meta(description="What started it. On the first event of an execution: `scheduled`, `queued`.")
    ] = UNSET
    workers_lost: Annotated[
        int | UnsetType, Meta(description="How often so far. On a `queued` that follows a lost worker.")
    ] = UNSET
    count: Annotated[int | UnsetType, Meta(description="How many records. On `exceptions_found`.")] = UNSET
    epoch: Annotated[int | UnsetType, Meta(description="Which claim it is. On `started`.")] = UNSET
    mode: Annotated[str | UnsetType, Meta(description="`graceful` or `kill`. On `stopping`.")] = UNSET
    requested_by: Annotated[str | UnsetType, Meta(description="Who asked for the stop. On `stopping`.")] = UNSET
    proof: Annotated[str | UnsetType | None, Meta(description="How the end was seen. On `stopped`.")] = UNSET
    discard_reason: Annotated[str | UnsetType, Meta(description="Why it never ran. On `discarded`.")] = UNSET
    exit_status: Annotated[
        ExitStatusShape | UnsetType | None,
        Meta(
            description="Code and message (its first 500 characters). On every end: `succeeded`, `failed`, `stopped`, "
            "`discarded`, `lost`, and of the step on `step_finished`."
        ),
    ] = UNSET
    step: Annotated[str | UnsetType, Meta(description="Its name. On `step_finished`, as the next two.")] = UNSET
    scope: str | UnsetType | None = UNSET
    attempt: int | UnsetType = UNSET
    policy: Annotated[str | UnsetType, Meta(description="What its schedule does with missed fire times.")] = UNSET
    missed: Annotated[int | UnsetType, Meta(description="How many were missed. On `schedule.missed`, as these.")] = (
        UNSET
    )
    more: Annotated[bool | UnsetType, Meta(description="True: at least so many.")] = UNSET
    from_: Annotated[str | UnsetType, Meta(description="The first of them.")] = field(default=UNSET, name="from")
    to: Annotated[str | UnsetType, Meta(description="The last of them.")] = UNSET
    started: Annotated[int | UnsetType, Meta(description="How many of them it starts now.")] = UNSET
    endpoint: Annotated[str | UnsetType, Meta(description="The webhook. On `endpoint.disabled`, as the next.")] = UNSET
    name: str | UnsetType = UNSET
    reason: Annotated[str | UnsetType, Meta(description="`gone` or `failing`. On `endpoint.disabled`.")] = UNSET


class EventShape(Struct, frozen=True, kw_only=True):
    """One change. Whoever has read `seq` n never meets a smaller one later; gaps in the numbers are normal.

    What happened to no execution has none, and no number.
    """

    seq: int
    type: Literal[EVENT_TYPES]  # type: ignore[valid-type]
    time: str
    execution: str | None
    number: int | None
    job: str | None
    revision: int
    data: EventData


class FeedPage(Struct, frozen=True, kw_only=True):
    """Events in their order. Go on with `after={next_after}`; `oldest_seq` is the first that is kept."""

    items: list[EventShape]
    next_after: int
    oldest_seq: int


class StatusTold(Struct, frozen=True, kw_only=True):
    """`event: status` and `event: end`: where the execution stands since then."""

    status: str
    revision: int
    time: str


class StepTold(Struct, frozen=True, kw_only=True):
    """`event: step`: a step that waits, began or ended, as it was at that revision."""

    revision: int
    step: StepShape


class ResultTold(Struct, frozen=True, kw_only=True):
    """`event: result`: what it handed back; over 256 KiB it is null, and the link leads to it."""

    revision: int
    result: Any
    link: str


class ProgressTold(Struct, frozen=True, kw_only=True):
    """`event: progress`: how far the running step says it is."""

    revision: int
    progress: ProgressShape
