"""Reading what the document of an execution tells: its job, what the job is called here, its log, its steps."""

from runbell.dialects.ocapi.wire import Told, latest
from runbell.dialects.ocapi.words import Table
from runbell.domain.execution import Execution
from runbell.operations import foreign, look
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord

DIALECT = "ocapi"
BEFORE_MS = 999
"""How far back executions of the same job may have taken the moments of later ones."""


async def tell(
    ports: Ports, execution: Execution, words: Table, *, steps: bool = False, accepted: bool = False
) -> Told:
    """What there is to tell of an execution."""
    record, job = await ports.catalogue.of(execution)
    others = {}
    for name in {step.frame.job for step in job.steps if step.frame is not None}:
        others[name] = foreign.name_of(await ports.catalogue.record(execution.project, name), DIALECT)
    shown = None
    if steps:
        found = latest(await look.steps(ports, execution))
        numbers = await ports.store.step_numbers(execution.number)
        shown = tuple((numbers[step.slot], step) for step in found if step.slot in numbers)
    return Told(
        execution=execution, job_id=foreign.name_of(record, DIALECT), job=job, now=ports.clock.now(),
        log_at=await log_moment(ports, record, execution), log_bytes=ports.artifacts.log_size(execution.id),
        words=words, others=others, steps=shown, accepted=accepted,
    )  # fmt: skip


async def log_moment(ports: Ports, record: JobRecord, execution: Execution) -> int:
    """The moment in the name of an execution's log, epoch ms: when it was accepted.

    What was accepted within the same millisecond as another one of its job has the next that is free, so that no two
    share a name, as long as it is fewer than a thousand a second.
    """
    at, taken = execution.created_at, -1
    for accepted, number in await ports.store.accepted(record.number, at - BEFORE_MS, at):
        taken = max(accepted, taken + 1)
        if number == execution.number:
            return taken
    return at
