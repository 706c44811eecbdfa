"""What tests of this door share: the calls as the vendor's pages write them, with a key and a base bound."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from runbell.domain.principals import Project
from runbell.ports.identity_table import PutProject
from tests.dialects.checked import CheckedCaller
from tests.dialects.visiting import DialectVisit, a_dialect_visit
from tests.http.calling import Reply

EXECUTE = "/api/v1/executeJob.jsp"
STATUS = "/api/v1/getJobStatus.jsp"


@dataclass
class InfoLink:
    """A client of InfoLink with an API key."""

    visit: DialectVisit
    key: str
    caller: CheckedCaller

    async def post(self, members: Any, path: str = EXECUTE, **headers: str) -> Reply:
        """A body as `curl -d` sends it: with the media type of a form."""
        body = members if isinstance(members, bytes) else json.dumps(members).encode()
        said = {"content_type": "application/x-www-form-urlencoded"} | headers
        return await self.caller.call("POST", path, pieces=[body], headers=said)

    async def execute(self, scenario: str = "Main", parameters: Any = None, **members: Any) -> Reply:
        """Run a scenario of app 7."""
        operation = {"opName": "RunScenario", "opParams": {"scenario": scenario, "parameters": parameters or {}}}
        return await self.post({"apiKey": self.key, "appId": "7", "operation": operation} | members)

    async def look(self, job_id: str, path: str = STATUS, app: str = "7", **query: str) -> Reply:
        """Look at a job, or stop it."""
        asked = urlencode({"apiKey": self.key, "appId": app, "jobId": job_id} | query)
        json_only = {"accept": "application/json", "content_type": "application/json"}
        return await self.caller.call("GET", f"{path}?{asked}", headers=json_only)

    async def stop(self, job_id: str, path: str = "/api/v1/stopJob.jsp") -> str:
        """What a stop is answered."""
        reply = await self.look(job_id, path)
        assert reply.json["status"] == "success", reply
        return str(reply.json["result"]["status"])

    def with_key(self, key: str) -> "InfoLink":
        """Another client."""
        return InfoLink(self.visit, key, self.caller)


async def an_app(visit: DialectVisit, app: str, project: str) -> None:
    """Give a project its `appId`."""
    found = await visit.ports.store.project(project)
    known = found or Project(name=project, number=0, id=project, created_at=visit.house.clock.at)
    await visit.ports.store.put_project(
        PutProject(project=Project(name=project, number=known.number, id=known.id, created_at=0, ids={"infolink": app}))
    )


@asynccontextmanager
async def a_client(data: Path, *, serving: bool = True, **options: str) -> AsyncIterator[InfoLink]:
    """A house with the scenario `Main` of one step `companies`, in app 7, and a client who may do everything there."""
    async with a_dialect_visit(data, "infolink", serving=serving, **options) as visit:
        await an_app(visit, "7", "default")
        await visit.defined("main", "companies", ids={"infolink": "Main"})
        yield InfoLink(visit, await visit.key(), visit.with_key(None))


def message(reply: Reply) -> str:
    """What a refusal says, in its envelope."""
    assert reply.json["status"] == "error", reply
    return str(reply.json["result"]["message"])
