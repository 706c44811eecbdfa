"""Who asks: the credentials in a request's headers, and the principal behind them, known for less than a second."""

import hashlib
from base64 import b64decode
from binascii import Error
from time import monotonic
from typing import Final

from runbell.domain.faults import InvalidToken, Malformed, Unauthenticated
from runbell.operations.admit import admit
from runbell.operations.identify import Principal
from runbell.operations.ports import Ports

REMEMBERED_S: Final = 0.9
MOST_REMEMBERED: Final = 10_000


class Admission:
    """Checks credentials at the door `surface`. A good one is trusted for a second, so that a revocation takes effect
    within it; a bad one is looked up each time, and counted against its address.
    """

    def __init__(self, ports: Ports, surface: str) -> None:
        self._ports = ports
        self._surface = surface
        self._known: dict[bytes, tuple[Principal, float]] = {}

    def remembered(self, authorization: bytes | None, api_key: bytes | None) -> Principal | None:
        """The principal that these credentials had within the last second."""
        known = self._known.get(_name(authorization, api_key))
        return known[0] if known is not None and known[1] > monotonic() and not (authorization and api_key) else None

    async def admit(self, authorization: bytes | None, api_key: bytes | None, address: str) -> Principal:
        """The principal behind `Authorization` or `x-api-key`.

        Raises Unauthenticated, Malformed, InvalidToken, and QuotaExceeded when too many bad ones came from there.
        """
        return await self._admit(_name(authorization, api_key), *presented(authorization, api_key), address)

    async def admit_text(self, text: str, bearer: bool, address: str) -> Principal:
        """The principal behind a key or a token, wherever in the request a dialect has it; only a `bearer` may be a
        token. Raises as `admit` does.
        """
        name = _name(b"bearer" if bearer else b"key", text.encode("utf-8", "surrogatepass"))
        known = self._known.get(name)
        if known is not None and known[1] > monotonic():
            return known[0]
        return await self._admit(name, text, bearer, address)

    async def _admit(self, name: bytes, text: str, bearer: bool, address: str) -> Principal:
        now = monotonic()
        try:
            principal = await admit(self._ports, self._surface, text, bearer=bearer)
        except InvalidToken as fault:
            if not fault.about.get("known"):
                self._ports.guesses.count("wrong tokens", address, self._ports.clock.monotonic())
            raise
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[name] = (principal, now + REMEMBERED_S)
        return principal


def _name(kind: bytes | None, text: bytes | None) -> bytes:
    return hashlib.sha256(b"%s\n%s" % (kind or b"", text or b"")).digest()


def presented(authorization: bytes | None, api_key: bytes | None) -> tuple[str, bool]:
    """The token or API key that was sent: as Bearer (then True), as the user of Basic, or in x-api-key."""
    if authorization and api_key:
        raise _unreadable("Send credentials once: in Authorization or in x-api-key.")
    try:
        return _presented(authorization, api_key)
    except (UnicodeDecodeError, Error):
        raise _unreadable("The credentials are not readable text.") from None


def _presented(authorization: bytes | None, api_key: bytes | None) -> tuple[str, bool]:
    if api_key:
        return api_key.decode("ascii"), False
    if not authorization:
        raise Unauthenticated("Send an access token or an API key: `Authorization: Bearer …`.")
    scheme, _, rest = authorization.decode("ascii").strip().partition(" ")
    if scheme.lower() == "bearer" and rest:
        return rest.strip(), True
    if scheme.lower() == "basic" and rest:
        return b64decode(rest.strip(), validate=True).decode().partition(":")[0], False
    raise _unreadable("Send `Authorization: Bearer TOKEN` (a token or a key), or Basic with the key as the user.")


def _unreadable(said: str) -> Malformed:
    return Malformed(said, about={"challenge": "invalid_request"})
