"""What is asked of a database about the past and the queue of one job. Every answer costs a bounded number of rows."""

from typing import Any, Final, Protocol

from runbell.domain.execution import Execution

RECENT: Final = 50
"""So many of the last successes say what is usual."""
MOST_AHEAD: Final = 10_000
"""Nobody counts further than this."""


class HistoryTable(Protocol):
    """The recent past of a job, and its present queue."""

    async def recent_durations(self, job_number: int) -> tuple[int, ...]:
        """How long the last RECENT successes took, in ms; those that went on from another one (restarts) left out."""
        ...

    async def recent_step_durations(self, job_number: int, step: str) -> tuple[int, ...]:
        """How long that step took in them."""
        ...

    async def last_success(self, job_number: int, before: Execution) -> Execution | None:
        """The last success that was accepted before that execution."""
        ...

    async def accepted(self, job_number: int, since: int, until: int) -> list[tuple[int, int]]:
        """When each execution between two moments (taken in, epoch ms) was accepted, and its number, in order."""
        ...

    async def live_of(self, job_number: int) -> list[Execution]:
        """What of the job runs or is to stop, at most RECENT, the oldest first."""
        ...

    async def kept(self, job_number: int) -> dict[str, Any]:
        """What the last success handed back, by parameter."""
        ...

    async def ahead(self, job_number: int, priority: int, number: int) -> int:
        """How many queued executions of the job go before one of that priority and number, at most MOST_AHEAD."""
        ...
