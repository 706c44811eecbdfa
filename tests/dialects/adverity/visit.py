"""A visit to the Adverity door: a datastream 7 and what its users send."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from runbell.domain.execution import Execution
from tests.dialects.checked import CheckedCaller
from tests.dialects.visiting import DialectVisit, a_dialect_visit
from tests.http.calling import Reply

MIDDAY = 1_933_329_600_000
"""2031-04-07T12:00:00Z, when every visit begins."""
FORM = "application/x-www-form-urlencoded"


@dataclass
class AdverityVisit:
    """The visit, and the calls that every test makes."""

    visit: DialectVisit

    @property
    def call(self) -> CheckedCaller:
        return self.visit.call

    async def defined(
        self, *steps: dict[str, Any] | str, name: str = "ads-north", number: int = 7, **more: Any
    ) -> None:
        """A datastream with that number."""
        await self.visit.defined(name, *steps, ids={"adverity": number}, **more)

    async def job(self, number: int, caller: CheckedCaller | None = None) -> dict[str, Any]:
        """A job as GET shows it."""
        reply = await (caller or self.call).get(f"/api/jobs/{number}/")
        assert reply.status == 200, reply
        found: dict[str, Any] = reply.json
        return found

    async def listed(self, query: str = "", caller: CheckedCaller | None = None) -> list[int]:
        """The ids of a page of jobs."""
        reply = await (caller or self.call).get(f"/api/jobs/{query}")
        assert reply.status == 200, reply
        found = [job["id"] for job in reply.json["results"]]
        assert reply.json["count"] >= len(found)
        return found

    async def fetched(self, number: int = 7, **fields: Any) -> int:
        """Start a fetch; answers the id of its job."""
        body = {"start": "2031-01-01", "end": "2031-01-31"} | fields
        reply = await self.call.post(f"/api/datastreams/{number}/fetch_fixed/", body)
        assert reply.status == 200, reply
        found: int = reply.json["jobs"][0]["id"]
        return found

    async def running(self, step: str = "a") -> int:
        """A job of datastream 7 that runs until its step is released."""
        self.visit.house.script.held.add(step)
        number = await self.fetched()
        await self.visit.house.until_running(step)
        return number

    async def until_ended(self, number: int) -> Execution:
        """Wait for the end of a job."""
        return await self.visit.house.until(await self.visit.execution(number))

    async def form(
        self, path: str, fields: str | dict[str, str], caller: CheckedCaller | None = None, media: str = FORM
    ) -> Reply:
        """POST a form, or any other text."""
        text = fields if isinstance(fields, str) else urlencode(fields)
        return await (caller or self.call).call("POST", path, pieces=[text.encode()], headers={"content_type": media})


@asynccontextmanager
async def a_visit(data: Path, **how: Any) -> AsyncIterator[AdverityVisit]:
    """Open a house and the door, with its options."""
    async with a_dialect_visit(data, "adverity", **how) as visit:
        visit.house.clock.at = MIDDAY
        yield AdverityVisit(visit)
