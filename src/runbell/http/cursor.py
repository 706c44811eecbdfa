"""Cursors: where a list goes on. Opaque, signed, and good only for the filters they were given for."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Any, Final

import msgspec

from runbell.domain.faults import BadCursor
from runbell.ports.store import Store

_SIGNATURE: Final = 16


class Cursors:
    """Signs and reads cursors with a secret of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._secret = b""

    async def write(self, position: Any, filters: dict[str, str]) -> str:
        """The cursor for a position (any MessagePack value) in the list that these filters make."""
        payload = msgspec.msgpack.encode(position)
        return urlsafe_b64encode(await self._sign(payload, filters) + payload).decode().rstrip("=")

    async def read(self, cursor: str | None, filters: dict[str, str], shape: Any) -> Any:
        """The position in a cursor as `shape`, None when there is no cursor. Raises BadCursor."""
        if not cursor:
            return None
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (Error, UnicodeEncodeError, ValueError):
            raise _misfit() from None
        signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, await self._sign(payload, filters)):
            raise _misfit()
        return msgspec.msgpack.decode(payload, type=shape)

    async def _sign(self, payload: bytes, filters: dict[str, str]) -> bytes:
        self._secret = self._secret or await self._store.secret("cursor")
        said = msgspec.json.encode(sorted(filters.items()))
        return hmac.digest(self._secret, b"%d:%s%s" % (len(said), said, payload), hashlib.sha256)[:_SIGNATURE]


def _misfit() -> BadCursor:
    return BadCursor("Use the cursor as it came, with the same filters; or begin again without one.")
