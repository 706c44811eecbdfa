"""The vendor's state of a job: number, label and color, for every status of ours.

https://docs.adverity.com/guides/management-api/listing-jobs.html names the labels. Of the numbers and colors only those
of Running are the vendor's own (https://help.adverity.com/hc/en-us/articles/360009502939-Jobs); the others follow the
order of that list.
"""

from typing import Final

from msgspec import Struct

from runbell.dialects.adverity.options import Options
from runbell.domain.execution import Execution
from runbell.domain.lifecycle import TAKES_ITS_PLACE
from runbell.domain.status import DiscardReason, Status


class State(Struct, frozen=True):
    """A state as the vendor writes it."""

    number: int
    label: str
    color: str


SCHEDULED: Final = State(0, "Scheduled", "blue")
RUNNING: Final = State(1, "Running", "orange")
SUCCESS: Final = State(2, "Success", "green")
CANCELLED: Final = State(3, "Cancelled", "gray")
FAILED: Final = State(4, "Failed", "red")
DISCARDED: Final = State(5, "Discarded", "gray")
STALE: Final = State(6, "Stale", "black")
STATES: Final = (SCHEDULED, RUNNING, SUCCESS, CANCELLED, FAILED, DISCARDED, STALE)

STATE: Final = {
    Status.SCHEDULED: SCHEDULED,
    Status.QUEUED: SCHEDULED,
    Status.RUNNING: RUNNING,
    Status.STOPPING: RUNNING,
    Status.SUCCEEDED: SUCCESS,
    Status.FAILED: FAILED,
    Status.STOPPED: CANCELLED,
    Status.DISCARDED: DISCARDED,
    Status.LOST: FAILED,
}
_SOMEBODY: Final = ("key:", "client:", "user:")


def state(execution: Execution, options: Options) -> State:
    """The state of an execution, as the options have it."""
    if execution.status is Status.LOST and options.use_stale:
        return STALE
    if execution.status is Status.STOPPED and _by_hand(execution):
        return _of_label(options.manual_stop_label)
    if execution.discard_reason is DiscardReason.STOPPED:
        return _of_label(options.manual_stop_label)
    return STATE[execution.status]


def _by_hand(execution: Execution) -> bool:
    """Whether a person or a client asked for the stop, and not merely for another start that took its place."""
    stop = execution.stop
    return stop is not None and stop.requested_by.startswith(_SOMEBODY) and stop.reason != TAKES_ITS_PLACE


def _of_label(label: str) -> State:
    return CANCELLED if label == CANCELLED.label else DISCARDED
