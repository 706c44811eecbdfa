"""Endpoints for users."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from runbell.dialects.native import asking
from runbell.dialects.native.identity import records
from runbell.dialects.native.identity.shapes import UserBody, UserShape, UsersPage
from runbell.domain.principals import User
from runbell.http.answer import Answer
from runbell.http.cursor import Cursors
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import users

ROOT: Final = "/api/v1/users/"


class Users:
    """The endpoints, and the cursors of their list."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def page(self, request: Request) -> Answer:
        """One page of users."""
        find = partial(users.page, request.ports)
        return await records.paged(request, self._cursors, {"list": "users"}, find, _name, _shapes, UsersPage)

    async def get(self, request: Request) -> Answer:
        """One user."""
        found = await users.get(request.ports, request.values["user"])
        return records.seen(request, found, _shape(found))

    async def put(self, request: Request) -> Answer:
        """Make or change a user."""
        asked = await records.read(request, UserBody)
        return await self._put(request, asked, asking.condition(request))

    async def patch(self, request: Request) -> Answer:
        """Change single members of a user."""
        user = await users.get(request.ports, request.values["user"])
        standing = {
            "kind": user.kind,
            "title": user.title,
            "roles": user.roles,
            "disabled": user.disabled_at is not None,
        }
        asked, revision = await records.patched(request, user, standing, UserBody)
        return await self._put(request, asked, revision)

    async def delete(self, request: Request) -> Answer:
        """Delete a user with all that hangs on it."""
        revision = asking.expected_revision(request)
        await users.delete(request.ports, request.actor, request.values["user"], revision)
        return Answer(204, [])

    async def _put(self, request: Request, asked: UserBody, revision: int | None) -> Answer:
        wanted = users.Wanted(
            kind=asked.kind, title=asked.title, roles=dict(asked.roles), disabled=asked.disabled,
            password=asked.password,
        )  # fmt: skip
        name = request.values["user"]
        made = await users.put(request.ports, request.principal, request.actor, name, wanted, revision)
        new = made.revision == 1
        return records.seen(request, made, _shape(made), 201 if new else 200, ROOT + made.name if new else None)


def _name(user: User) -> str:
    return user.name


async def _shapes(found: Sequence[User]) -> list[UserShape]:
    return [_shape(user) for user in found]


def _shape(user: User) -> UserShape:
    return UserShape(
        name=user.name, id=user.id, kind=user.kind, title=user.title, roles=user.roles,
        has_password=user.password is not None, disabled=user.disabled_at is not None,
        disabled_at=records.told(user.disabled_at), revision=user.revision, created_at=rfc3339(user.created_at),
        last_used_at=records.told(user.last_used_at), links={"self": ROOT + user.name},
    )  # fmt: skip
