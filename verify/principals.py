"""Clients, people and keys that a server on trial finds in its table when it starts."""

import asyncio
import time
from pathlib import Path
from typing import Any

from runbell.domain.identity import Grants
from runbell.domain.principals import AuthorizationCode, Client, ClientSecret, User
from runbell.locks.passwords import Argon2Passwords
from runbell.operations.codes import session_of
from runbell.operations.identify import digest
from runbell.ports.identity_table import PutClient, PutCode, PutUser
from runbell.stores.sqlite import open_store

SECRET = "rb_cs_verify: 100% + secret"
PASSWORD = "verify horse battery staple"
RIGHTS: Grants = {"default": ("jobs:read", "executions:read", "executions:run:load")}


def settle_in(data: Path, clients: dict[str, Grants], people: dict[str, str] | None = None, **more: Any) -> None:
    """Write clients (with SECRET) and people (with PASSWORD, and a role) for a server that is not yet started."""
    asyncio.run(_write(data, clients, people or {}, more))


def plant_code(data: Path, text: str, **fields: Any) -> None:
    """Write an authorization code that the person `ada` allowed, for a server that is not yet started."""
    asyncio.run(_plant(data, text, fields))


async def _plant(data: Path, text: str, fields: dict[str, Any]) -> None:
    store = await open_store(data, on_fatal=print)
    try:
        code = AuthorizationCode(
            digest=digest(text), user="id-ada", scopes=(), named=True, session=session_of(text),
            created_at=round(time.time() * 1_000), **fields,
        )  # fmt: skip
        await store.put_code(PutCode(code=code))
    finally:
        await store.close()


async def _write(data: Path, clients: dict[str, Grants], people: dict[str, str], more: dict[str, Any]) -> None:
    now = round(time.time() * 1_000)
    store = await open_store(data, on_fatal=print)
    try:
        for name, grants in clients.items():
            secret = ClientSecret(id=f"{name}-1", digest=digest(SECRET), created_at=now)
            client = Client(
                id=name, name=name, project="default", grants=grants, secrets=(secret,), created_at=now, **more
            )
            await store.put_client(PutClient(client=client, create=True))
        for name, role in people.items():
            password = await Argon2Passwords().hash(PASSWORD)
            user = User(id=f"id-{name}", name=name, roles={"default": role}, password=password, created_at=now)
            await store.put_user(PutUser(user=user, create=True))
    finally:
        await store.close()
