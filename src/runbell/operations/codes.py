"""Authorization codes: given for what a person allowed, and exchanged for tokens by whoever asked, once (RFC 7636).

A code is good for one attempt, right or wrong. The session of its tokens follows from it, so that nothing has to be
kept to know, whenever it comes a second time, which tokens to end (RFC 6749 §4.1.2).
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from typing import Final

from msgspec import Struct

from runbell.domain.audit import DENIED, Entry
from runbell.domain.principals import AuthorizationCode, Client, User
from runbell.domain.token_refused import TokenRefused
from runbell.operations.client_login import LoggedIn
from runbell.operations.identify import digest
from runbell.operations.ports import Ports
from runbell.operations.tokens import Issued, Terms, Whence, issue
from runbell.ports.identity_table import PutCode, Revoke

LIFETIME_MS: Final = 60_000
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Bound(Struct, frozen=True):
    """What a code is bound to besides its client: the address, whether the request named it, the challenge."""

    redirect_uri: str
    named: bool
    challenge: str


class Shown(Struct, frozen=True, kw_only=True):
    """What a client shows to get the tokens (RFC 6749 §4.1.3, RFC 7636 §4.5)."""

    code: str
    verifier: str
    redirect_uri: str | None


async def give(
    ports: Ports, client: Client, user: User, scopes: tuple[str, ...] | None, bound: Bound, audit: Entry
) -> str:  # fmt: skip
    """A code for what that person allowed that client, good for a minute."""
    text, now = secrets.token_urlsafe(32), ports.clock.now()
    code = AuthorizationCode(
        digest=digest(text), client=client.id, user=user.id, scopes=scopes or (), redirect_uri=bound.redirect_uri,
        named=bound.named, challenge=bound.challenge, session=session_of(text), created_at=now,
        expires_at=now + LIFETIME_MS,
    )  # fmt: skip
    await ports.store.put_code(PutCode(code=code, audit=audit))
    return text


async def redeem(ports: Ports, client: LoggedIn, shown: Shown, terms: Terms, whence: Whence) -> Issued:
    """The tokens of a code, once. Raises TokenRefused: invalid_grant for a code that is over, used, or not theirs."""
    code = await ports.store.code(digest(shown.code))
    if code is None:
        await _end_what_came_of(ports, client, session_of(shown.code), whence)
        said = "The authorization code is not known here, or was used before; begin a new sign-in."
        raise TokenRefused("invalid_grant", said, who=client.id)
    wrong = _wrong(code, client, shown, ports.clock.now())
    if wrong is not None:
        await ports.store.put_code(PutCode(code=code, burn=True))
        raise TokenRefused("invalid_grant", f"{wrong} The code is over now; begin a new sign-in.", who=client.id)
    return await issue(ports, f"user:{code.user}", client, code.scopes or None, terms, whence, code=code)


def session_of(text: str) -> str:
    """The session of the tokens that a code gives."""
    return hashlib.sha256(b"the session of " + text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def challenge_of(verifier: str) -> str:
    """The challenge that belongs to a verifier: S256 (RFC 7636 §4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()).decode().rstrip("=")


def _wrong(code: AuthorizationCode, client: LoggedIn, shown: Shown, now: int) -> str | None:
    """Why the tokens are not given, None when they are."""
    if code.client != client.id:
        return "The authorization code was given to another client."
    if code.expires_at <= now:
        return "The authorization code has expired."
    if (shown.redirect_uri or not code.named) and shown.redirect_uri in {None, code.redirect_uri}:
        if _VERIFIER.fullmatch(shown.verifier) and _proves(shown.verifier, code.challenge):
            return None
        return "The code_verifier does not belong to the code_challenge."
    return "The redirect_uri is not the one of the authorization request."


def _proves(verifier: str, challenge: str) -> bool:
    return hmac.compare_digest(challenge_of(verifier), challenge)


async def _end_what_came_of(ports: Ports, client: LoggedIn, session: str, whence: Whence) -> None:
    """End the tokens of a code that is shown a second time: somebody has it who should not."""
    token = await ports.store.token_of(session)
    if token is None:
        return
    audit = Entry(
        at=ports.clock.now(), actor=f"client:{client.id}", action="code.reuse", project=token.project,
        object=f"session:{session}", outcome=DENIED, address=whence.address, request=whence.request,
        detail={"subject": token.subject},
    )  # fmt: skip
    await ports.store.revoke(Revoke(session=session, audit=audit))
