"""A queued execution with its first steps planned, so that claim and start are one commit."""

from dataclasses import dataclass

from runbell.domain.execution import Execution, StepExecution
from runbell.domain.job import Job
from runbell.ports.job_table import JobRecord


@dataclass(frozen=True, slots=True)
class Prepared:
    """Without a job its definition cannot be read any more, and `unreadable` says why."""

    execution: Execution
    record: JobRecord | None
    job: Job | None
    rows: list[StepExecution]
    first: tuple[StepExecution, ...]
    unreadable: str = ""
