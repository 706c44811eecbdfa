"""Endpoints for secrets: set, look at, list, delete. The value goes in and never comes out."""

from typing import Final

from runbell.dialects.native import asking
from runbell.dialects.native.secret_shapes import SecretBody, SecretShape, SecretsPage
from runbell.http import body, conditional
from runbell.http.answer import Answer, Headers, header, json_answer
from runbell.http.cursor import Cursors
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import keep_secrets
from runbell.ports.secret_table import SecretRecord

ROOT: Final = "/api/v1/secrets/"
_LIST: Final = {"list": "secrets"}


class Secrets:
    """The endpoints, and the cursors of their list."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def put(self, request: Request) -> Answer:
        """Set a secret."""
        asked, _ = body.typed(await request.json(), SecretBody)
        revision = asking.condition(request)
        put = await keep_secrets.put(
            request.ports, request.actor, request.values["name"], asked.value, if_revision=revision
        )
        return _written(put.secret, 201 if put.created else 200)

    async def get(self, request: Request) -> Answer:
        """One secret without its value."""
        found = await keep_secrets.one(request.ports, request.actor, request.values["name"])
        return _written(found, 200)

    async def page(self, request: Request) -> Answer:
        """One page of secrets, by name."""
        limit = request.limit()
        after = await self._cursors.read(request.cursor(), _LIST, str)
        found = await keep_secrets.page(request.ports, request.actor, after or "", limit + 1)
        onward = await self._cursors.write(found[limit - 1].name, _LIST) if len(found) > limit else None
        page = SecretsPage([_shape(one) for one in found[:limit]], onward, onward is not None)
        return json_answer(page, headers=request.next_page(onward))

    async def remove(self, request: Request) -> Answer:
        """Delete a secret."""
        revision = asking.expected_revision(request)
        await keep_secrets.remove(request.ports, request.actor, request.values["name"], if_revision=revision)
        return Answer(204, [])


def _written(secret: SecretRecord, status: int) -> Answer:
    headers: Headers = [(b"etag", conditional.etag(secret.revision)), (b"cache-control", b"private, no-cache")]
    place = [header("location", ROOT + secret.name)] if status == 201 else []
    return json_answer(_shape(secret), status, [*headers, *place])


def _shape(secret: SecretRecord) -> SecretShape:
    return SecretShape(
        name=secret.name,
        project=secret.project,
        revision=secret.revision,
        created_at=rfc3339(secret.created_at),
        updated_at=rfc3339(secret.updated_at),
        updated_by=secret.updated_by,
        last_used_at=None if secret.last_used_at is None else rfc3339(secret.last_used_at),
        jobs=secret.jobs,
        links={"self": ROOT + secret.name},
    )
