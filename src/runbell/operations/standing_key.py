"""A key that a user signs in for at a door, and gets again at every sign-in until it is revoked.

Of a key only its digest is kept, so it could not be said again. The secret half of such a key is therefore not drawn at
random: it is worked out from the key's public id, which is, under a key of the vault that is no part of the database.
Revoking it deletes the id; the next sign-in draws another. With another vault key the old one is found no more, and the
next sign-in makes a new one.
"""

import hashlib
import hmac
import secrets
from binascii import crc32
from typing import Final

from runbell.domain.audit import Entry
from runbell.domain.faults import InvalidField, InvalidToken
from runbell.domain.principals import ApiKey, User
from runbell.operations import sign_in
from runbell.operations.identify import PREFIX, digest, principal_of
from runbell.operations.ports import Ports
from runbell.operations.sign_in import WRONG, CannotSignIn
from runbell.operations.tokens import Whence
from runbell.ports.identity_table import PutKey
from runbell.ports.vault import Vault

PURPOSE: Final = "standing key"
_DIGITS: Final = 48


async def of_password(ports: Ports, name: str, password: str, surface: str, whence: Whence) -> tuple[User, str]:
    """The user, and the text of the key that stands for a sign-in at the door `surface`; it is made at the first one.

    Raises CannotSignIn, also for somebody who may not use the API; QuotaExceeded after too many wrong passwords.
    """
    user = await sign_in.with_password(ports, name, password, whence, to=f"{surface}.sign_in")
    try:
        home = (await principal_of(ports, f"user:{user.id}")).home
    except InvalidToken:
        raise CannotSignIn(WRONG) from None
    standing = await _standing(ports, user, surface) or await _first(ports, user, home, surface, whence)
    return user, text_of(ports.vault, standing.id)


def text_of(vault: Vault, key_id: str) -> str:
    """The whole text of the standing key of that id."""
    secret = hmac.digest(vault.digest_key(PURPOSE), key_id.encode(), hashlib.sha256).hex()[:_DIGITS]
    body = f"{PREFIX}{key_id}_{secret}"
    return f"{body}_{crc32(body.encode()):08x}"


def is_standing(vault: Vault, text: str) -> bool:
    """Whether a key was given out for a password; it need not be good any more."""
    key_id = text.removeprefix(PREFIX).partition("_")[0]
    return text.isascii() and hmac.compare_digest(text.encode(), text_of(vault, key_id).encode())


async def _standing(ports: Ports, user: User, surface: str) -> ApiKey | None:
    """The key that this user already has for that door. One that has an end by now is as good as revoked."""
    now = ports.clock.now()
    for key in await ports.store.keys_of(user.id):
        good = key.expires_at is None or key.expires_at > now
        if good and surface in key.surfaces and key.digest == digest(text_of(ports.vault, key.id)):
            return key
    return None


async def _first(ports: Ports, user: User, home: str, surface: str, whence: Whence) -> ApiKey:
    """A new key under the plain name, so that of two sign-ins at once only one makes it."""
    try:
        return await _made(ports, user, home, f"{surface} of {user.name}", surface, whence)
    except InvalidField:  # the name is taken: by the other sign-in, or by a key of somebody's own making
        twin = await _standing(ports, user, surface)
        return twin or await _made(ports, user, home, f"{surface} of {user.name} {user.id}", surface, whence)


async def _made(ports: Ports, user: User, home: str, name: str, surface: str, whence: Whence) -> ApiKey:
    """A new one: whatever the roles of its user allow, at that door alone, without an end."""
    now, key_id = ports.clock.now(), secrets.token_hex(8)
    key = ApiKey(
        id=key_id, name=name, project=home, digest=digest(text_of(ports.vault, key_id)), grants=None, user=user.id,
        surfaces=(surface,), created_at=now,
    )  # fmt: skip
    audit = Entry(at=now, actor=f"user:{user.name}", action="keys.create", project=home, object=key_id,
                  address=whence.address, request=whence.request, detail={"name": name, "for": "sign_in"})  # fmt: skip
    return await ports.store.put_key(PutKey(key=key, create=True, audit=audit))
