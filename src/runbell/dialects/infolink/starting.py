"""From a call to a start, and from what was started to the answer: at once, or at the end."""

from typing import Final

from runbell.dialects.infolink import wire
from runbell.dialects.infolink.call import call_of
from runbell.dialects.infolink.options import Options
from runbell.dialects.infolink.places import APP, NAME
from runbell.dialects.infolink.reading import Execute
from runbell.dialects.infolink.result_sets import result_sets
from runbell.domain.execution import Execution
from runbell.domain.job import WhenFull
from runbell.http import idempotency_key
from runbell.http.answer import Answer
from runbell.http.request import Request
from runbell.operations import foreign, wait
from runbell.operations.idempotency import IdempotencyKey
from runbell.operations.trigger import Asked
from runbell.ports.job_table import JobRecord

FOR_EVER_S: Final = 10 * 365 * 86_400
_PATH: Final = "/api/v1/executeJob.jsp"


async def start(request: Request, record: JobRecord, asked: Execute, options: Options) -> Asked:
    """The start that a call asks for. Raises Malformed for an Idempotency-Key that cannot be one."""
    params = asked.params
    if options.unknown_parameters == "ignore":
        _, job = await request.ports.catalogue.current(request.actor.project, record.name)
        known = {parameter.name for parameter in job.parameters}
        params = {name: value for name, value in params.items() if name in known}
    key = idempotency_key.read(request.header(b"idempotency-key"))
    body = {name: value for name, value in call_of(request).members.items() if name != "apiKey"}
    return Asked(
        job=record.name, params=params, key=asked.job_id, key_for=asked.operation, surface=NAME, overlap=WhenFull.QUEUE,
        about={APP: asked.app}, traceparent=request.traceparent,
        idempotency=None if key is None else IdempotencyKey(key, _PATH, body),
    )  # fmt: skip


def job_id_of(execution: Execution) -> str:
    """What a job is called here: as its caller called it, else by its GUID."""
    return execution.key or foreign.execution_guid(execution)


async def answer(request: Request, execution: Execution, asked: Execute, options: Options) -> Answer:
    """What a call gets for the job that it started, or had started before."""
    job_id = job_id_of(execution)
    request.told.append(wire.belongs_to(job_id))
    if asked.is_async:
        return wire.started(job_id)
    call = call_of(request)
    call.seeking, call.job = "job", job_id
    ended = await _ended(request, execution, options.sync_timeout or FOR_EVER_S)
    if not ended.status.terminal:
        return wire.still_running(ended, job_id)
    most = options.max_result_bytes
    return wire.outcome(ended, job_id, await result_sets(request, ended, schema=asked.schema, most_bytes=most))


async def _ended(request: Request, execution: Execution, seconds: float) -> Execution:
    """The execution at its end; as it was when the time is over, the caller has hung up or the server goes down."""
    ports = request.ports
    return await request.wait(wait.until_terminal(ports.store, ports.watchers, execution, seconds), execution)
