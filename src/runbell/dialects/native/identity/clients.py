"""Endpoints for clients and their secrets."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from runbell.dialects.native import asking
from runbell.dialects.native.identity import records
from runbell.dialects.native.identity.shapes import (
    ClientBody,
    ClientShape,
    ClientsPage,
    NewClientBody,
    NewClientShape,
    NewSecretShape,
    QuotaShape,
    SecretBody,
    SecretShape,
)
from runbell.domain.principals import Client, ClientSecret, Quota
from runbell.http.answer import Answer, header, json_answer
from runbell.http.cursor import Cursors
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import clients
from runbell.operations.ports import Ports

ROOT: Final = "/api/v1/clients/"


class Clients:
    """The endpoints, and the cursors of their list."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def page(self, request: Request) -> Answer:
        """One page of the project's clients."""
        find = partial(clients.page, request.ports, request.actor)
        which, shapes = {"list": "clients", "project": request.actor.project}, partial(_shapes, request.ports)
        return await records.paged(request, self._cursors, which, find, _id, shapes, ClientsPage)

    async def get(self, request: Request) -> Answer:
        """One client."""
        found = await clients.get(request.ports, request.actor, request.values["client"])
        return records.seen(request, found, await _shape(request.ports, found))

    async def create(self, request: Request) -> Answer:
        """A new client, with its first secret."""
        asked = await records.read(request, NewClientBody)
        wanted = _wanted(request, asked)
        made, secret = await clients.create(
            request.ports, request.principal, request.actor, asked.id, wanted, asked.secret, public=asked.public
        )
        shape = NewClientShape(**await _members(request.ports, made), secret=secret)
        return records.once(made, shape, ROOT + made.id)

    async def put(self, request: Request) -> Answer:
        """Change a client; its secrets stay."""
        asked, revision = await records.read(request, ClientBody), asking.expected_revision(request)
        return await self._put(request, asked, revision)

    async def patch(self, request: Request) -> Answer:
        """Change single members of a client."""
        client = await clients.get(request.ports, request.actor, request.values["client"])
        shape = await _shape(request.ports, client)
        standing = ClientBody(
            name=client.name,
            grants=shape.grants,
            user=shape.user,
            quota=shape.quota,
            disabled=shape.disabled,
            redirect_uris=shape.redirect_uris,
        )
        asked, revision = await records.patched(request, client, standing, ClientBody)
        return await self._put(request, asked, revision)

    async def delete(self, request: Request) -> Answer:
        """Delete a client and end its tokens."""
        revision = asking.expected_revision(request)
        await clients.delete(request.ports, request.actor, request.values["client"], revision)
        return Answer(204, [])

    async def add_secret(self, request: Request) -> Answer:
        """One more secret."""
        asked, client = await records.read(request, SecretBody), request.values["client"]
        made, text = await clients.add_secret(
            request.ports, request.principal, request.actor, client, secret=asked.secret,
            expires_at=records.time("/expires_at", asked.expires_at),
            others_expire_at=records.time("/others_expire_at", asked.others_expire_at),
        )  # fmt: skip
        place = header("location", f"{ROOT}{client}/secrets/{made.id}")
        return json_answer(
            NewSecretShape(**_of_secret(made), secret=text), 201, [(b"cache-control", b"no-store"), place]
        )

    async def remove_secret(self, request: Request) -> Answer:
        """End a secret at once."""
        await clients.remove_secret(request.ports, request.actor, request.values["client"], request.values["secret"])
        return Answer(204, [])

    async def _put(self, request: Request, asked: ClientBody, revision: int | None) -> Answer:
        client, wanted = request.values["client"], _wanted(request, asked)
        made = await clients.put(request.ports, request.principal, request.actor, client, wanted, revision)
        return records.seen(request, made, await _shape(request.ports, made))


def _wanted(request: Request, asked: ClientBody) -> clients.Wanted:
    return clients.Wanted(
        name=asked.name, user=asked.user, disabled=asked.disabled, redirect_uris=tuple(asked.redirect_uris),
        grants=records.granted(asked.scopes, asked.grants, request.actor.project) or {},
        quota=None if asked.quota is None else Quota(asked.quota.limit, asked.quota.window_s),
    )  # fmt: skip


def _id(client: Client) -> str:
    return client.id


async def _shapes(ports: Ports, found: Sequence[Client]) -> list[ClientShape]:
    return [await _shape(ports, client) for client in found]


async def _shape(ports: Ports, client: Client) -> ClientShape:
    return ClientShape(**await _members(ports, client))


async def _members(ports: Ports, client: Client) -> dict[str, Any]:
    own, quota = ROOT + client.id, client.quota
    return {
        "id": client.id,
        "name": client.name,
        "project": client.project,
        "grants": {project: list(words) for project, words in client.grants.items()},
        "user": await records.user_name(ports, client.user),
        "redirect_uris": list(client.redirect_uris),
        "public": client.public,
        "quota": None if quota is None else QuotaShape(quota.limit, quota.window_s),
        "disabled": client.disabled_at is not None,
        "secrets": [SecretShape(**_of_secret(secret)) for secret in client.secrets],
        "revision": client.revision,
        "created_at": rfc3339(client.created_at),
        "links": {"self": own, "secrets": f"{own}/secrets"},
    }


def _of_secret(secret: ClientSecret) -> dict[str, Any]:
    return {
        "id": secret.id,
        "created_at": rfc3339(secret.created_at),
        "expires_at": records.told(secret.expires_at),
        "last_used_at": records.told(secret.last_used_at),
    }
