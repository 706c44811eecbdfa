"""Two projects behind one native door, in this process: whoever comes to it, and what there is to ask for.

Nobody works here: executions stay queued. Routes come from the door itself: a new one is tried without being named.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from time import time_ns
from typing import Any, Final

from msgspec import Struct

from runbell.artifacts import ExecutionFolders
from runbell.assembly.cron_lines import local_times
from runbell.dialects import native
from runbell.domain import grants, ids
from runbell.domain.grants import Held
from runbell.domain.identity import SCOPES, Actor, Grants
from runbell.domain.principals import AUTHORING, READING, RUNNING, ApiKey, Client, ClientSecret, Project, Token, User
from runbell.engine import LocalEngine
from runbell.http.route import Route
from runbell.locks.passwords import Argon2Passwords
from runbell.locks.signer import RsaSigner
from runbell.locks.vault import AesVault
from runbell.operations import define_job, deliveries, keep_secrets, subscribe
from runbell.operations.catalogue import Catalogue
from runbell.operations.identify import digest, new_secret
from runbell.operations.ports import Desk, Ports
from runbell.operations.trigger import Asked, trigger
from runbell.operations.wait import Watchers
from runbell.ports.identity_table import PutClient, PutKey, PutProject, PutToken, PutUser
from runbell.ports.store import Store
from runbell.stores.sqlite import open_store
from verify.model.house import ScriptedRunner
from verify.model.leavings import leave

MINE, THEIRS = "mine", "theirs"
LEFT: Final = {MINE: "my-rows", THEIRS: "their-rows"}
"""What executions of a project left, and a secret of it, are called."""
LATER: Final = {"at": "2100-01-01T00:00:00Z"}
JOB: Final = {"steps": [{"name": "a", "command": ["true"]}], "starts": "both", "schedule": LATER}
PLACES: Final = re.compile(r"{(\w+)}")
FIRST: Final = {"n": "1", "code": "not_found"}
SERVER_WIDE: Final = ("user", "session")


class Caller(Struct, frozen=True):
    """Somebody at the door. `held` None: credentials that are none, or none any more."""

    name: str
    key: str | None
    held: Held | None


class Heard(Struct, frozen=True):
    """What came back, without what names the request."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class _Enough(Exception):  # noqa: N818 - a way to hang up
    """The head of an endless answer is all that is wanted."""


