"""InfoLink's words for every status, and the message of a job that has ended.

https://docs-v3-8.infolinkcloud.com/docs/rest-api/manage-jobs/get-getjobstatus
"""

from typing import Final

from runbell.domain.execution import Execution
from runbell.domain.status import Status

COMPLETED: Final = "completed"
WITH_ERROR: Final = "completedWithError"
STOPPED: Final = "stopped"

STATUSES: Final = {
    Status.SCHEDULED: "scheduled",
    Status.QUEUED: "queued",
    Status.RUNNING: "running",
    Status.STOPPING: "stopping",
    Status.SUCCEEDED: COMPLETED,
    Status.FAILED: WITH_ERROR,
    Status.STOPPED: STOPPED,
    Status.DISCARDED: STOPPED,
    Status.LOST: WITH_ERROR,
}

STOPS: Final = {
    Status.SCHEDULED: "stop started",
    Status.QUEUED: "stop started",
    Status.RUNNING: "stop started",
    Status.STOPPING: "already being stopped",
    Status.SUCCEEDED: "already completed",
    Status.FAILED: "already completed",
    Status.STOPPED: "already completed",
    Status.DISCARDED: "already completed",
    Status.LOST: "already completed",
}
"""What a request to stop is answered, by the status before it."""


def message(execution: Execution) -> str | None:
    """What is said of a job beside its status; None: nothing."""
    if not execution.status.terminal:
        return (execution.progress.message or None) if execution.progress is not None else None
    ended = execution.exit_status
    code, said = (ended.code, ended.message) if ended is not None else ("", "")
    match execution.status:
        case Status.SUCCEEDED:
            return said or None
        case Status.FAILED:
            return f"{code}: {said}" if said else code
        case Status.LOST:
            return f"LOST: {said}"
        case Status.STOPPED:
            return said or "Stopped"
    return f"Discarded: {said or execution.discard_reason or ''}"
