"""The closed list of statuses, and the open exit status beside it."""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Status(StrEnum):
    """Where an execution stands. Closed: the house reasons with it."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    DISCARDED = "discarded"
    LOST = "lost"

    @property
    def terminal(self) -> bool:
        """True once nothing can change any more."""
        return self in TERMINAL


TERMINAL: Final = frozenset({Status.SUCCEEDED, Status.FAILED, Status.STOPPED, Status.DISCARDED, Status.LOST})
LIVE: Final = frozenset({Status.RUNNING, Status.STOPPING})


class StepStatus(StrEnum):
    """Where one attempt of one step for one scope stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"
    SKIPPED = "skipped"
    REUSED = "reused"


class DiscardReason(StrEnum):
    """Why an execution never ran and never will."""

    EXPIRED = "expired"
    PREDECESSOR = "predecessor"
    STOPPED = "stopped"
    MISSED_FIRE = "missed_fire"
    BUSY = "busy"


class ExitStatus(Struct, frozen=True):
    """What people read: a code the job chose ("OK", "WARN", "ERROR", …) and a message. Open."""

    code: str
    message: str = ""


OK: Final = "OK"
WARN: Final = "WARN"
ERROR: Final = "ERROR"
TIMEOUT: Final = "TIMEOUT"
NOT_STARTED: Final = "NOT_STARTED"
"""Of a step whose program could not even be begun."""
WORKER_LOST: Final = "WORKER_LOST"
