"""The endpoints of the DvSum door: execute, look, and the older call that does both at once."""

from runbell.dialects.dvsum import finding, wire
from runbell.dialects.dvsum.faults import DownloadKeyInvalid, DownloadKeyRequired, SignatureInvalid, StillRunning
from runbell.dialects.dvsum.options import Options
from runbell.dialects.dvsum.return_codes import run_job_reply
from runbell.domain.execution import Execution
from runbell.domain.faults import MethodNotAllowed
from runbell.domain.identity import Actor
from runbell.domain.job import WhenFull
from runbell.http import idempotency_key
from runbell.http.answer import Answer
from runbell.http.query import refused
from runbell.http.request import Request
from runbell.operations import foreign, look, wait
from runbell.operations.idempotency import IdempotencyKey
from runbell.operations.trigger import Asked, trigger
from runbell.ports.job_table import JobRecord

FORMATS = ("csv", "json")


class Endpoints:
    """The endpoints, and the options of the door that they stand in."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def execute(self, request: Request) -> Answer:
        """POST /integration/jobs/{job_id}/execute: start it, and answer at once."""
        record = await finding.job(request, "executions:run")
        execution = await _start(request, record)
        return wire.reply(wire.execute_reply(execution, foreign.number_of(record, finding.DIALECT), request.base))

    async def details(self, request: Request) -> Answer:
        """GET /integration/jobs/{execution_id}/details: how it stands, before its end and after."""
        execution = await finding.execution(request, "executions:read")
        _check_format(request, "exception_format")
        record, job = await request.ports.catalogue.of(execution)
        steps = await look.steps(request.ports, execution)
        number, gateway = foreign.number_of(record, finding.DIALECT), self._gateway(record)
        now = request.ports.clock.now()
        return wire.reply(wire.details(execution, job, steps, job_id=number, gateway=gateway, now=now))

    async def download(self, request: Request) -> Answer:
        """GET /integration/exceptions/{execution_id}/download: no key has been given out, so none is good.

        Whether such an execution exists is not told: nobody has shown who asks.
        """
        if request.query.get("signature"):
            raise SignatureInvalid("Take the URL from the execution's details; this one was not signed here")
        if request.header(b"x-api-key"):
            raise DownloadKeyInvalid("Take the x-api-key from the execution's details; this is another one")
        raise DownloadKeyRequired("Send the x-api-key of the execution's details")

    async def run_job(self, request: Request) -> Answer:
        """GET /runJob?jobId=…: start it, wait for its end, and answer how it went."""
        if request.method == "HEAD":
            raise MethodNotAllowed("This starts a job; use GET.", about={"allow": "GET"})
        record = await self._runnable(request)
        execution = await self._ended(request, await _start(request, record))
        _, job = await request.ports.catalogue.of(execution)
        return wire.reply(run_job_reply(execution, job, await look.steps(request.ports, execution)))

    async def _runnable(self, request: Request) -> JobRecord:
        """The job to run: with a key, one that the caller may run; where the door is open, one marked as open."""
        if self._options.runjob == "key":
            return await finding.job(request, "executions:run")
        record = await finding.marked_job(request)
        rights = frozenset({"executions:run"})
        request.actor = Actor(
            "anonymous", record.project, rights, frozenset({record.name}), request.address, request.id
        )
        return record

    async def _ended(self, request: Request, execution: Execution) -> Execution:
        """The execution once it has ended. Raises StillRunning when that takes too long."""
        ports, seconds = request.ports, self._options.runjob_timeout
        ended = await request.wait(wait.until_terminal(ports.store, ports.watchers, execution, seconds), execution)
        if not ended.status.terminal:
            raise StillRunning(f"Execution {ended.number} goes on; ask for its details later")
        return ended

    def _gateway(self, record: JobRecord) -> str:
        return finding.said(record, "gateway") or self._options.gateway


async def _start(request: Request, record: JobRecord) -> Execution:
    """Start a job with its defaults: the vendor has no parameters, and what the body says is ignored."""
    await request.drain()
    key = idempotency_key.read(request.header(b"idempotency-key"))
    number = foreign.number_of(record, finding.DIALECT)
    asked = Asked(
        job=record.name,
        surface=finding.DIALECT,
        overlap=WhenFull.QUEUE,
        nameless=True,
        idempotency=None if key is None else IdempotencyKey(key, f"/integration/jobs/{number}/execute", None),
        traceparent=request.traceparent,
    )
    return (await trigger(request.ports, request.actor, asked)).execution


def _check_format(request: Request, name: str) -> None:
    if request.query.get(name, FORMATS[0]) not in FORMATS:
        raise refused(name, "not_a_choice", f"Parameter {name!r} must be csv or json")
