"""Who asks: the credentials in a request's headers, and the principal behind them, remembered for a second."""

import hashlib
from base64 import b64decode
from binascii import Error
from time import monotonic
from typing import Final

from runbell.domain.faults import Malformed, Unauthenticated
from runbell.operations.identify import Principal, identify
from runbell.operations.ports import Ports

REMEMBERED_S: Final = 1.0
MOST_REMEMBERED: Final = 10_000


class Admission:
    """Checks credentials. A good one is trusted for a second, so that a revocation takes effect within it."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._known: dict[bytes, tuple[Principal, float]] = {}

    async def admit(self, authorization: bytes | None, api_key: bytes | None) -> Principal:
        """The principal behind `Authorization` or `x-api-key`. Raises Unauthenticated, Malformed, InvalidToken."""
        name = hashlib.sha256(authorization or api_key or b"").digest()
        known = self._known.get(name)
        if known is not None and known[1] > monotonic() and not (authorization and api_key):
            return known[0]
        principal = await identify(self._ports, presented(authorization, api_key))
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[name] = (principal, monotonic() + REMEMBERED_S)
        return principal


def presented(authorization: bytes | None, api_key: bytes | None) -> str:
    """The API key that was sent: as a Bearer token, as the user of Basic, or in x-api-key."""
    if authorization and api_key:
        raise Malformed("Send credentials once: in Authorization or in x-api-key.")
    try:
        return _presented(authorization, api_key)
    except (UnicodeDecodeError, Error):
        raise Malformed("The credentials are not readable text.") from None


def _presented(authorization: bytes | None, api_key: bytes | None) -> str:
    if api_key:
        return api_key.decode("ascii")
    if not authorization:
        raise Unauthenticated("Send an API key: `Authorization: Bearer rb_key_…`.")
    scheme, _, rest = authorization.decode("ascii").strip().partition(" ")
    if scheme.lower() == "bearer" and rest:
        return rest.strip()
    if scheme.lower() == "basic" and rest:
        return b64decode(rest.strip(), validate=True).decode().partition(":")[0]
    raise Malformed("Send `Authorization: Bearer KEY`, or Basic with the key as the user.")
