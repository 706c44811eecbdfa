"""Known bugs of the doors, and of what they ask: who is let in."""

from types import ModuleType
from typing import Any

from verify.client import ADMIN_KEY
from verify.sabotages import sabotage


@sabotage("health-exempt", "runbell.http.door")
def _(module: ModuleType) -> None:
    """Whatever ends in /health is for everybody (CVE-2026-3514)."""
    admit = module.Door._admit

    async def exempt(self: Any, request: Any) -> None:
        if request.scope["path"].endswith("/health"):
            request.headers[b"authorization"] = b"Bearer " + ADMIN_KEY.encode()
        await admit(self, request)

    module.Door._admit = exempt


@sabotage("any-host", "runbell.http.site")
def _(module: ModuleType) -> None:
    """Any Host is answered."""
    module.Site.check_host = lambda self, headers: None


@sabotage("token-in-query", "runbell.http.door")
def _(module: ModuleType) -> None:
    """A token in the address is as good as one in the header (RFC 6750 §2.3)."""
    admit, read = module.Door._admit, module.query.read

    async def from_query(self: Any, request: Any) -> None:
        asked = read(request.scope["query_string"]) if request.scope["query_string"] else {}
        token = asked.pop("access_token", None)
        if token is not None:
            request.headers[b"authorization"] = f"Bearer {token}".encode()
            request.scope["query_string"] = b""
        await admit(self, request)

    module.Door._admit = from_query


@sabotage("admitted-for-a-minute", "runbell.http.credentials")
def _(module: ModuleType) -> None:
    """Credentials that were good once are remembered for a minute."""
    module.REMEMBERED_S = 60.0


@sabotage("scopes-not-cut", "runbell.operations.tokens")
def _(module: ModuleType) -> None:
    """A client gets all its rights, whatever it asks for."""
    module.narrowed = lambda held, scopes: held


@sabotage("code-redeemed-twice", "runbell.stores.sqlite.write_tokens")
def _(module: ModuleType) -> None:
    """A device code that was redeemed stays where it is."""
    put = module.put_device
    module.put_device = lambda tx, device: True if device.step == "redeem" else put(tx, device)


@sabotage("guesses-not-counted", "runbell.operations.guesses")
def _(module: ModuleType) -> None:
    """Nobody counts wrong secrets."""
    module.FREE = 1_000_000


@sabotage("names-locked", "runbell.operations.guesses")
def _(module: ModuleType) -> None:
    """Wrong secrets are counted against the name alone: whoever guesses locks its owner out."""
    module.network = lambda address: "anywhere"
