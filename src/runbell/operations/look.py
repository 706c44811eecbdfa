"""Look: jobs, their versions, executions and their steps. What the caller may not see does not exist for it."""

from typing import NoReturn

from runbell.domain import plan
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.faults import Gone, InvalidDefinition, NotFound
from runbell.domain.identity import Actor
from runbell.domain.status import StepStatus
from runbell.operations.catalogue import no_job
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord, JobVersion
from runbell.ports.standing import Standing
from runbell.ports.store import ExecutionQuery, Page, Ref


async def job(ports: Ports, actor: Actor, name: str) -> JobRecord:
    """One job as it stands, retired ones too. Raises NotFound."""
    if not actor.reaches(name):
        raise no_job(name)
    return await ports.catalogue.record(actor.project, name)


async def jobs(ports: Ports, actor: Actor, after: str, limit: int) -> list[JobRecord]:
    """Up to `limit` jobs by name, those after the name `after`."""
    if actor.jobs is None:
        return await ports.store.jobs(actor.project, after, limit)
    found: list[JobRecord] = []
    for name in sorted(name for name in actor.jobs if name > after):
        record = await ports.store.job(actor.project, name)
        if record is not None and len(found) < limit:
            found.append(record)
    return found


async def versions(ports: Ports, actor: Actor, name: str, before: int | None, limit: int) -> list[JobVersion]:
    """The kept versions of a job, newest first, those before version `before`."""
    record = await job(ports, actor, name)
    return await ports.store.versions(record.number, before, limit)


async def version(ports: Ports, actor: Actor, name: str, number: int) -> JobVersion:
    """One kept version of a job. Raises NotFound."""
    for found in await versions(ports, actor, name, number + 1, 1):
        if found.version == number:
            return found
    raise NotFound(f"Job {name} has no version {number}; GET its versions to see those that are kept.")


async def execution(ports: Ports, actor: Actor, ref: Ref) -> Execution:
    """One execution. Raises NotFound, or Gone when it was deleted."""
    found = await ports.store.execution(actor.project, ref)
    if found is None or not actor.reaches(found.job):
        await _absent(ports, actor, ref)
    return found


async def standing(ports: Ports, actor: Actor, ref: Ref) -> Standing:
    """Where an execution stands, without reading the rest of it. Raises NotFound, Gone."""
    found = await ports.store.standing(actor.project, ref)
    if found is None or not actor.reaches(found.job):
        await _absent(ports, actor, ref)
    return found


async def steps(ports: Ports, of: Execution) -> list[StepExecution]:
    """All its step executions in file order; a step that has not begun is `pending`, or `skipped` when it will not."""
    rows = await ports.store.steps(of.number)
    _, job = await ports.catalogue.of(of)
    return plan.outlook(job, of.scopes, rows, ended=of.status.terminal)


async def stages(ports: Ports, of: Execution) -> frozenset[str]:
    """The stages of the steps that run now; between two steps, of the one that began last; none before the first.

    None either when its definition cannot be read any more.
    """
    try:
        _, job = await ports.catalogue.of(of)
    except (NotFound, InvalidDefinition):
        return frozenset()
    begun = [row for row in await ports.store.steps(of.number) if row.started_at is not None and not row.inner]
    now = [row for row in begun if row.status is StepStatus.RUNNING] or sorted(begun, key=_beginning)[-1:]
    declared = (job.step_at(row.name, row.scope) for row in now)
    return frozenset(step.stage for step in declared if step is not None)


def _beginning(step: StepExecution) -> int:
    return step.started_at or 0


async def executions(ports: Ports, query: ExecutionQuery) -> Page:
    """One page of executions."""
    return await ports.store.executions(query)


async def _absent(ports: Ports, actor: Actor, ref: Ref) -> NoReturn:
    name = ref.id or ref.key or ref.number
    gone = await ports.store.deleted(actor.project, ref)
    if gone is not None and (actor.jobs is None or gone.job in actor.jobs):
        raise Gone(f"Execution {name} was deleted.", execution=gone.id)
    raise NotFound(f"There is no execution {name}; list the executions to see those there are.")
