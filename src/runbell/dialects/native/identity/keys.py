"""Endpoints for API keys."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from runbell.dialects.native import asking
from runbell.dialects.native.identity import records
from runbell.dialects.native.identity.shapes import KeyBody, KeyShape, KeysPage, NewKeyShape, QuotaShape
from runbell.domain.principals import ApiKey, Quota
from runbell.http.answer import Answer
from runbell.http.cursor import Cursors
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import keys
from runbell.operations.ports import Ports

ROOT: Final = "/api/v1/keys/"


class Keys:
    """The endpoints, and the cursors of their list."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def page(self, request: Request) -> Answer:
        """One page of the project's keys."""
        find = partial(keys.page, request.ports, request.actor)
        which, shapes = {"list": "keys", "project": request.actor.project}, partial(_shapes, request.ports)
        return await records.paged(request, self._cursors, which, find, _id, shapes, KeysPage)

    async def get(self, request: Request) -> Answer:
        """One key."""
        found = await keys.get(request.ports, request.actor, request.values["key"])
        return records.seen(request, found, await _shape(request.ports, found))

    async def create(self, request: Request) -> Answer:
        """A new key."""
        asked = await records.read(request, KeyBody)
        made, text = await keys.create(request.ports, request.principal, request.actor, _wanted(request, asked))
        return records.once(made, NewKeyShape(**await _members(request.ports, made), key=text), ROOT + made.id)

    async def patch(self, request: Request) -> Answer:
        """Change single members of a key."""
        key = await keys.get(request.ports, request.actor, request.values["key"])
        shape = await _shape(request.ports, key)
        standing = KeyBody(
            name=key.name, grants=shape.grants, user=shape.user, surfaces=list(key.surfaces), quota=shape.quota,
            expires_at=shape.expires_at,
        )  # fmt: skip
        asked, revision = await records.patched(request, key, standing, KeyBody)
        made = await keys.change(
            request.ports, request.principal, request.actor, key.id, _wanted(request, asked), revision
        )
        return records.seen(request, made, await _shape(request.ports, made))

    async def delete(self, request: Request) -> Answer:
        """Delete a key."""
        revision = asking.expected_revision(request)
        await keys.delete(request.ports, request.actor, request.values["key"], revision)
        return Answer(204, [])


def _wanted(request: Request, asked: KeyBody) -> keys.Wanted:
    return keys.Wanted(
        name=asked.name, user=asked.user, surfaces=tuple(asked.surfaces),
        grants=records.granted(asked.scopes, asked.grants, request.actor.project),
        quota=None if asked.quota is None else Quota(asked.quota.limit, asked.quota.window_s),
        expires_at=records.time("/expires_at", asked.expires_at),
    )  # fmt: skip


def _id(key: ApiKey) -> str:
    return key.id


async def _shapes(ports: Ports, found: Sequence[ApiKey]) -> list[KeyShape]:
    return [await _shape(ports, key) for key in found]


async def _shape(ports: Ports, key: ApiKey) -> KeyShape:
    return KeyShape(**await _members(ports, key))


async def _members(ports: Ports, key: ApiKey) -> dict[str, Any]:
    quota = key.quota
    return {
        "id": key.id,
        "name": key.name,
        "project": key.project,
        "grants": None if key.grants is None else {name: list(words) for name, words in key.grants.items()},
        "user": await records.user_name(ports, key.user),
        "surfaces": list(key.surfaces),
        "quota": None if quota is None else QuotaShape(quota.limit, quota.window_s),
        "revision": key.revision,
        "created_at": rfc3339(key.created_at),
        "expires_at": records.told(key.expires_at),
        "last_used_at": records.told(key.last_used_at),
        "links": {"self": ROOT + key.id},
    }
