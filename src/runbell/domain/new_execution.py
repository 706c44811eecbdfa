"""A start before anything was decided about it: a queued execution as the job itself would have it."""

from typing import Any

from runbell.domain.execution import Execution, Trigger
from runbell.domain.ids import new_id
from runbell.domain.job import Job
from runbell.domain.status import Status


def new_execution(job: Job, version: int, at: int, params: dict[str, Any], trigger: Trigger) -> Execution:
    """The execution at the moment `at` (epoch ms), not yet on the table: its number is still 0."""
    return Execution(
        number=0,
        id=new_id(at),
        key=None,
        project=job.project,
        job=job.name,
        job_version=version,
        status=Status.QUEUED,
        revision=1,
        epoch=0,
        params=params,
        trigger=trigger,
        priority=job.limits.priority,
        created_at=at,
        start_by=at + job.limits.start_by_ms,
        timeout_ms=job.limits.timeout_ms,
    )
