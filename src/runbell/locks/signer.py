"""RS256 signatures. The key is made once per store, away from the event loop, when the first token is asked for."""

import asyncio
from typing import Any, Final, Literal

from joserfc import jwt
from joserfc.jwk import RSAKey

from runbell.ports.signer import Keep

BITS: Final = 2_048


class RsaSigner:
    """Implements `ports.signer.Signer`. A signature takes 0.3 ms; making the key up to a second, once."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._key: RSAKey | None = None
        self._one_at_a_time = asyncio.Lock()

    async def sign(self, claims: dict[str, Any], kind: Literal["at+jwt", "JWT"] = "at+jwt") -> str:
        key = self._key or await self._load()
        return jwt.encode({"alg": "RS256", "typ": kind, "kid": key.kid}, claims, key)

    async def public_keys(self) -> list[dict[str, Any]]:
        key = self._key or await self._load()
        return [{**key.as_dict(private=False), "use": "sig", "alg": "RS256"}]

    async def _load(self) -> RSAKey:
        async with self._one_at_a_time:
            if self._key is None:
                pem = await self._keep(_make)
                self._key = await asyncio.to_thread(_read, pem)
            return self._key


async def _make() -> bytes:
    return await asyncio.to_thread(lambda: RSAKey.generate_key(BITS).as_pem(private=True))


def _read(pem: bytes) -> RSAKey:
    key = RSAKey.import_key(pem)
    key.ensure_kid()
    return key
