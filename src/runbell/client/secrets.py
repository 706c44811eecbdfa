"""The calls about secrets: their values go in and never come out."""

from urllib.parse import quote

import msgspec
from msgspec import Struct

from runbell.client.call import call, stream
from runbell.client.caller import Caller
from runbell.client.connection import API
from runbell.client.effects import Ask, Flow, Stream
from runbell.client.exchange import read


class Secret(Struct, frozen=True, kw_only=True):
    """A secret without its value. `jobs`: those whose current version names it."""

    name: str
    project: str = "default"
    revision: int = 0
    created_at: str = ""
    updated_at: str = ""
    updated_by: str = ""
    last_used_at: str | None = None
    jobs: tuple[str, ...] = ()


class SecretCalls(Caller):
    """Set, look at and delete the secrets of a project."""

    @call
    def secret(self, name: str) -> Flow[Secret]:
        """The secret of that name, without its value. Raises ProblemError `not_found`."""
        return (yield from self._get(_path(name), Secret))

    @stream
    def secrets(self) -> Stream[Secret]:
        """All secrets, by name, without their values."""
        yield from self._pages(f"{API}/secrets", Secret, {})

    @call
    def put_secret(self, name: str, value: str, *, if_revision: int | None = None) -> Flow[Secret]:
        """Set a secret. `if_revision`: only when it still has that revision. Raises ProblemError."""
        headers = {"Content-Type": "application/json"}
        if if_revision is not None:
            headers["If-Match"] = f'"{if_revision}"'
        body = msgspec.json.encode({"value": value})
        ask = Ask(method="PUT", path=_path(name), headers=headers, body=body, harmless=if_revision is None)
        return read((yield from self._send(ask)), Secret)

    @call
    def delete_secret(self, name: str) -> Flow[None]:
        """Delete a secret; the next step that needs it fails. Raises ProblemError `not_found`."""
        yield from self._send(Ask(method="DELETE", path=_path(name)))


def _path(name: str) -> str:
    return f"{API}/secrets/{quote(name, safe='')}"
