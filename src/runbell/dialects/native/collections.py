"""Endpoints for Postman collections: of one job, and of all that the caller sees and may start."""

from collections.abc import Sequence
from typing import Any, Final

from runbell.dialects.native import postman
from runbell.domain.audit import ANONYMOUS
from runbell.domain.faults import NotFound
from runbell.domain.identity import DEFAULT_PROJECT, Actor
from runbell.http.answer import Answer, header, json_answer
from runbell.http.conversation import Converse
from runbell.http.request import Request
from runbell.operations import look
from runbell.ports.job_table import JobRecord

MOST_JOBS: Final = 100
ENDING: Final = ".json"


class Collections:
    """The endpoints, and how clients talk to each door about a job."""

    def __init__(self, doors: Sequence[Converse]) -> None:
        self._doors = doors

    async def one(self, request: Request) -> Answer:
        """A collection of one job."""
        name = request.values["collection"]
        if not name.endswith(ENDING):
            raise NotFound("A collection is /postman.json, or /postman/JOB.json for one job.")
        record = await look.job(request.ports, _reader(request), name.removesuffix(ENDING))
        return await self._made(request, [record], f"runbell: {record.name}", f"/postman/{record.name}.json")

    async def every(self, request: Request) -> Answer:
        """A collection of all jobs that can be started over the API, by name."""
        after = request.query.get("after", "")
        found = await look.jobs(request.ports, _reader(request), after, MOST_JOBS + 1)
        more = f" (more: /postman.json?after={found[MOST_JOBS - 1].name})" if len(found) > MOST_JOBS else ""
        ready = [record for record in found[:MOST_JOBS] if record.enabled and record.retired_at is None]
        return await self._made(request, ready, f"runbell{more}", f"/postman.json?after={after}", only_api=True)

    async def _made(
        self, request: Request, records: list[JobRecord], name: str, path: str, *, only_api: bool = False
    ) -> Answer:
        jobs = [(record, await request.ports.catalogue.version(record, record.version)) for record in records]
        asked = [(record, job) for record, job in jobs if not only_api or job.starts != "schedule"]
        made: dict[str, Any] = postman.collection(name, request.base + path, request.base, asked, self._doors)
        return json_answer(made, headers=[header("cache-control", "private, no-cache")])


def _reader(request: Request) -> Actor:
    """Who reads: the caller, or anybody, when the server's owner says so."""
    if not request.route.open:
        return request.actor
    project = request.query.get("project", DEFAULT_PROJECT)
    return Actor(ANONYMOUS, project, frozenset({"jobs:read"}), None, request.address, request.id)
