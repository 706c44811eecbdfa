"""What gives tokens the form of a JWT (RFC 7519), so that clients and gateways can read and verify them."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

Make = Callable[[], Awaitable[bytes]]
Keep = Callable[[Make], Awaitable[bytes]]
"""Where the key is kept: what is there, or what `Make` makes, once per store."""


class Signer(Protocol):
    """Signs with one key per store. A signature admits nobody here: a token is looked up by its row."""

    async def sign(self, claims: dict[str, Any], kind: Literal["at+jwt", "JWT"] = "at+jwt") -> str:
        """The claims as a signed JWT; `kind` is its `typ` (RFC 9068 for access tokens)."""
        ...

    async def public_keys(self) -> list[dict[str, Any]]:
        """The keys to verify with, as JWKs (RFC 7517)."""
        ...
