"""A visit to the door of a dialect, as a server opens it: by its name, with its options. Every answer is checked."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from runbell.artifacts import ExecutionFolders
from runbell.domain.execution import Execution
from runbell.domain.identity import SCOPES, Actor, Grants
from runbell.domain.principals import Client, ClientSecret, Project
from runbell.http.mounting import Host, Mounting, Opened
from runbell.http.site import Site
from runbell.operations import define_job
from runbell.operations.identify import digest, make_key
from runbell.operations.ports import Ports
from runbell.ports.identity_table import PutClient, PutProject
from runbell.ports.store import ExecutionQuery, Ref
from tests.dialects.checked import CheckedCaller, Documented
from tests.house_of_cards import House, a_house
from tests.http.calling import Reply

SECRET = "rb_cs_a-secret: with % and + in it"
FORM = "application/x-www-form-urlencoded"


@dataclass
class DialectVisit:
    """A house, the door of one dialect, and a caller whose key may do everything everywhere."""

    house: House
    ports: Ports
    name: str
    opened: Opened
    call: CheckedCaller

    async def defined(
        self, name: str = "load", *steps: dict[str, Any] | str, project: str = "default", **members: Any
    ) -> None:
        """Define a job, in whatever project."""
        await self.project(project)
        spelled = [{"name": step, "command": ["true"]} if isinstance(step, str) else step for step in steps or ("a",)]
        actor = Actor("key:admin", project, frozenset(SCOPES))
        await define_job.put(self.ports, actor, name, {"steps": spelled, **members})

    async def project(self, name: str) -> None:
        """See to it that a project is there."""
        if await self.ports.store.project(name) is None:
            await self.ports.store.put_project(
                PutProject(project=Project(name=name, number=0, id=name, created_at=self.house.clock.at))
            )

    async def key(self, *scopes: str, project: str = "default", name: str = "loader", **how: Any) -> str:
        """The text of a new key with these rights (none named: all of them) in one project."""
        await self.project(project)
        store, clock = self.ports.store, self.house.clock
        return await make_key(store, clock, name, scopes=scopes or SCOPES, project=project, **how)

    async def caller(self, *scopes: str, project: str = "default", name: str = "loader") -> CheckedCaller:
        """Somebody with a key of these rights only, sent as a bearer."""
        return self.with_key(await self.key(*scopes, project=project, name=name))

    def with_key(self, text: str | None) -> CheckedCaller:
        """Somebody who sends this as a bearer; None: a stranger."""
        return CheckedCaller(self.call.app, text, self.call.documented)

    async def client(
        self, name: str = "etl", grants: Grants | None = None, *, project: str = "default", **more: Any
    ) -> Client:
        """An OAuth client with SECRET, in this project."""
        at = self.house.clock.at
        secret = ClientSecret(id=f"{name}-1", digest=digest(SECRET), created_at=at)
        granted = {project: tuple(SCOPES)} if grants is None else grants
        client = Client(id=name, name=name, project=project, grants=granted, secrets=(secret,), created_at=at, **more)
        return await self.ports.store.put_client(PutClient(client=client, create=True))

    async def form(self, path: str, fields: Mapping[str, str], **headers: str) -> Reply:
        """Send a form, as a stranger with these headers."""
        pieces = [urlencode(fields).encode()]
        return await self.with_key(None).call("POST", path, pieces=pieces, headers={"content_type": FORM} | headers)

    async def number(self, name: str = "load", project: str = "default") -> int:
        """The number that runbell itself gave a job."""
        record = await self.ports.store.job(project, name)
        assert record is not None
        return record.number

    async def executions(self, project: str = "default") -> int:
        """How many executions a project has on the table."""
        return len((await self.ports.store.executions(ExecutionQuery(project=project))).items)

    async def execution(self, number: int, project: str = "default") -> Execution:
        """An execution as it is on the table."""
        found = await self.ports.store.execution(project, Ref(number=number))
        assert found is not None
        return found


def basic(client: str = "etl", secret: str = SECRET) -> str:
    """The header of HTTP Basic as most clients write it: nothing is percent-encoded."""
    return "Basic " + b64encode(f"{client}:{secret}".encode()).decode()


@asynccontextmanager
async def a_dialect_visit(
    data: Path, name: str, *, serving: bool = True, site: Site = Site(), **options: str  # noqa: B008 - frozen
) -> AsyncIterator[DialectVisit]:  # fmt: skip
    """Open a house and the door of that dialect in it. `serving` False: nothing that is started ever runs."""
    async with a_house(data, serving=serving) as house:
        ports = replace(house.ports, artifacts=ExecutionFolders(data / "executions"))
        opened: Opened = import_module(f"runbell.dialects.{name}").door(ports, options, site)
        key = await make_key(house.ports.store, house.clock, "admin", everywhere=True)
        app = Mounting(_nobody, {name: opened.app}, Host({name: opened.paths}))
        yield DialectVisit(house, ports, name, opened, CheckedCaller(app, key, Documented(opened.document, name)))


async def _nobody(scope: Any, receive: Any, send: Any) -> None:
    """Stands where the native door does: a path that comes here belongs to no dialect."""
    raise AssertionError(f"{scope['path']} is not a path of this dialect")
