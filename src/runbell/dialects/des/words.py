"""What DES says of a run: two flags and a text.

https://docs.powerepos.cloud/Model/POSCorePublic.Models.DataExtractionService.API.QueryJobRunStatusResponse
"""

from typing import Final

from runbell.domain.execution import Execution
from runbell.domain.status import Status

LONGEST: Final = 4_096
WORDS: Final = {
    Status.SCHEDULED: "Scheduled",
    Status.QUEUED: "Queued",
    Status.RUNNING: "Running",
    Status.STOPPING: "Stopping",
    Status.SUCCEEDED: None,
    Status.FAILED: "Failed",
    Status.STOPPED: "Stopped",
    Status.DISCARDED: "Discarded",
    Status.LOST: "Lost",
}
"""What is said when the run itself says nothing."""


def succeeded(status: Status) -> bool:
    """The flag `success`: false until the end."""
    return status is Status.SUCCEEDED


def text(execution: Execution) -> str | None:
    """The text `status`, at most 4096 characters."""
    found = _text(execution)
    return found if found is None or len(found) <= LONGEST else found[: LONGEST - 1] + "…"


def _text(execution: Execution) -> str | None:
    word, ended = WORDS[execution.status], execution.exit_status
    said = ended.message if ended is not None else ""
    match execution.status:
        case Status.SCHEDULED | Status.QUEUED | Status.STOPPING:
            return word
        case Status.RUNNING:
            return (execution.progress.message if execution.progress is not None else "") or word
        case Status.SUCCEEDED:
            return said or word
        case Status.FAILED:
            return said or f"{word} ({ended.code if ended is not None else ''})"
    return f"{word}: {said}" if said else word
