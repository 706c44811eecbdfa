"""A visit to the OCAPI door."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.dialects.checked import CheckedCaller
from tests.dialects.visiting import DialectVisit, a_dialect_visit
from tests.http.calling import Caller, Reply

JOBS = "/dw/data/v17_4/jobs"
CUSTOMERS = f"{JOBS}/CustomerImportJob/executions"
JSON_UTF8 = "application/json; charset=UTF-8"


class Client(CheckedCaller):
    """Calls as the vendor's clients do. Paths with a site, and answers to HEAD, are not in the document."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        pieces: Iterable[bytes] = (),
        headers: Mapping[str, str] | None = None,
        **how: Any,
    ) -> Reply:
        said = {"content_type": JSON_UTF8} | dict(headers or {})
        said = {name: value for name, value in said.items() if value}
        if path.lower().startswith("/s/") or method == "HEAD":
            return await Caller(self.app, self.key).call(method, path, pieces=pieces, headers=said, **how)
        return await super().call(method, path, pieces=pieces, headers=said, **how)

    async def fault(self, method: str, path: str, status: int, body: bytes = b"", **headers: str) -> Any:
        """A call that is refused with that status; answers the fault."""
        reply = await self.call(method, path, pieces=[body], headers=headers)
        assert reply.status == status, reply
        assert reply.headers["content-type"] == "application/json;charset=UTF-8"
        assert reply.headers["cache-control"] == "no-cache,no-store,must-revalidate"
        assert reply.headers["expires"] == "Thu, 01-Jan-1970 00:00:00 GMT"
        assert list(reply.json["fault"]) == ["arguments", "type", "message"]
        return reply.json["fault"]


@asynccontextmanager
async def a_visit(data: Path, *, serving: bool = True, **options: str) -> AsyncIterator[DialectVisit]:
    """Open a house with the job CustomerImportJob, and the OCAPI door in it."""
    async with a_dialect_visit(data, "ocapi", serving=serving, **options) as visit:
        visit.call = Client(visit.call.app, visit.call.key, visit.call.documented)
        await visit.defined("CustomerImportJob", "Step1", "Step2", parameters={"region": {"type": "text"}})
        yield visit


def client(visit: DialectVisit, key: str | None = None) -> Client:
    """A client: the administrator's, or one with another key."""
    return Client(visit.call.app, key or visit.call.key, visit.call.documented)


def stranger(visit: DialectVisit) -> Client:
    """A client without credentials."""
    return Client(visit.call.app, None, visit.call.documented)


async def ended(visit: DialectVisit, reply: Reply) -> str:
    """The path of the execution that was started, once it has ended."""
    found = reply.json
    await visit.house.until(await visit.execution(int(found["id"])))
    return f"{JOBS}/{found['job_id']}/executions/{found['id']}"
