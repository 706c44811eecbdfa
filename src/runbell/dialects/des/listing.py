"""The jobs that a caller may start, disabled ones too, by name."""

from contextlib import suppress
from typing import Final

from runbell.dialects.des import wire
from runbell.dialects.des.bodies import Jobs
from runbell.dialects.des.wire import JobShape, QueryJobsResponse
from runbell.domain.faults import InvalidDefinition
from runbell.domain.identity import Actor
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord

_PAGE: Final = 1_000


async def listing(ports: Ports, actor: Actor, wanted: Jobs) -> QueryJobsResponse:
    """One page of the jobs of the actor's project that its right reaches."""
    records = await _all(ports, actor)
    shapes = [(wire.job_shape(record, None), record) for record in records]
    if wanted.ids is not None:
        ids = {str(guid) for guid in wanted.ids}
        shapes = [pair for pair in shapes if pair[0].job_id in ids]
    shapes.sort(key=lambda pair: (pair[0].name, pair[0].job_id))
    page = shapes[wanted.skip : wanted.skip + wanted.take]
    jobs = [await _whole(ports, record) for _, record in page]
    return QueryJobsResponse(total_count=len(shapes), jobs=tuple(jobs))


async def _all(ports: Ports, actor: Actor) -> list[JobRecord]:
    found: list[JobRecord] = []
    after = ""
    while page := await look.jobs(ports, actor, after, _PAGE):
        found += [record for record in page if record.retired_at is None]
        after = page[-1].name
    return found


async def _whole(ports: Ports, record: JobRecord) -> JobShape:
    """The job with its parameters, if its definition can be read."""
    with suppress(InvalidDefinition):
        return wire.job_shape(record, await ports.catalogue.version(record, record.version))
    return wire.job_shape(record, None)