class Premises:
    """The door, the callers, and things of one's own, of others, and of nobody."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.door = native.door(ports)
        self.routes: tuple[Route, ...] = self.door.routes
        self.callers: list[Caller] = []
        self.own: dict[str, str] = {}
        self.foreign: dict[str, str] = {}
        self.sibling: dict[str, str] = {}
        self._count = count(1)

    async def ask(self, caller: Caller, route: Route, values: dict[str, str], project: str | None = None) -> Heard:
        """One request, from an address of its own, under a fixed request id; nothing is waited for."""
        path, place = route.path.format_map(values), next(self._count)
        body = b"" if route.body is None else b'{"x":1}' if route.body == dict[str, Any] else b"{}"
        headers = [(b"x-request-id", b"r"), (b"content-type", route.body_media.encode())]
        if route.method != "PUT":  # there it says: only if it is there
            headers.append((b"if-match", b"*"))
        headers += [(b"content-length", b"%d" % len(body))] if body else []
        headers += [] if caller.key is None else [(b"authorization", b"Bearer " + caller.key.encode())]
        scope = {
            "type": "http", "method": route.method, "path": path, "raw_path": path.encode(), "http_version": "1.1",
            "query_string": b"" if project is None else f"project={project}".encode(), "scheme": "http",
            "client": (f"10.{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}", 1), "headers": headers,
        }  # fmt: skip
        said: dict[str, Any] = {"body": b""}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            said.update({name: message[name] for name in ("status", "headers") if name in message})
            said["body"] += message.get("body", b"")
            if dict(said["headers"]).get(b"content-type", b"").startswith(b"text/event-stream"):
                raise _Enough

        await self.door.app(scope, receive, send)  # type: ignore[arg-type]
        return Heard(said["status"], tuple(sorted(said["headers"])), said["body"])

    def absent(self) -> dict[str, str]:
        """Names of nobody, each as long as those of others."""
        mark = f"{next(self._count):06d}"
        found = {name: mark.rjust(len(value), "0") for name, value in self.foreign.items()}
        return found | {"id": ids.public(ids.new_id(time_ns() // 1_000_000))}

    async def renew(self, names: set[str]) -> None:
        """Make sure that what these names stand for is there, and is as it was at first."""
        if names & {"job", "id"}:
            for job in ("load", "other"):
                await define_job.put(self.ports, actor(MINE), job, JOB)
        if "id" in names:
            self.own["id"], self.sibling["id"] = await self.run(MINE, "load"), await self.run(MINE, "other")
        if names & {"webhook", "delivery"}:
            await self.hook(MINE, "load", "my-hook", self.own, told="delivery" in names)
            await self.hook(MINE, "other", "sibling-hook", self.sibling, told="delivery" in names)
        if names & {"client", "secret"}:
            await self.client(MINE, "my-client", "my-secret")
        if "name" in names:
            await keep_secrets.put(self.ports, actor(MINE), self.own["name"], "a secret")
        if "key" in names:
            await self.key("my-key", {MINE: ("jobs:read",)}, key_id=self.own.get("key"))
        if "user" in names:
            await self.store.put_user(PutUser(user=User(id="u1", name="somebody", created_at=0)))
        if "session" in names:
            token = Token(
                digest=digest(str(next(self._count))), kind="refresh", surface="native", subject="user:u1",
                client="cli", project=MINE, grants={}, session="my-session", created_at=0,
                expires_at=self.ports.clock.now() + 60_000,
            )  # fmt: skip
            await self.store.put_token(PutToken(tokens=(token,), at=self.ports.clock.now()))

    @property
    def store(self) -> Store:
        """The table."""
        return self.ports.store

    async def run(self, project: str, job: str) -> str:
        """A new execution that has left something of each kind: its public id."""
        made = (await trigger(self.ports, actor(project), Asked(job=job))).execution
        await leave(self.ports, made, LEFT[project])
        return ids.public(made.id)

    async def client(self, project: str, name: str, secret: str) -> None:
        """A client with one secret."""
        kept = ClientSecret(id=secret, digest=digest(name), created_at=0)
        granted: Grants = {project: ("jobs:read",)}
        made = Client(id=name, name=name, project=project, grants=granted, secrets=(kept,), created_at=0)
        await self.store.put_client(PutClient(client=made))

    async def hook(self, project: str, job: str, name: str, known: dict[str, str], *, told: bool) -> None:
        """A webhook of a job, and with `told` an execution of which it was told."""
        if await self.store.endpoint(project, name) is None:
            wanted = subscribe.Wanted(name=name, url="https://hooks.example/", job=job, events=("execution.queued",))
            await subscribe.create(self.ports, actor(project), wanted, "v1", None)
        known["webhook"] = name
        if told:
            known["id"] = await self.run(project, job)
            (seen,) = await deliveries.of_webhook(self.ports, actor(project), name, None, 1)
            known["delivery"] = f"msg_{seen.delivery.id}"

    async def key(self, name: str, granted: Grants | None, *, key_id: str | None = None, **fields: Any) -> str:
        """A key: its text. With `key_id` it is made anew under that id."""
        fresh, text = new_secret()
        project = fields.pop("project", MINE)
        made = ApiKey(
            id=key_id or fresh, name=name, project=project, digest=digest(text), grants=granted, created_at=0, **fields
        )
        await self.store.put_key(PutKey(key=made))
        if name == "my-key":
            self.own["key"] = made.id
        if name == "their-key":
            self.foreign["key"] = made.id
        return text

    async def _furnish(self) -> None:
        for name in (MINE, THEIRS):
            await self.store.put_project(PutProject(project=Project(name=name, number=0, id=name, created_at=0)))
        for project, job in ((MINE, "load"), (MINE, "other"), (THEIRS, "their-job")):
            await define_job.put(self.ports, actor(project), job, JOB)
        self.own = FIRST | {
            "job": "load", "project": MINE, "client": "my-client", "secret": "my-secret", "user": "somebody",
            "session": "my-session", "set": LEFT[MINE], "name": LEFT[MINE],
        }  # fmt: skip
        self.sibling = self.own | {"job": "other"}
        self.foreign = FIRST | {
            "job": "their-job", "id": await self.run(THEIRS, "their-job"), "project": THEIRS, "client": "their-client",
            "secret": "their-secret", "set": LEFT[THEIRS], "name": LEFT[THEIRS],
        }  # fmt: skip
        await self.hook(THEIRS, "their-job", "their-hook", self.foreign, told=True)
        await self.client(THEIRS, "their-client", "their-secret")
        await self.key("their-key", {THEIRS: ("jobs:read",)}, project=THEIRS)
        await keep_secrets.put(self.ports, actor(THEIRS), self.foreign["name"], "their secret")
        await self.renew({"id", "name", "client", "key", "user", "session", "webhook", "delivery"})

    async def _invite(self) -> None:
        everything = tuple(SCOPES)
        only_load = tuple(f"{scope}:load" for scope in AUTHORING if not scope.startswith("secrets"))
        invited: tuple[tuple[str, Grants], ...] = (
            ("wrong right", {MINE: ("audit:read",)}), ("other project", {"default": everything}),
            ("other job", {MINE: tuple(f"{scope}:other" for scope in RUNNING)}), ("one job", {MINE: only_load}),
            ("reader", {MINE: READING}), ("trigger", {MINE: ("executions:run",)}), ("operator", {MINE: RUNNING}),
            ("author", {MINE: AUTHORING}), ("owner", {MINE: everything}), ("admin", {"*": everything}),
        )  # fmt: skip
        for name, granted in invited:
            home = "default" if name == "other project" else MINE
            text = await self.key(name.replace(" ", "-"), granted, project=home)
            self.callers.append(Caller(name, text, grants.read(granted)))
        expired = await self.key("expired", {"*": everything}, expires_at=1)
        await self.store.put_user(
            PutUser(user=User(id="u2", name="off", roles={"*": "admin"}, disabled_at=1, created_at=0))
        )
        orphan = await self.key("orphan", {"*": everything}, user="u2")
        self.callers += [
            Caller("anonymous", None, None), Caller("expired", expired, None), Caller("revoked", new_secret()[1], None),
            Caller("of a disabled user", orphan, None),
        ]  # fmt: skip


def actor(project: str) -> Actor:
    """Whoever furnishes a project."""
    return Actor("key:furnisher", project, frozenset(SCOPES))


def names(route: Route) -> set[str]:
    """The places in a route's path."""
    return set(PLACES.findall(route.path))


class _Clock:
    def now(self) -> int:
        return time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time_ns() / 1e9


@asynccontextmanager
async def premises(folder: Path) -> AsyncIterator[Premises]:
    """Open them, furnished and with everybody invited."""
    store, clock, watchers = await open_store(folder / "data", on_fatal=print), _Clock(), Watchers()
    catalogue, artifacts = Catalogue(store), ExecutionFolders(folder / "executions")
    desk = Desk(store, catalogue, clock, AesVault(bytes(32)))
    engine = LocalEngine(desk, ScriptedRunner(), artifacts, watchers, slots=1, worker="nobody")
    locks = (RsaSigner(partial(store.secret, "signing key")), Argon2Passwords(), local_times)
    place = Premises(Ports(store, catalogue, clock, desk.vault, engine, artifacts, watchers, *locks))
    try:
        await place._furnish()
        await place._invite()
        yield place
        await place.ports.uses.settle()
    finally:
        await store.close()
