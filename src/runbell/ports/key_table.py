"""What is asked of a database about the keys that callers choose for executions."""

from typing import Protocol

from msgspec import Struct


class KeyClaim(Struct, frozen=True):
    """Who gives an execution its key, and a keyed digest of what for: the same again is no second execution."""

    client: str
    fingerprint: str


class KeyTable(Protocol):
    """Keys of executions, each unique in its project."""

    async def key_claim(self, project: str, key: str) -> KeyClaim | None: ...
