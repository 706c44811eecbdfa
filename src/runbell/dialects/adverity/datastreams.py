"""Endpoints for what jobs belong to: datastreams and stacks to read, and the files and columns of results."""

from runbell.dialects.adverity import asking, bodies, keys, pages, wire
from runbell.dialects.adverity.faults import REQUIRED, invalid
from runbell.dialects.adverity.jobs import datastream
from runbell.dialects.adverity.shapes import RootShape
from runbell.domain.data import Column, result_sets
from runbell.domain.faults import NotFound
from runbell.domain.status import Status
from runbell.http.answer import Answer, json_answer
from runbell.http.request import Request
from runbell.operations import foreign, look, reach, survey
from runbell.operations.foreign import nothing
from runbell.operations.ports import Ports
from runbell.operations.tokens import Whence
from runbell.ports.numbered_table import Reach
from runbell.ports.store import ExecutionQuery

_NO_STORE = [(b"cache-control", b"no-store")]


async def page(request: Request) -> Answer:
    """GET /api/datastreams/."""
    held = await reach.reach(request.ports, request.principal, "jobs:read")
    found, at = await survey.page_of_jobs(request.ports, held, asking.numbers(request.query)), wire.place(request)
    pages.check(found.page)
    return pages.answer(request, [wire.datastream(seen, at) for seen in found.items], found.page, found.total)


async def get(request: Request) -> Answer:
    """GET /api/datastreams/{datastream}/."""
    record = await datastream(request)
    request.need("jobs:read", record.name)
    (seen,) = await survey.jobs(request.ports, [record])
    return json_answer(wire.datastream(seen, wire.place(request)))


async def stacks(request: Request) -> Answer:
    """GET /api/stacks/."""
    projects, at = await reach.visible_projects(request.ports, request.principal), wire.place(request)
    shown, number = pages.cut(request, projects)
    found = await survey.places(request.ports, (project.name for project in shown))
    return pages.answer(request, [wire.stack(place, at) for place in found.values()], number, len(projects))


async def stack(request: Request) -> Answer:
    """GET /api/stacks/{stack}/."""
    number = asking.number(request.values["stack"])
    project = await reach.project_numbered(request.ports, wire.DIALECT, number)
    if project is None or not request.principal.projects([project.name]):
        raise nothing("project")
    found = await survey.places(request.ports, [project.name])
    return json_answer(wire.stack(found[project.name], wire.place(request)))


async def columns(request: Request) -> Answer:
    """GET /api/columns/: those of the last table that the datastream returned."""
    number = asking.filter_number(request.query, "datastream_id")
    if number is None:
        raise invalid(datastream_id=REQUIRED)
    held = await reach.reach(request.ports, request.principal, "jobs:read")
    found = await _columns(request.ports, held, number)
    items, at = pages.cut(request, [wire.column(place, number, one) for place, one in enumerate(found, 1)])
    return pages.answer(request, items, at, len(found))


async def _columns(ports: Ports, held: Reach, number: int) -> tuple[Column, ...]:
    """Those of the last result set of the last execution that succeeded; none of a datastream that is not seen."""
    try:
        record = await foreign.job_numbered(ports, wire.DIALECT, number)
    except NotFound:
        return ()
    if not held.of_job(record.project, record.name).jobs:
        return ()
    last = ExecutionQuery(project=record.project, job=record.name, statuses=(Status.SUCCEEDED,), limit=1)
    for execution in (await ports.store.executions(last)).items:
        sets = [one for row in await look.steps(ports, execution) for one in result_sets(row.data)]
        return sets[-1].columns if sets else ()
    return ()


async def token(request: Request) -> Answer:
    """POST /api/auth/token/."""
    fields = await bodies.fields(request)
    found = await keys.log_in(request.ports, fields, Whence(request.address, request.id))
    return json_answer(found, headers=_NO_STORE)


async def root(request: Request) -> Answer:
    """GET /api/."""
    at = f"{request.base}/api/"
    names = RootShape.__struct_fields__
    return json_answer(RootShape(**{name: f"{at}{name}/" for name in names}))
