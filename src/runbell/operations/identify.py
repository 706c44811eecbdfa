"""Who is asking: API keys, made, shown once, and recognised. At rest there is only their SHA-256."""

import hashlib
import hmac
import secrets
from binascii import crc32
from typing import Final

from runbell.domain.faults import InvalidToken
from runbell.domain.identity import DEFAULT_PROJECT, SCOPES, Actor, ApiKey
from runbell.operations.ports import Ports
from runbell.ports.clock import Clock
from runbell.ports.store import Store

PREFIX: Final = "rb_key_"
MIN_PRESET: Final = 20
USED_EVERY_MS: Final = 60_000


async def identify(ports: Ports, presented: str) -> Actor:
    """The actor behind an API key. Raises InvalidToken for one that is unknown, expired or mistyped."""
    key = await _find(ports.store, presented)
    now = ports.clock.now()
    if key is None or not hmac.compare_digest(key.digest, _digest(presented)):
        raise InvalidToken("The API key is not known here; check it, or ask an administrator for a new one.")
    if key.expires_at is not None and key.expires_at <= now:
        raise InvalidToken("The API key has expired; ask an administrator for a new one.")
    if now - (key.last_used_at or 0) > USED_EVERY_MS:
        await ports.store.key_used(key.id, now)
    return Actor(f"key:{key.name}", key.project, frozenset(key.scopes))


async def make_key(
    store: Store, clock: Clock, name: str, *, scopes: tuple[str, ...] = SCOPES, project: str = DEFAULT_PROJECT,
    expires_at: int | None = None, preset: str | None = None,
) -> str:  # fmt: skip
    """A new API key, `rb_key_<id>_<secret>_<crc32>`, seen only this once. `preset` gives the text itself."""
    key_id = secrets.token_hex(8)
    text = preset
    if text is None:
        body = f"{PREFIX}{key_id}_{secrets.token_hex(24)}"
        text = f"{body}_{crc32(body.encode()):08x}"
    await store.put_key(
        ApiKey(id=key_id, name=name, project=project, digest=_digest(text), scopes=scopes, created_at=clock.now(),
               expires_at=expires_at)
    )  # fmt: skip
    return text


async def first_key(store: Store, clock: Clock, preset: str | None) -> str | None:
    """At the start of a server: the first admin key, or None when there are keys already.

    `preset` (RUNBELL_ADMIN_KEY) is admitted as a key whenever it is given; it must be at least 20 visible characters
    without blanks, else ValueError: an empty or short secret never opens a server.
    """
    if preset is not None:
        if len(preset) < MIN_PRESET or not preset.isascii() or not preset.isprintable() or " " in preset:
            raise ValueError(f"RUNBELL_ADMIN_KEY must be at least {MIN_PRESET} visible characters without blanks.")
        if await store.key_by_digest(_digest(preset)) is None:
            await make_key(store, clock, "admin", preset=preset)
        return None
    return None if await store.any_key() else await make_key(store, clock, "admin")


async def _find(store: Store, presented: str) -> ApiKey | None:
    if presented.startswith(PREFIX):
        body, _, check = presented.rpartition("_")
        if check != f"{crc32(body.encode()):08x}":
            return None
        return await store.key(presented.removeprefix(PREFIX).partition("_")[0])
    return await store.key_by_digest(_digest(presented))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
