"""Clients, people and keys that a server on trial finds in its table when it starts."""

import asyncio
import time
from pathlib import Path
from typing import Any

from runbell.domain.identity import Grants
from runbell.domain.principals import Client, ClientSecret, User
from runbell.locks.passwords import Argon2Passwords
from runbell.operations.identify import digest
from runbell.ports.identity_table import PutClient, PutUser
from runbell.stores.sqlite import open_store

SECRET = "rb_cs_verify: 100% + secret"
PASSWORD = "verify horse battery staple"
RIGHTS: Grants = {"default": ("jobs:read", "executions:read", "executions:run:load")}


def settle_in(data: Path, clients: dict[str, Grants], people: dict[str, str] | None = None, **more: Any) -> None:
    """Write clients (with SECRET) and people (with PASSWORD, and a role) for a server that is not yet started."""
    asyncio.run(_write(data, clients, people or {}, more))


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
