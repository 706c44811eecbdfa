"""What is asked of a database for lists whose pages have numbers and a count. Times are epoch milliseconds.

Such pages are what some vendors promise; a list of ours goes on from a position (`ExecutionQuery`) and costs the same
everywhere. Here the whole answer is counted, and the pages before the one wanted are walked over.
"""

from typing import Literal, Protocol

from msgspec import Struct

from runbell.domain.execution import Execution, StepExecution
from runbell.ports.job_table import JobRecord

Order = Literal["number", "began", "ended", "due"]
OPEN: Literal["open"] = "open"
BEGUN: Literal["begun"] = "begun"
ANY: Literal["any"] = "any"


class Reach(Struct, frozen=True):
    """Whole projects (None: every one there is), and single jobs of other projects as (project, name)."""

    projects: tuple[str, ...] | None = ()
    jobs: tuple[tuple[str, str], ...] = ()

    def of_project(self, name: str) -> "Reach":
        """What of it lies in one project."""
        if self.projects is None or name in self.projects:
            return Reach((name,))
        return Reach((), tuple(job for job in self.jobs if job[0] == name))

    def of_job(self, project: str, name: str) -> "Reach":
        """One job, when it lies in it."""
        if self.projects is None or project in self.projects or (project, name) in self.jobs:
            return Reach((), ((project, name),))
        return Reach()


class Numbers(Struct, frozen=True):
    """Which page: its number from 1 on (0: the last) and how many rows a page has."""

    page: int
    size: int


class NumberedQuery(Struct, frozen=True, kw_only=True):
    """Executions within a reach. `which`: those that have not ended, those that began, or all of them.

    `since` and `until` (both taken in) are about when they began; what ended without having begun counts from when it
    was due; with `begun` alone. `by_itself`: started by a schedule or by the end of another execution, or not (None:
    either). `order`: by what, and whether the largest comes first.
    """

    reach: Reach
    numbers: Numbers
    which: Literal["open", "begun", "any"] = ANY
    since: int | None = None
    until: int | None = None
    by_itself: bool | None = None
    order: tuple[tuple[Order, bool], ...] = (("number", True),)


class NumberedPage(Struct, frozen=True):
    """The rows of a page, its number, and how many rows there are in all; `page` 0: there is no such page."""

    items: tuple[Execution, ...]
    page: int
    total: int


class NumberedJobs(Struct, frozen=True):
    """A page of jobs by number, as NumberedPage."""

    items: tuple[JobRecord, ...]
    page: int
    total: int


class FilesSpot(Struct, frozen=True):
    """An execution that left files, and how many files newer ones left in all."""

    execution: Execution
    before: int


class FilesPage(Struct, frozen=True):
    """The executions that hold the files of a page, newest first; `total` counts files."""

    items: tuple[FilesSpot, ...]
    page: int
    total: int


class NumberedTable(Protocol):
    """Lists with numbered pages, and what such lists show beside their rows, for a whole page at once.

    `steps_of`: the steps of these executions. `last_begun`: when an execution of each of
    these jobs last began. Retired jobs are left out of `numbered_jobs` and `jobs_in_service`.
    """

    async def numbered(self, query: NumberedQuery) -> NumberedPage: ...
    async def numbered_jobs(self, reach: Reach, numbers: Numbers) -> NumberedJobs: ...
    async def jobs_in_service(self, projects: tuple[str, ...]) -> dict[str, int]: ...
    async def numbered_files(self, reach: Reach, numbers: Numbers) -> FilesPage: ...
    async def steps_of(self, executions: tuple[int, ...]) -> dict[int, list[StepExecution]]: ...
    async def last_begun(self, jobs: tuple[int, ...]) -> dict[int, int]: ...
