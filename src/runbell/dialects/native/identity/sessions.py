"""Endpoints for sign-ins, and who the caller is."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from runbell.dialects.native.identity import records
from runbell.dialects.native.identity.shapes import SessionShape, SessionsPage, WhoShape
from runbell.domain import grants
from runbell.domain.principals import Token
from runbell.http.answer import Answer, json_answer
from runbell.http.cursor import Cursors
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import sessions, users

ROOT: Final = "/api/v1/sessions/"


class Sessions:
    """The endpoints, and the cursors of their list."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def page(self, request: Request) -> Answer:
        """One page of sign-ins, of one user or of everybody."""
        name = request.query.get("user")
        subject = None if name is None else f"user:{(await users.get(request.ports, name)).id}"
        find = partial(sessions.page, request.ports, subject)
        which = {"list": "sessions", "user": name or ""}
        shapes = partial(_shapes, request.ports.clock.now())
        return await records.paged(request, self._cursors, which, find, _session, shapes, SessionsPage)

    async def end(self, request: Request) -> Answer:
        """End a sign-in."""
        await sessions.end(request.ports, request.actor, request.values["session"])
        return Answer(204, [])


async def whoami(request: Request) -> Answer:
    """Who these credentials are, and what they may do where."""
    principal = request.principal
    shape = WhoShape(
        client=principal.client, user=principal.user, project=principal.home, projects=sorted(principal.held),
        scopes=grants.written(principal.held), expires_at=records.told(principal.expires_at),
    )  # fmt: skip
    return json_answer(shape, headers=[(b"cache-control", b"no-store")])


def _session(token: Token) -> str:
    return token.session


async def _shapes(now: int, found: Sequence[Token]) -> list[SessionShape]:
    return [
        SessionShape(
            id=token.session, subject=token.subject, client=token.client, surface=token.surface,
            project=token.project, created_at=rfc3339(token.created_at), expires_at=rfc3339(token.expires_at),
            links={"self": ROOT + token.session},
        )
        for token in found
        if token.expires_at > now
    ]  # fmt: skip
