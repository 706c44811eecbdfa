"""What tests of this door share: a service account with a token, and the calls of the vendor's pages."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runbell.domain.principals import Project, User
from runbell.ports.identity_table import PutProject, PutUser
from tests.dialects.checked import CheckedCaller
from tests.dialects.visiting import SECRET, DialectVisit, a_dialect_visit
from tests.http.calling import Reply

JOB = "43f87799-62c6-4001-92f9-6b3df816a6d6"
PASSWORD = "correct horse battery staple"
ACCOUNT = "7c1e0f6a-52b9-4d0f-8a6b-e01f33d2a9c4"
PARAMETERS = {
    "integerParameter": {"type": "int", "required": True},
    "dateParameter": {"type": "datetime", "required": True},
    "nullDecimal": {"type": "decimal", "required": True, "nullable": True},
    "nullParameter2": {"type": "text", "nullable": True},
}
BODY = b"""{
"jobId": "43f87799-62c6-4001-92f9-6b3df816a6d6",
"parameters": {
"integerParameter": { "type": 2, "valueStringEncoded": "123456" },
"dateParameter": { "type": 4, "valueStringEncoded": "2021-10-19T06:16:47Z" },
"nullDecimal": { "type": 3, "valueStringEncoded": null },
"nullParameter2": null /* This is alternative way to define null */
}
}"""
HOST = "des.example.test"


@dataclass
class Des:
    """A client of DES with a token."""

    visit: DialectVisit
    caller: CheckedCaller
    token: str = ""

    async def sign_in(self, **fields: str) -> Reply:
        """Ask for a token as the page has it."""
        form = {
            "grant_type": "password", "client_id": "etl", "client_secret": SECRET, "org_id": "CAFE01",
            "username": "Nightly loader", "password": PASSWORD, "scope": "des offline_access",
        }  # fmt: skip
        wanted = {name: value for name, value in (form | fields).items() if value}
        return await self.visit.form("/authorisation/token", wanted, host=HOST)

    async def post(self, call: str, members: Any = None, **headers: str) -> Reply:
        """A call with a body."""
        body = members if isinstance(members, bytes) else json.dumps(members or {}).encode()
        said = {"host": HOST, "authorization": f"Bearer {self.token}"} | headers
        path = call if call.startswith("/") else f"/api/v1/{call}"
        return await self.caller.call("POST", path, pieces=[body], headers={k: v for k, v in said.items() if v})

    async def start(self, job: str = JOB, **headers: str) -> str:
        """Start a job without parameters; the run."""
        reply = await self.post("startjob", {"jobId": job}, **headers)
        assert reply.status == 200, reply
        return str(reply.json["jobRunId"])

    async def given(self, **parameters: Any) -> Reply:
        """Start the job of the page with some entries changed; one that is UNSET is left out."""
        members = json.loads(BODY.replace(b"/* This is alternative way to define null */", b""))
        members["parameters"] |= parameters
        members["parameters"] = {k: v for k, v in members["parameters"].items() if v != "left out"}
        return await self.post("startjob", members)


def code(reply: Reply) -> tuple[int, str]:
    """The status and the code of a refusal."""
    assert set(reply.json) == {"code", "message", "details", "traceId"}, reply
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    return reply.status, str(reply.json["code"])


async def an_account(visit: DialectVisit, name: str = "Nightly loader", kind: Any = "service", **more: Any) -> User:
    """A service account with PASSWORD."""
    known: dict[str, Any] = {
        "id": ACCOUNT, "name": name, "kind": kind, "roles": {"default": "admin"},
        "password": await visit.ports.passwords.hash(PASSWORD), "created_at": visit.house.clock.at,
    }  # fmt: skip
    return await visit.ports.store.put_user(PutUser(user=User(**(known | more)), create=True))


@asynccontextmanager
async def a_client(data: Path, *, serving: bool = True, **options: str) -> AsyncIterator[Des]:
    """A house with the job of the vendor's page in organisation CAFE01, and a service account with a token."""
    async with a_dialect_visit(data, "des", serving=serving, **options) as visit:
        found = await visit.ports.store.project("default")
        known = found or Project(name="default", number=0, id="default", created_at=0)
        organisation = Project(name="default", number=known.number, id=known.id, created_at=0, ids={"des": "CAFE01"})
        await visit.ports.store.put_project(PutProject(project=organisation))
        account = await an_account(visit)
        await visit.client("etl", user=account.id)
        await visit.defined("usage", "extract", ids={"des": JOB}, parameters=PARAMETERS)
        des = Des(visit, visit.with_key(None))
        reply = await des.sign_in()
        assert reply.status == 200, reply
        des.token = reply.json["access_token"]
        yield des
