"""Executions and jobs with what belongs to them, gathered for a whole page at once and not row by row."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from runbell.domain.execution import Execution, StepExecution
from runbell.domain.principals import Project
from runbell.domain.status import Status
from runbell.domain.yielded import last_attempts
from runbell.operations.identify import no_project
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord
from runbell.ports.numbered_table import NumberedQuery, Numbers, Reach


class Place(Struct, frozen=True):
    """A project, and how many jobs it has in service."""

    project: Project
    jobs: int


class Seen(Struct, frozen=True):
    """An execution, its job, the project of both, its steps if they have to tell, and when that was looked at.

    Steps are there for executions that ended badly or left exception records, each with its last attempt.
    """

    execution: Execution
    job: JobRecord
    place: Place
    steps: Sequence[StepExecution]
    now: int


class SeenJob(Struct, frozen=True):
    """A job, its project, when an execution of it last began, and when its schedule fires next."""

    job: JobRecord
    place: Place
    last_begun: int | None
    next_fire: int | None = None


class SeenPage(Struct, frozen=True):
    """A numbered page of executions; `page` 0: there is no such page."""

    items: Sequence[Seen]
    page: int
    total: int


class SeenJobs(Struct, frozen=True):
    """A numbered page of jobs."""

    items: Sequence[SeenJob]
    page: int
    total: int


async def page(ports: Ports, query: NumberedQuery) -> SeenPage:
    """A numbered page of executions as they are to be shown."""
    found = await ports.store.numbered(query)
    return SeenPage(await executions(ports, found.items), found.page, found.total)


async def page_of_jobs(ports: Ports, reach: Reach, numbers: Numbers) -> SeenJobs:
    """A numbered page of jobs as they are to be shown."""
    found = await ports.store.numbered_jobs(reach, numbers)
    return SeenJobs(await jobs(ports, found.items), found.page, found.total)


async def executions(ports: Ports, found: Sequence[Execution]) -> list[Seen]:
    """The executions as they are to be shown. Steps are read for those of which they tell something."""
    there = await places(ports, (execution.project for execution in found))
    telling = tuple(execution.number for execution in found if execution.exceptions or _ended_badly(execution))
    steps = await ports.store.steps_of(telling) if telling else {}
    jobs: dict[tuple[str, str], JobRecord] = {}
    for execution in found:
        name = execution.project, execution.job
        if name not in jobs:
            jobs[name] = await ports.catalogue.record(*name)
    now = ports.clock.now()
    return [
        Seen(it, jobs[it.project, it.job], there[it.project], last_attempts(steps.get(it.number, ())), now)
        for it in found
    ]


async def jobs(ports: Ports, found: Sequence[JobRecord]) -> list[SeenJob]:
    """The jobs as they are to be shown."""
    there = await places(ports, (record.project for record in found))
    numbers = [record.number for record in found]
    begun = await ports.store.last_begun(tuple(numbers)) if numbers else {}
    fires = await ports.store.next_fires(numbers) if numbers else {}
    return [SeenJob(it, there[it.project], begun.get(it.number), fires.get(it.number)) for it in found]


async def places(ports: Ports, names: Iterable[str]) -> dict[str, Place]:
    """The projects of these names. Raises NotFound."""
    wanted = tuple(dict.fromkeys(names))
    counts = await ports.store.jobs_in_service(wanted) if wanted else {}
    found: dict[str, Place] = {}
    for name in wanted:
        project = await ports.store.project(name)
        if project is None:
            raise no_project(name)
        found[name] = Place(project, counts[name])
    return found


def _ended_badly(execution: Execution) -> bool:
    return execution.status.terminal and execution.began and execution.status is not Status.SUCCEEDED
