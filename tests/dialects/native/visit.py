"""A visit to the native door of a whole house. Every answer is held against the door's own document."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runbell.artifacts import ExecutionFolders
from runbell.dialects import native
from runbell.domain.identity import SCOPES
from runbell.domain.principals import Project
from runbell.operations.identify import make_key
from runbell.operations.ports import Ports
from runbell.ports.identity_table import PutProject
from tests.dialects.checked import CheckedCaller, Documented
from tests.house_of_cards import House, a_house
from tests.http.calling import Caller


@dataclass
class Visit:
    """A house, its native door, and a caller who may do everything."""

    house: House
    ports: Ports
    door: native.NativeDoor
    call: CheckedCaller

    async def defined(self, name: str = "load", *steps: dict[str, Any] | str, **members: Any) -> str:
        """Define a job over the API; answers its path."""
        spelled = [{"name": step, "command": ["true"]} if isinstance(step, str) else step for step in steps or ("a",)]
        reply = await self.call.put(f"/api/v1/jobs/{name}", {"steps": spelled, **members})
        assert reply.status in {200, 201}, reply
        return f"/api/v1/jobs/{name}"

    async def started(self, name: str = "load", body: Any = None, **headers: str) -> dict[str, Any]:
        """Start a job; answers the representation."""
        reply = await self.call.post(f"/api/v1/jobs/{name}/executions", body or {}, **headers)
        assert reply.status in {200, 202}, reply
        found: dict[str, Any] = reply.json
        return found

    async def ended(self, name: str = "load", body: Any = None) -> dict[str, Any]:
        """Start a job and wait for its end."""
        found = await self.started(name, body, prefer="wait=5")
        assert found["ended_at"] is not None, found
        return found

    async def caller(self, *scopes: str, project: str = "default", name: str = "other", **how: Any) -> CheckedCaller:
        """Another caller, with these rights only."""
        store = self.house.ports.store
        if await store.project(project) is None:
            await store.put_project(PutProject(project=Project(name=project, number=0, id=project, created_at=0)))
        key = await make_key(
            self.house.ports.store, self.house.clock, name, scopes=scopes or SCOPES, project=project, **how
        )
        return CheckedCaller(self.door.app, key, self.call.documented)

    def anonymous(self) -> CheckedCaller:
        """A caller without credentials."""
        return CheckedCaller(self.door.app, None, self.call.documented)


@asynccontextmanager
async def a_visit(data: Path, *, serving: bool = True, **settings: Any) -> AsyncIterator[Visit]:
    """Open a house and its native door."""
    async with a_house(data, serving=serving) as house:
        ports = replace(house.ports, artifacts=ExecutionFolders(data / "executions"))
        door = native.door(ports, **settings)
        ports.telling.formats[door.format.name] = door.format
        document = (await Caller(native.door(ports).app).get("/openapi.json")).json
        key = await make_key(house.ports.store, house.clock, "admin", everywhere=True)
        yield Visit(house, ports, door, CheckedCaller(door.app, key, Documented(document)))
