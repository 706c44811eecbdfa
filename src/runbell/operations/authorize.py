"""What a client asks of a person who is sent here by it (RFC 6749 §4.1.1), and what the person says to it.

Nobody is sent to an address that the client has not registered: until that is sure, a fault is shown and not sent.
"""

import re
from collections.abc import Mapping, Set
from typing import Final

from msgspec import Struct

from runbell.domain import redirects
from runbell.domain.audit import ANONYMOUS, DENIED, Entry
from runbell.domain.faults import InvalidToken
from runbell.domain.grants import Held, read
from runbell.domain.principals import Client
from runbell.domain.token_refused import TokenRefused
from runbell.operations import codes
from runbell.operations.client_login import known_client
from runbell.operations.delegated import delegated
from runbell.operations.ports import Ports
from runbell.operations.sign_in import person
from runbell.operations.tokens import Whence, asked_scopes, narrowed

S256: Final = "S256"
ALLOW, DENY = "authorize.allow", "authorize.deny"
_ONCE: Final = frozenset(
    ("response_type", "response_mode", "scope", "state", "code_challenge", "code_challenge_method")
)
"""Fields that may come once; what others are and how often they come is nothing to us (RFC 6749 §3.1, 8707)."""
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_STATE: Final = re.compile(r"[ -~]*")


class Asked(Struct, frozen=True, kw_only=True):
    """A request that may be shown to a person. `would_get`: what the client may get at most, by project.

    `named`: the request named its address itself.
    """

    client: Client
    redirect_uri: str
    named: bool
    scopes: tuple[str, ...] | None
    state: str | None
    challenge: str
    would_get: Held


class CannotAsk(Exception):  # noqa: N818 - a state of affairs, not a defect
    """It is not sure who asks, or where to send the person back to; the sentence says why, to the person."""


class SentBack(Exception):  # noqa: N818 - an answer, not a defect
    """The client hears why not (RFC 6749 §4.1.2.1): a word of the standard, and a sentence in plain letters."""

    def __init__(self, redirect_uri: str, state: str | None, error: str, said: str) -> None:
        super().__init__(said)
        self.redirect_uri, self.state, self.error = redirect_uri, state, error


async def asked(ports: Ports, fields: Mapping[str, str], repeated: Set[str] = frozenset()) -> Asked:
    """What these fields ask for; `repeated` are the names of those that came more than once.

    Raises CannotAsk, SentBack.
    """
    for name in ("client_id", "redirect_uri"):
        if name in repeated:
            raise CannotAsk(f"The address that brought you here says {name} twice.")
    client = await known_client(ports, fields["client_id"]) if fields.get("client_id") else None
    if client is None or client.disabled_at is not None:
        raise CannotAsk("The program that sent you here is not known to this server, or was disabled.")
    named = fields.get("redirect_uri") or None
    back = named or _only(client)
    if back is None:
        raise CannotAsk("The program that sent you here does not say where to send you back to (redirect_uri).")
    if not redirects.meant(client.redirect_uris, back):
        raise CannotAsk("You would be sent on to an address that is not registered for this program (redirect_uri).")
    state = fields.get("state") or None
    try:
        scopes = _checked(fields, repeated)
        would_get = narrowed(read(client.grants), scopes)
    except TokenRefused as why:
        told = None if "state" in repeated or _STATE.fullmatch(state or "") is None else state
        raise SentBack(back, told, why.error, why.detail) from None
    return Asked(
        client=client, redirect_uri=back, named=named is not None, scopes=scopes, state=state, would_get=would_get,
        challenge=fields["code_challenge"],
    )  # fmt: skip


async def allow(ports: Ports, what: Asked, name: str, password: str, whence: Whence) -> str:
    """The code for what the person of that name allows. Raises CannotSignIn, QuotaExceeded, SentBack."""
    user = await person(ports, name, password, whence, ALLOW)
    try:
        principal = await delegated(ports, f"user:{user.id}", what.client.id)
        narrowed(principal.held, what.scopes)
    except (InvalidToken, TokenRefused):
        said = "The person has none of the rights that were asked for."
        raise SentBack(what.redirect_uri, what.state, "access_denied", said) from None
    audit = Entry(
        at=ports.clock.now(), actor=f"user:{user.name}", action=ALLOW, project=principal.home,
        object=f"client:{what.client.id}", address=whence.address, request=whence.request,
        detail={"scope": " ".join(what.scopes or ()), "redirect_uri": what.redirect_uri},
    )  # fmt: skip
    return await codes.give(
        ports, what.client, user, what.scopes, codes.Bound(what.redirect_uri, what.named, what.challenge), audit
    )


def deny(ports: Ports, what: Asked, whence: Whence) -> SentBack:
    """The person says no; nobody needs to sign in for that. Kept with the refusals, which are bounded."""
    ports.denials.note(
        Entry(at=ports.clock.now(), actor=ANONYMOUS, action=DENY, project=what.client.project,
              object=f"client:{what.client.id}", outcome=DENIED, address=whence.address, request=whence.request)
    )  # fmt: skip
    return SentBack(what.redirect_uri, what.state, "access_denied", "The person denied it.")


def _checked(fields: Mapping[str, str], repeated: Set[str]) -> tuple[str, ...] | None:
    """The scopes asked for, once everything else is as it must be. Raises TokenRefused."""
    if not repeated.isdisjoint(_ONCE):
        raise TokenRefused("invalid_request", f"The field {sorted(repeated & _ONCE)[0]} is given twice.")
    if _STATE.fullmatch(fields.get("state", "")) is None:
        raise TokenRefused("invalid_request", "state must be visible ASCII and blanks.")
    if not fields.get("response_type"):
        raise TokenRefused("invalid_request", "The field response_type is missing; use response_type=code.")
    if fields["response_type"] != "code":
        raise TokenRefused("unsupported_response_type", "Use response_type=code.")
    if fields.get("response_mode", "query") != "query":
        raise TokenRefused("invalid_request", "The answer comes in the query; leave response_mode out.")
    if not fields.get("code_challenge"):
        raise TokenRefused("invalid_request", "PKCE is required: the field code_challenge is missing.")
    if fields.get("code_challenge_method") != S256:
        raise TokenRefused("invalid_request", "Use code_challenge_method=S256; plain is not taken.")
    if _CHALLENGE.fullmatch(fields["code_challenge"]) is None:
        said = "code_challenge must be the SHA-256 of the verifier in base64url, 43 letters without padding."
        raise TokenRefused("invalid_request", said)
    return asked_scopes(fields.get("scope"))


def _only(client: Client) -> str | None:
    """The one address that a client has; the port of a loopback address is known to nobody but who asks."""
    if len(client.redirect_uris) != 1 or redirects.is_loopback(client.redirect_uris[0]):
        return None
    return client.redirect_uris[0]
