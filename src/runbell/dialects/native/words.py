"""The native words for the house's own. They are the same words, and yet written down: the table is total."""

from typing import Final

from runbell.domain.status import DiscardReason, Status, StepStatus

STATUS: Final = {
    Status.SCHEDULED: "scheduled",
    Status.QUEUED: "queued",
    Status.RUNNING: "running",
    Status.STOPPING: "stopping",
    Status.SUCCEEDED: "succeeded",
    Status.FAILED: "failed",
    Status.STOPPED: "stopped",
    Status.DISCARDED: "discarded",
    Status.LOST: "lost",
}
STEP_STATUS: Final = {
    StepStatus.PENDING: "pending",
    StepStatus.RUNNING: "running",
    StepStatus.WAITING: "waiting",
    StepStatus.SUCCEEDED: "succeeded",
    StepStatus.FAILED: "failed",
    StepStatus.STOPPED: "stopped",
    StepStatus.LOST: "lost",
    StepStatus.SKIPPED: "skipped",
    StepStatus.REUSED: "reused",
}
DISCARD_REASON: Final = {
    DiscardReason.EXPIRED: "expired",
    DiscardReason.PREDECESSOR: "predecessor",
    DiscardReason.STOPPED: "stopped",
    DiscardReason.MISSED_FIRE: "missed_fire",
    DiscardReason.BUSY: "busy",
}
STATUS_OF_WORD: Final = {word: status for status, word in STATUS.items()}
FAILURE_TITLES: Final = {
    "TIMEOUT": "A time limit passed",
    "NOT_STARTED": "A step could not be started",
    "WORKER_LOST": "Its worker was lost too often",
    "LOST": "Its worker was lost",
}
"""What is said of an execution that ended badly, by its code; any other code is a step's own."""
STEP_FAILED: Final = "A step failed"
