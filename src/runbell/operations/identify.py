"""Who is asking: the principal behind an API key, and what it may do where. At rest there are only digests."""

import hashlib
import hmac
import secrets
from binascii import crc32
from typing import Final

from msgspec import Struct

from runbell.domain.faults import InsufficientScope, InvalidToken, NotFound
from runbell.domain.identity import DEFAULT_PROJECT, EVERYWHERE, SCOPES, Actor, Grants, Rights, rights
from runbell.domain.principals import ApiKey, Quota
from runbell.operations.ports import Ports
from runbell.ports.clock import Clock
from runbell.ports.identity_table import PutKey, Use
from runbell.ports.store import Store

PREFIX: Final = "rb_key_"
MIN_PRESET: Final = 20
USED_EVERY_MS: Final = 60_000


class Principal(Struct, frozen=True):
    """Somebody whose credentials were checked: what it is called, its own project, and its rights in each project."""

    client: str
    home: str
    grants: dict[str, Rights]
    quota: Quota | None = None

    def acting(self, scope: str | None, project: str | None, address: str = "", request: str = "") -> Actor:
        """The actor of one request that needs the right `scope` in `project` (None: its own).

        Raises NotFound for a project that is not there for it, InsufficientScope for a right that it has not.
        """
        where = project or self.home
        held = self.grants.get(where) or self.grants.get(EVERYWHERE)
        if held is None:
            raise NotFound(f"There is no project {where}.")
        jobs = None
        if scope is not None:
            if scope not in held:
                said = f"This needs the right {scope}, which these credentials do not have."
                raise InsufficientScope(said, about={"scope": scope})
            jobs = held[scope]
        everywhere = project is None and scope in self.grants.get(EVERYWHERE, ())
        return Actor(self.client, where, frozenset(held), jobs, address, request, everywhere)


async def identify(ports: Ports, presented: str) -> Principal:
    """The principal behind an API key. Raises InvalidToken for one that is unknown, expired or mistyped."""
    key = await _find(ports.store, presented)
    now = ports.clock.now()
    if key is None or not hmac.compare_digest(key.digest, digest(presented)):
        raise InvalidToken("The API key is not known here; check it, or ask an administrator for a new one.")
    if key.expires_at is not None and key.expires_at <= now:
        raise InvalidToken("The API key has expired; ask an administrator for a new one.")
    if now - (key.last_used_at or 0) > USED_EVERY_MS:
        await ports.store.used([Use("key", key.id, now)])
    return Principal(f"key:{key.name}", key.project, by_project(key.grants or {}), key.quota)


def by_project(grants: Grants) -> dict[str, Rights]:
    """What is granted, read."""
    return {project: rights(written) for project, written in grants.items()}


async def make_key(
    store: Store, clock: Clock, name: str, *, scopes: tuple[str, ...] = SCOPES, project: str = DEFAULT_PROJECT,
    everywhere: bool = False, expires_at: int | None = None, preset: str | None = None,
) -> str:  # fmt: skip
    """A new API key, `rb_key_<id>_<secret>_<crc32>`, seen only this once. `preset` gives the text itself."""
    key_id = secrets.token_hex(8)
    text = preset
    if text is None:
        body = f"{PREFIX}{key_id}_{secrets.token_hex(24)}"
        text = f"{body}_{crc32(body.encode()):08x}"
    grants = {EVERYWHERE if everywhere else project: scopes}
    key = ApiKey(id=key_id, name=name, project=project, digest=digest(text), grants=grants, created_at=clock.now(),
                 expires_at=expires_at)  # fmt: skip
    await store.put_key(PutKey(key=key))
    return text


async def first_key(store: Store, clock: Clock, preset: str | None) -> str | None:
    """At the start of a server: the first admin key, or None when there are keys already.

    `preset` (RUNBELL_ADMIN_KEY) is admitted as a key whenever it is given; it must be at least 20 visible characters
    without blanks, else ValueError: an empty or short secret never opens a server.
    """
    if preset is not None:
        if len(preset) < MIN_PRESET or not preset.isascii() or not preset.isprintable() or " " in preset:
            raise ValueError(f"RUNBELL_ADMIN_KEY must be at least {MIN_PRESET} visible characters without blanks.")
        if await store.key_by_digest(digest(preset)) is None:
            await make_key(store, clock, "admin", everywhere=True, preset=preset)
        return None
    return None if await store.any_key() else await make_key(store, clock, "admin", everywhere=True)


async def _find(store: Store, presented: str) -> ApiKey | None:
    if presented.startswith(PREFIX):
        body, _, check = presented.rpartition("_")
        if check != f"{crc32(body.encode()):08x}":
            return None
        return await store.key(presented.removeprefix(PREFIX).partition("_")[0])
    return await store.key_by_digest(digest(presented))


def digest(text: str) -> bytes:
    """The SHA-256 of a credential: all that is kept of it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
