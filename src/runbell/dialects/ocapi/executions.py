"""Endpoints for executions: start, look, delete, and the answers to HEAD and OPTIONS."""

from runbell.dialects.ocapi import spelling, starting, wire
from runbell.dialects.ocapi.gathering import DIALECT, tell
from runbell.dialects.ocapi.options import Options
from runbell.dialects.ocapi.refusals import JobExecutionNotFound, ResourceStateConflict
from runbell.dialects.ocapi.words import table
from runbell.dialects.ocapi.writing import NOTHING, answer, version_text
from runbell.domain.execution import Execution
from runbell.domain.faults import NotFinished
from runbell.http.answer import Answer, header
from runbell.http.request import Request
from runbell.operations import delete, foreign, look
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Ref

STATE = "_resource_state"


class Executions:
    """The endpoints, and the options of the door."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.words = table(verbatim=options.verbatim_status, own=options.job_exit_code == "own")

    async def start(self, request: Request) -> Answer:
        """E1: start a job, or restart one of its executions."""
        record = await self.job(request)
        request.need("executions:run", record.name)
        job_id = request.values["job"]
        started = await starting.start(request, record, job_id, self._options)
        return await self._written(request, started.execution, accepted=job_id.startswith(wire.SYSTEM))

    async def get(self, request: Request) -> Answer:
        """E2: one execution with its steps."""
        return await self._written(request, await self._execution(request, "executions:read"), steps=True)

    async def head(self, request: Request) -> Answer:
        """That an execution is there."""
        await self._execution(request, "executions:read")
        return Answer(NOTHING, [])

    async def delete(self, request: Request) -> Answer:
        """E3: delete what has ended."""
        found = await self._execution(request, "executions:delete")
        if not found.status.terminal:
            raise NotFinished("Only what has ended can be deleted.")
        given = request.header(b"x-dw-resource-state") or request.query.get(STATE)
        if given is not None and given.strip().strip('"') != wire.resource_state(found):
            raise ResourceStateConflict("It was changed since you looked.")
        await delete.delete(request.ports, request.actor, Ref(number=found.number))
        return Answer(NOTHING, [])

    async def job(self, request: Request) -> JobRecord:
        """The job of the path, as far as the caller may see it. Raises NotFound."""
        home = request.principal.home
        record = await foreign.job_named(request.ports, DIALECT, request.values["job"], home)
        request.actor = await foreign.visible_job(request.principal, request.actor, record)
        return record

    async def _execution(self, request: Request, right: str) -> Execution:
        """The execution of the path, with that right to it. Raises NotFound, Gone, InsufficientScope."""
        number = request.values["id"]
        if not (number.isascii() and number.isdigit() and number[0] != "0" and len(number) < 17):
            raise JobExecutionNotFound("There is no execution of that id.")
        found = await look.execution(request.ports, request.actor, Ref(number=int(number)))
        record = await request.ports.catalogue.record(found.project, found.job)
        if foreign.name_of(record, DIALECT) != request.values["job"]:
            raise JobExecutionNotFound("That execution is of another job.")
        request.need(right, found.job)
        return found

    async def _written(
        self, request: Request, execution: Execution, *, steps: bool = False, accepted: bool = False
    ) -> Answer:
        told = await tell(request.ports, execution, self.words, steps=steps, accepted=accepted)
        year = (spelling.version(request) or (0, 0))[0]
        document = wire.document(told, year, version_text(request), state=True)
        return answer(request, document, 202 if accepted else 200)


def options(allow: str) -> "_Options":
    """The endpoint that says which methods there are."""
    return _Options(allow)


class _Options:
    """OPTIONS on one path."""

    def __init__(self, allow: str) -> None:
        self._allow = allow

    async def __call__(self, request: Request) -> Answer:  # noqa: ARG002 - the shape of an endpoint
        return Answer(NOTHING, [header("allow", self._allow)])
