"""The trace of a change: one row, written in the same commit as the change itself."""

from typing import Any, Final

from msgspec import Struct, field

EVENT_TYPES: Final = (
    "execution.scheduled",
    "execution.queued",
    "execution.started",
    "execution.stopping",
    "execution.step_finished",
    "execution.exceptions_found",
    "execution.succeeded",
    "execution.failed",
    "execution.stopped",
    "execution.discarded",
    "execution.lost",
    "endpoint.disabled",
    "schedule.missed",
)


class Event(Struct, frozen=True, kw_only=True):
    """What happened to an execution. `seq` orders all events of a store; it is 0 until the store has given it one."""

    type: str
    at: int
    data: dict[str, Any] = field(default_factory=dict)
    seq: int = 0
