"""Endpoints for what jobs belong to: datastreams and stacks to read, and the files and columns of results."""

from runbell.dialects.adverity import asking, bodies, keys, pages, wire
from runbell.dialects.adverity.faults import REQUIRED, invalid
from runbell.dialects.adverity.jobs import datastream
from runbell.dialects.adverity.shapes import ColumnShape, ExtractShape, RootShape
from runbell.http.answer import Answer, json_answer
from runbell.http.request import Request
from runbell.operations import reach, survey
from runbell.operations.foreign import nothing
from runbell.operations.tokens import Whence

NONE: tuple[ExtractShape | ColumnShape, ...] = ()
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


async def extracts(request: Request) -> Answer:
    """GET /api/extracts/: no step hands over files of its own yet, so there are none."""
    for name in ("job_id", "datastream_id"):
        asking.filter_number(request.query, name)
    items, number = pages.cut(request, NONE)
    return pages.answer(request, items, number, 0)


async def extract(_: Request) -> Answer:
    """GET /api/extracts/{extract}/ and its download."""
    raise nothing("extract")


async def columns(request: Request) -> Answer:
    """GET /api/columns/: no result is a table yet, so there are none."""
    if asking.filter_number(request.query, "datastream_id") is None:
        raise invalid(datastream_id=REQUIRED)
    items, number = pages.cut(request, NONE)
    return pages.answer(request, items, number, 0)


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
