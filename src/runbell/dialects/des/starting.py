"""From the body of startjob to a start: every fault of it in one refusal, or none and a start."""

from typing import Any, Final

from runbell.dialects.des import parameters
from runbell.dialects.des.bodies import Start
from runbell.dialects.des.findings import Faulty
from runbell.dialects.des.options import Options
from runbell.dialects.des.wire import NAME
from runbell.domain.job import WhenFull
from runbell.http import idempotency_key
from runbell.http.request import Request
from runbell.operations.idempotency import IdempotencyKey
from runbell.operations.trigger import Asked
from runbell.ports.job_table import JobRecord

_PATH: Final = "/api/v1/startjob"


async def asked(request: Request, record: JobRecord, body: Start, raw: dict[str, Any], options: Options) -> Asked:
    """The start that a body asks for. Raises Faulty, and InvalidDefinition when the job cannot be read any more."""
    _, job = await request.ports.catalogue.current(request.actor.project, record.name)
    findings = list(body.findings)
    given = parameters.read(job, body.entries, findings, ignore_unknown=options.unknown_parameters == "ignore")
    if findings:
        raise Faulty(findings)
    key = idempotency_key.read(request.header(b"idempotency-key"))
    return Asked(
        job=record.name, params=given.values, kept=given.kept, surface=NAME, overlap=WhenFull.QUEUE,
        traceparent=request.traceparent, idempotency=None if key is None else IdempotencyKey(key, _PATH, raw),
    )  # fmt: skip
