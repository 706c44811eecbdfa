"""How many executions wait, project by project: running numbers, so that no start has to count, and their limit."""

from collections import Counter
from collections.abc import Mapping

from runbell.domain.execution import Execution
from runbell.domain.status import Status


class Backlog:
    """Waiting are scheduled and queued executions; those that wait for a predecessor come after it. Limit 0: none.

    The last tenth of the queue is for projects that have less than a tenth of it: who floods it locks nobody out.
    """

    def __init__(self, limit: int, waiting: Mapping[str, int]) -> None:
        self.limit = limit
        self.own: Counter[str] = Counter(waiting)
        self.waiting = sum(waiting.values())

    def full(self, project: str, more: Mapping[str, int]) -> bool:
        """True when no further start of that project fits beside those `more` that are not committed yet."""
        if not self.limit:
            return False
        total, kept = self.waiting + sum(more.values()), self.limit // 10
        if total >= self.limit:
            return True
        return kept > 0 and total >= self.limit - kept and self.own[project] + more.get(project, 0) >= kept

    def change(self, more: Mapping[str, int]) -> None:
        """So many more wait now, or fewer."""
        for project, change in more.items():
            self.waiting += change
            self.own[project] += change
            if not self.own[project]:
                del self.own[project]


def waits(execution: Execution) -> bool:
    """Whether it is counted."""
    return execution.status in (Status.QUEUED, Status.SCHEDULED) and execution.predecessor_on is None
