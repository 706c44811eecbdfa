"""From the GUIDs of a request to a job and a run that the caller may see."""

from uuid import UUID

from msgspec import Struct

from runbell.dialects.des.bodies import Run
from runbell.dialects.des.faults import NoJob, NoRun
from runbell.dialects.des.wire import NAME
from runbell.domain.execution import Execution
from runbell.domain.faults import Gone, NotFound
from runbell.http.request import Request
from runbell.operations import foreign, look
from runbell.operations.foreign import Caller
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord

NO_JOB = "There is no such job."
NO_RUN = "There is no such run."


class Found(Struct, frozen=True):
    """A run and its job."""

    job: JobRecord
    execution: Execution


async def startable(request: Request, guid: UUID) -> JobRecord:
    """The job of that GUID, which the caller may start. Raises NoJob, InsufficientScope."""
    try:
        record = await foreign.job_with_guid(request.ports, NAME, guid)
        request.actor = await foreign.visible_job(request.principal, request.actor, record)
    except NotFound:
        raise NoJob(NO_JOB) from None
    request.need("executions:run", record.name)
    return record


async def run(request: Request, wanted: Run, scope: str) -> Found:
    """The run that a request names, for whoever has that right. Raises NoRun, InsufficientScope."""
    ports = request.ports
    try:
        ref = foreign.guid_ref(wanted.run)
        request.actor, execution = await foreign.visible_execution(ports, request.principal, request.actor, ref)
        record = await look.job(ports, request.actor, execution.job)
    except (NotFound, Gone):
        raise NoRun(NO_RUN) from None
    if wanted.job is not None and str(wanted.job) != foreign.guid_of(record, NAME):
        raise NoRun(NO_RUN)
    request.need(scope, execution.job)
    return Found(record, execution)


async def started_by(ports: Ports, execution: Execution) -> Caller | None:
    """Who started a run; None for a schedule or another job."""
    if execution.trigger.kind in {"schedule", "job"}:
        return None
    return await foreign.caller(ports, execution.trigger.actor)
