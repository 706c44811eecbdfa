"""The endpoints of the DvSum door: execute, look, and the older call that does both at once."""

from runbell.dialects.dvsum import finding, wire
from runbell.dialects.dvsum.downloads import Giver, checked_format
from runbell.dialects.dvsum.exception_file import cut
from runbell.dialects.dvsum.faults import StillRunning
from runbell.dialects.dvsum.options import Options
from runbell.dialects.dvsum.return_codes import run_job_reply
from runbell.domain.audit import ANONYMOUS
from runbell.domain.execution import DATA_REMOVED, Execution
from runbell.domain.faults import MethodNotAllowed
from runbell.domain.identity import Actor
from runbell.domain.job import WhenFull
from runbell.http import idempotency_key
from runbell.http.answer import Answer
from runbell.http.request import Request
from runbell.operations import foreign, look, wait
from runbell.operations.idempotency import IdempotencyKey
from runbell.operations.trigger import Asked, trigger
from runbell.ports.job_table import JobRecord


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
        form = checked_format(request.query, "exception_format")
        record, job = await request.ports.catalogue.of(execution)
        latest = wire.latest_of(await look.steps(request.ports, execution))
        number, gateway = foreign.number_of(record, finding.DIALECT), self._gateway(record)
        downloads: dict[str | None, wire.Download | None] = {}
        if request.sees(execution).results and not execution.removed & DATA_REMOVED:
            # The records are counted for whoever may look, and opened to whoever may read what is left.
            giver = Giver(request, execution, gateway, self._options.download_ttl, form)
            downloads = {wire.rule_id(step): giver.of(cut([step], wire.rule_id(step))) for step in latest if step.data}
            downloads[None] = giver.of(cut(latest))
        now = request.ports.clock.now()
        return wire.reply(
            wire.details(execution, job, latest, job_id=number, gateway=gateway, now=now, downloads=downloads)
        )

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
        request.actor = Actor(ANONYMOUS, record.project, rights, frozenset({record.name}), request.address, request.id)
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
