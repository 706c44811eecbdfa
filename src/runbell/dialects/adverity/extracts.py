"""Extracts: the files that executions left, each with a number of its own.

https://docs.adverity.com/guides/management-api/listing-jobs.html. A number is made of the execution's and the file's
place among all that its steps left so far, in the order in which they ended: it stays, and nobody has to keep it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from runbell.dialects.adverity import asking, pages, wire
from runbell.dialects.adverity.shapes import ExtractShape
from runbell.dialects.adverity.wire import Where
from runbell.domain.data import OutputFile, output_files
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.faults import Gone, NotFound
from runbell.domain.yielded import LeftFile, last_attempts, whence
from runbell.http.answer import Answer, Stream, header, json_answer
from runbell.http.attachments import attachment
from runbell.http.request import Request
from runbell.operations import foreign, reach, read_data
from runbell.operations.foreign import nothing
from runbell.operations.ports import Ports
from runbell.ports.numbered_table import Reach
from runbell.ports.store import Ref

MOST: Final = 100_000
"""Files of one execution that have a number."""
SCOPE: Final = "results:read"


class Extract(Struct, frozen=True):
    """A file that an execution left, and when the step ended that did."""

    number: int
    left: LeftFile
    at: int

    @property
    def file(self) -> OutputFile:
        """The file itself."""
        return self.left.file


def extracts_of(execution: Execution, steps: Iterable[StepExecution]) -> list[Extract]:
    """The files of the last attempts of its steps."""
    rows = [*steps]
    shown = {row.slot for row in last_attempts(rows)}
    found: list[Extract] = []
    place = 0
    for row in sorted((row for row in rows if row.data), key=lambda row: row.ended_at or 0):
        for file in output_files(row.data):
            place += 1
            if row.slot in shown and place < MOST:
                left = LeftFile(name=file.name, whence=whence(row), file=file)
                found.append(Extract(execution.number * MOST + place, left, row.ended_at or execution.created_at))
    return found


async def of_execution(request: Request, execution: Execution) -> list[ExtractShape]:
    """All of them, as they are shown."""
    [found] = await shown(request.ports, [execution], wire.place(request))
    return found


async def shown(ports: Ports, executions: Sequence[Execution], at: Where) -> list[list[ExtractShape]]:
    """All of each of these executions, seen from there; read for the whole page at once and not row by row."""
    steps = await _steps(ports, executions)
    streams: dict[tuple[str, str], int] = {}
    found: list[list[ExtractShape]] = []
    for it in executions:
        job = (it.project, it.job)
        if job not in streams:
            streams[job] = foreign.number_of(await ports.catalogue.record(*job), wire.DIALECT)
        here = extracts_of(it, steps.get(it.number, ()))
        found.append([wire.extract(one.number, one.file, one.at, it, streams[job], at) for one in here])
    return found


async def _steps(ports: Ports, executions: Sequence[Execution]) -> dict[int, list[StepExecution]]:
    return await ports.store.steps_of(tuple(one.number for one in executions)) if executions else {}


async def page(request: Request) -> Answer:
    """GET /api/extracts/."""
    job, stream = (asking.filter_number(request.query, name) for name in ("job_id", "datastream_id"))
    if job is not None:
        return await _of_job(request, job, stream)
    held = await reach.reach(request.ports, request.principal, SCOPE)
    if stream is not None:
        record = await foreign.job_or_none(request.ports, wire.DIALECT, stream)
        held = Reach() if record is None else held.of_job(record.project, record.name)
    return await _across(request, held)


async def get(request: Request) -> Answer:
    """GET /api/extracts/{extract}/."""
    execution, found = await _found(request)
    here = await of_execution(request, execution)
    return json_answer(next(one for one in here if one.id == found.number))


async def download(request: Request) -> Stream:
    """GET /api/extracts/{extract}/download/: the file itself."""
    execution, found = await _found(request)
    pieces = await read_data.raw(request.ports, request.actor, execution, found.left)
    length = header("content-length", str(found.file.size))
    return Stream(200, [*attachment(found.file.name, found.file.content_type), length], pieces)


async def _of_job(request: Request, number: int, stream: int | None) -> Answer:
    try:
        request.actor, execution = await foreign.visible_execution(
            request.ports, request.principal, request.actor, Ref(number=number)
        )
        request.need(SCOPE, execution.job)
    except (NotFound, Gone):
        mine: list[ExtractShape] = []
    else:
        mine = [one for one in await of_execution(request, execution) if stream in {None, one.datastream_id}]
    items, at = pages.cut(request, mine)
    return pages.answer(request, items, at, len(mine))


async def _across(request: Request, held: Reach) -> Answer:
    numbers = asking.numbers(request.query)
    found = await request.ports.store.numbered_files(held, numbers)
    pages.check(found.page)
    first = (found.page - 1) * numbers.size
    each = await shown(request.ports, [spot.execution for spot in found.items], wire.place(request))
    items: list[ExtractShape] = []
    for spot, here in zip(found.items, each, strict=True):
        items += here[max(0, first - spot.before) :]
    return pages.answer(request, items[: numbers.size], found.page, found.total)


async def _found(request: Request) -> tuple[Execution, Extract]:
    number = asking.number(request.values["extract"])
    try:
        actor, execution = await foreign.visible_execution(
            request.ports, request.principal, request.actor, Ref(number=number // MOST)
        )
    except (NotFound, Gone):
        raise nothing("extract") from None
    request.actor = actor
    request.need(SCOPE, execution.job)
    for one in extracts_of(execution, (await _steps(request.ports, [execution])).get(execution.number, ())):
        if one.number == number:
            return execution, one
    raise nothing("extract")
