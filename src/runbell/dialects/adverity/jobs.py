"""Endpoints for jobs: what runs here, what ran, one of them, and stopping it."""

from typing import Final

from runbell.dialects.adverity import asking, bodies, extracts, pages, wire
from runbell.dialects.adverity.faults import NotNow
from runbell.dialects.adverity.options import Options
from runbell.dialects.adverity.words import state
from runbell.domain.execution import Execution
from runbell.domain.status import Status
from runbell.http.answer import Answer, json_answer
from runbell.http.request import Request
from runbell.operations import foreign, look, reach, stop, survey
from runbell.operations.survey import Seen
from runbell.operations.trigger import trigger
from runbell.ports.job_table import JobRecord
from runbell.ports.numbered_table import NumberedQuery, Reach
from runbell.ports.store import Ref

FETCH: Final = "fetch"
READ: Final = "executions:read"


class Jobs:
    """The endpoints, in the words that the options choose."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def page(self, request: Request) -> Answer:
        """GET /api/jobs/."""
        query = asking.listed(request.query, await _reach(request), past=False)
        return await self._page(request, query)

    async def of_datastream(self, request: Request) -> Answer:
        """GET /api/datastreams/{datastream}/jobs/."""
        record = await datastream(request)
        request.need(READ, record.name)
        query = asking.listed(request.query, Reach((), ((record.project, record.name),)), past=True)
        return await self._page(request, query)

    async def get(self, request: Request) -> Answer:
        """GET /api/jobs/{job}/."""
        seen = await _looked_at(request)
        return json_answer(wire.job(seen, wire.place(request), self._options))

    async def imported(self, request: Request) -> Answer:
        """GET /api/jobs/{job}/imported/."""
        seen = await _looked_at(request)
        it = seen.execution
        shown = await extracts.of_execution(request, it) if request.sees(it).results else []
        return json_answer(wire.imported(seen, wire.place(request), self._options, shown))

    async def stop(self, request: Request) -> Answer:
        """POST /api/jobs/{job}/stop/."""
        await request.drain()
        execution = await _found(request)
        request.need("executions:stop", execution.job)
        await self._check_stoppable(request, execution)
        after = await stop.stop(request.ports, request.actor, Ref(number=execution.number))
        if after.stop is None:
            raise self._ended(after)
        (seen,) = await survey.executions(request.ports, [after])
        return json_answer(wire.stopped(seen, wire.place(request), self._options))

    async def fetch(self, request: Request) -> Answer:
        """POST /api/datastreams/{datastream}/fetch_fixed/."""
        fields = await bodies.fields(request)
        record = await datastream(request)
        request.need("executions:run", record.name)
        wanted = asking.fetch(fields)
        _, job = await request.ports.catalogue.current(record.project, record.name)
        started = await trigger(request.ports, request.actor, asking.start(request, job, wanted, fields))
        return json_answer(wire.fetched(started.execution, wanted.start, wanted.end, wire.place(request)))

    async def _page(self, request: Request, query: NumberedQuery) -> Answer:
        found, at = await survey.page(request.ports, query), wire.place(request)
        pages.check(found.page)
        shown = [wire.job(seen, at, self._options) for seen in found.items]
        return pages.answer(request, shown, found.page, found.total)

    async def _check_stoppable(self, request: Request, execution: Execution) -> None:
        """A job can be stopped until a step of a later stage runs; a second request is as good as the first.

        The step may end between this look and the stop: then the stop meets the next one, as it would have a moment
        later.
        """
        if execution.status.terminal:
            raise self._ended(execution)
        if execution.status is Status.RUNNING and await look.stages(request.ports, execution) - {FETCH}:
            raise NotNow("Only jobs in the fetch stage can be stopped.")

    def _ended(self, execution: Execution) -> NotNow:
        label = state(execution, self._options).label
        return NotNow(f"Job {execution.number} has already ended ({label}).")


async def datastream(request: Request) -> JobRecord:
    """The job that a path names; from here on the request acts in its project. Raises NotFound."""
    number = asking.number(request.values["datastream"])
    record = await foreign.job_numbered(request.ports, wire.DIALECT, number)
    request.actor = await foreign.visible_job(request.principal, request.actor, record)
    return record


async def _found(request: Request) -> Execution:
    ref = Ref(number=asking.number(request.values["job"]))
    request.actor, found = await foreign.visible_execution(request.ports, request.principal, request.actor, ref)
    return found


async def _looked_at(request: Request) -> Seen:
    execution = await _found(request)
    request.need(READ, execution.job)
    (seen,) = await survey.executions(request.ports, [execution])
    return seen


async def _reach(request: Request) -> Reach:
    """How far the list goes: as far as the caller's right, within the stack and the datastream that are asked for."""
    found = await reach.reach(request.ports, request.principal, READ)
    stack = asking.filter_number(request.query, "stack")
    number = asking.filter_number(request.query, "datastream_id")
    if stack is not None:
        project = await reach.project_numbered(request.ports, wire.DIALECT, stack)
        found = Reach() if project is None else found.of_project(project.name)
    if number is not None:
        record = await foreign.job_or_none(request.ports, wire.DIALECT, number)
        found = Reach() if record is None else found.of_job(record.project, record.name)
    return found
