"""How many executions wait: a running number, so that no start has to count, and the limit it is held against."""

from runbell.domain.execution import Execution
from runbell.domain.status import Status


class Backlog:
    """Waiting are scheduled and queued executions; those that wait for a predecessor come after it. Limit 0: none."""

    def __init__(self, limit: int, waiting: int) -> None:
        self.limit = limit
        self.waiting = waiting

    def full(self, more: int) -> bool:
        """True when no further start fits beside `more` that are not committed yet."""
        return 0 < self.limit <= self.waiting + more


def waits(execution: Execution) -> bool:
    """Whether it is counted."""
    return execution.status in (Status.QUEUED, Status.SCHEDULED) and execution.predecessor_on is None
