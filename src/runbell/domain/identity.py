"""Who asks: an actor, what it may do, and in which project."""

from typing import Final

from msgspec import Struct

SCOPES: Final = (
    "jobs:read",
    "jobs:write",
    "executions:read",
    "executions:run",
    "executions:stop",
    "executions:delete",
    "logs:read",
    "results:read",
)
DEFAULT_PROJECT: Final = "default"


class Actor(Struct, frozen=True):
    """A caller whose credentials were checked. `client` survives the rotation of its secrets."""

    client: str
    project: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """True when the actor holds the right `scope`."""
        return scope in self.scopes


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key at rest: its public id, the SHA-256 of the whole key, and what it opens. Times in epoch ms."""

    id: str
    name: str
    project: str
    digest: bytes
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None
