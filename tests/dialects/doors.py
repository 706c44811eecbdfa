"""One served house with every door open, and what a client of each door does there with credentials of that door."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from runbell.artifacts import ExecutionFolders
from runbell.assembly.doors import Doors, open_doors
from runbell.domain.execution import Execution
from runbell.domain.identity import SCOPES, Actor
from runbell.domain.principals import Client, ClientSecret, Project, User
from runbell.http.conversation import PASSWORD, USER_NAME, Answered, Call, Conversation
from runbell.http.site import Site
from runbell.http.terms import Terms
from runbell.operations import define_job
from runbell.operations.identify import digest
from runbell.operations.ports import Ports
from runbell.ports.identity_table import PutClient, PutProject, PutUser
from runbell.ports.store import ExecutionQuery, Ref
from runbell.settings import Settings
from tests.house_of_cards import House, a_house
from tests.http.calling import Caller, Reply

from .visiting import FORM, basic

DOORS: Final = ("native", "dvsum", "infolink", "adverity", "ocapi", "des")
BY_NUMBER: Final = ("dvsum", "adverity", "ocapi")
"""The doors where an execution goes by its number; at the others it goes by its GUID."""
WORD: Final = "correct horse battery staple"
SECRET: Final = "rb_cs_a-secret-that-every-door-reads-alike"


@dataclass
class Guest:
    """Somebody at one door, with a token that this door issued."""

    talk: Conversation
    app: Any
    token: str = ""

    async def speak(self, call: Call, execution: str = "", token: str | None = None) -> Reply:
        """Send one call as it is written, with the token of this guest or another one."""
        by = self.talk.by_token.format(token=self.token if token is None else token)
        query = {name: value.replace("{execution}", execution) for name, value in call.query.items()}
        path = quote(call.path.replace("{execution}", execution), safe="/:%") + (
            f"?{urlencode(query)}" if query else ""
        )
        body = b"" if call.body is None else json.dumps(call.body).replace("{execution}", execution).encode()
        return await self.send(call.method, path, urlencode(call.form).encode() or body, call.headers, by=by,
                               media=FORM if call.form else "application/json")  # fmt: skip

    async def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *,
        by: str | None = None, media: str = "application/json",
    ) -> Reply:  # fmt: skip
        """Send whatever."""
        by = self.talk.by_token.format(token=self.token) if by is None else by
        said = {"content_type": media, "authorization": by}
        said |= {name.lower().replace("-", "_"): value for name, value in (headers or {}).items()}
        return await Caller(self.app).call(method, path, pieces=[body], headers=said)

    async def sign_in(self, under: str = "") -> str:
        """A token for the client, or for a user's password where the vendor knows no clients; `under` a prefix."""
        fills = {USER_NAME: "ann", PASSWORD: WORD}
        form = {name: fills.get(value, value) for name, value in self.talk.token.form.items()}
        reply = await self.send(
            "POST", under + self.talk.token.path, urlencode(form).encode(), by=basic(secret=SECRET), media=FORM
        )
        assert reply.status in self.talk.token.succeeds, reply
        return str(at(reply, self.talk.token_at))

    async def start(self) -> str:
        """Start the job; the id of the execution as this door says it."""
        reply = await self.speak(self.talk.start)
        assert reply.status in self.talk.start.succeeds, reply
        return str(at(reply, self.talk.execution_at))

    async def look(self, execution: str) -> Reply:
        """Look at an execution that is there."""
        reply = await self.speak(self.talk.look, execution)
        assert reply.status in self.talk.look.succeeds, reply
        return reply


@dataclass
class Court:
    """The house, and one guest per door."""

    house: House
    ports: Ports
    guests: dict[str, Guest]
    doors: Doors

    async def executions(self) -> int:
        """How many there are."""
        return len((await self.ports.store.executions(ExecutionQuery(project="default"))).items)

    async def execution(self, number: int) -> Execution:
        """An execution as it is on the table."""
        found = await self.ports.store.execution("default", Ref(number=number))
        assert found is not None
        return found


def at(reply: Reply, place: tuple[str, ...]) -> Any:
    """The member of an answer at that place."""
    value = reply.json
    for name in place:
        value = value[int(name) if isinstance(value, list) else name]
    return value


def says(reply: Reply, answered: Answered) -> bool:
    """Whether the answer says it."""
    return at(reply, answered.at) in answered.among


@asynccontextmanager
async def a_court(data: Path, options: dict[str, dict[str, str]] | None = None) -> AsyncIterator[Court]:
    """Open every door of a house with the job `load` of one step `a`, and sign in at each of them."""
    async with a_house(data) as house:
        ports = replace(house.ports, artifacts=ExecutionFolders(data / "executions"))
        store, now = ports.store, house.clock.at
        if await store.project("default") is None:
            await store.put_project(PutProject(project=Project(name="default", number=0, id="default", created_at=now)))
        password = await ports.passwords.hash(WORD)
        ann = User(id="ann", name="ann", roles={"default": "admin"}, password=password, created_at=now)
        robot = User(id="robot", name="robot", kind="service", roles={"default": "admin"}, created_at=now)
        for user in (ann, robot):
            await store.put_user(PutUser(user=user, create=True))
        secret = ClientSecret(id="etl-1", digest=digest(SECRET), created_at=now)
        client = Client(id="etl", name="etl", project="default", grants={"default": tuple(SCOPES)}, secrets=(secret,),
                        user="robot", created_at=now)  # fmt: skip
        await store.put_client(PutClient(client=client, create=True))
        steps = [{"name": "a", "command": ["true"]}]
        await define_job.put(ports, Actor("key:admin", "default", frozenset(SCOPES)), "load", {"steps": steps})
        record, job = await ports.catalogue.current("default", "load")
        doors = open_doors(ports, Settings(options=options or {}), Site(), Terms())
        guests: dict[str, Guest] = {}
        for name in DOORS:
            talk = import_module(f"runbell.dialects.{name}.conversing").converse(record, job, {})
            guests[name] = Guest(talk, doors.app)
            guests[name].token = await guests[name].sign_in()
        yield Court(house, ports, guests, doors)
