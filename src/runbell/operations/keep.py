"""Keep: how long a job keeps what its executions leave, and until when one is kept."""

from collections.abc import Sequence

from runbell.domain.execution import Execution
from runbell.domain.fault import Fault
from runbell.domain.job import Retention
from runbell.operations.ports import Desk


async def retention(desk: Desk, project: str, job: str) -> Retention:
    """What the job's definition says now; the default when it cannot be read any more."""
    try:
        record = await desk.catalogue.record(project, job)
        return (await desk.catalogue.version(record, record.version)).retention
    except Fault:
        return Retention()


async def expiries(desk: Desk, executions: Sequence[Execution]) -> list[int | None]:
    """When each of these goes (epoch ms); None for one that has not ended, or is pinned. One look per job."""
    kept: dict[tuple[str, str], int] = {}
    moments: list[int | None] = []
    for one in executions:
        if one.ended_at is None or one.pinned:
            moments.append(None)
            continue
        if (one.project, one.job) not in kept:
            kept[one.project, one.job] = (await retention(desk, one.project, one.job)).executions_ms
        moments.append(one.ended_at + kept[one.project, one.job])
    return moments
