"""Endpoints for logs, under the addresses of the vendor's file server (WebDAV), and what says that an API is here."""

import re
from datetime import UTC, datetime
from typing import Final

from runbell.dialects.ocapi import wire
from runbell.dialects.ocapi.gathering import BEFORE_MS, DIALECT, log_moment
from runbell.dialects.ocapi.refusals import LogNotFound
from runbell.dialects.ocapi.shapes import MetaDocument
from runbell.dialects.ocapi.writing import JSON_UTF8, UNCACHED
from runbell.domain.execution import Execution
from runbell.http import files
from runbell.http.answer import TEXT_TYPE, Answer, Stream, json_answer, text_answer
from runbell.http.request import Request
from runbell.operations import foreign, look, output
from runbell.ports.store import ExecutionQuery, Ref

MOST_LOOKED_AT: Final = 1_000
"""How many executions of one time are looked at."""
_NAME: Final = re.compile(r"Job-(.+)-(\d{17})\.log", re.DOTALL)
_PLAIN: Final = [TEXT_TYPE, (b"x-content-type-options", b"nosniff")]


async def log(request: Request) -> Answer | Stream:
    """X1: the whole log so far, or one range of it."""
    execution = await _named(request)
    request.need("logs:read", execution.job)
    _, path = await output.log_file(request.ports, request.actor, Ref(number=execution.number))
    if path is None:
        if not execution.status.terminal:
            raise LogNotFound("Nothing was logged yet.")
        return text_answer("")
    return files.part(path, request.header(b"range"), request.header(b"if-range"), [*_PLAIN])


async def meta(request: Request) -> Answer:  # noqa: ARG001 - the shape of an endpoint
    """X2: there is an API here."""
    found = json_answer(MetaDocument())
    return Answer(200, [JSON_UTF8, *UNCACHED], found.body)


async def _named(request: Request) -> Execution:
    """The execution whose log has that name. Raises LogNotFound."""
    at = _moment(request.values["file"])
    if at is not None:
        for since, until in ((at, at), (at - BEFORE_MS, at - 1)):  # the latter where moments were taken
            if (found := await _accepted(request, at, since, until)) is not None:
                return found
    raise LogNotFound("There is no such log.")


async def _accepted(request: Request, at: int, since: int, until: int) -> Execution | None:
    """What was accepted in that time, whose log has the name asked for and the moment `at` in it."""
    actor, wanted = request.actor, request.values.get("job")
    jobs = None if actor.jobs is None else tuple(sorted(actor.jobs))
    asked = ExecutionQuery(
        project=actor.project, jobs=jobs, created_from=since, created_before=until + 1, limit=MOST_LOOKED_AT
    )
    for found in (await look.executions(request.ports, asked)).items:
        record = await request.ports.catalogue.record(found.project, found.job)
        job_id = foreign.name_of(record, DIALECT)
        named = wire.log_name(job_id, at) == request.values["file"] and wanted in {None, job_id, wire.safe(job_id)}
        if named and await log_moment(request.ports, record, found) == at:
            return found
    return None


def _moment(name: str) -> int | None:
    """The moment in the name of a log, epoch ms."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        when = datetime.strptime(found[2][:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(when.timestamp()) * 1_000 + int(found[2][14:])
