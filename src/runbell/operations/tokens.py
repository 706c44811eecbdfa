"""Tokens: given out, renewed, revoked, looked at. Only their SHA-256 is kept, and only their rows admit anybody.

A door is a `surface`: a token is good only where it was issued. Its rights are those asked for, as far as the subject
has them; what the subject loses later, the token loses too.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec import Struct

from runbell.domain import grants
from runbell.domain.audit import Entry
from runbell.domain.faults import InvalidToken
from runbell.domain.grants import Held
from runbell.domain.identity import SCOPES, Grants, rights, split
from runbell.domain.principals import AuthorizationCode, Token
from runbell.domain.token_refused import TokenRefused
from runbell.operations.client_login import LoggedIn
from runbell.operations.delegated import NATIVE, delegated
from runbell.operations.identify import Principal, digest
from runbell.operations.ports import Ports
from runbell.ports.identity_table import PutToken, Revoke

LIFETIME_S: Final = 3_600
REFRESH_S: Final = 30 * 86_400
GRACE_MS: Final = 60_000
"""A refresh token may be repeated for so long after its use, because the answer may have been lost."""
_LONGEST_SCOPE: Final = 4_000


class Whence(Struct, frozen=True):
    """Where a request came from, for the audit log."""

    address: str = ""
    request: str = ""


class Terms(Struct, frozen=True, kw_only=True):
    """How a door gives out tokens. `issuer`: its base address; `claims` are added to the token's own.

    `refresh_s` None: without a refresh token. `audience` None: the issuer. `scope`: what the claim of that name says
    instead of the rights, for vendors with words of their own. `told`: claims that depend on whose token it is; it may
    refuse it (TokenRefused).
    """

    issuer: str
    surface: str = NATIVE
    lifetime_s: int = LIFETIME_S
    refresh_s: int | None = None
    audience: str | None = None
    claims: dict[str, Any] = {}
    scope: str | None = None
    told: Callable[[Principal], Awaitable[dict[str, Any]]] | None = None


class Issued(Struct, frozen=True, kw_only=True):
    """A pair of tokens, seen only this once. `subject` is what the claim `sub` says."""

    access: str
    expires_in: int
    scopes: tuple[str, ...]
    subject: str
    refresh: str | None = None


class Active(Struct, frozen=True, kw_only=True):
    """A token that is good now, for whoever it was issued to. Times in epoch seconds."""

    scopes: tuple[str, ...]
    client: str
    subject: str
    user: str | None
    kind: str
    issued_at: int
    expires_at: int
    id: str


def asked_scopes(text: str | None) -> tuple[str, ...] | None:
    """The scopes of a request, None when it names none. Raises TokenRefused for what cannot be a list of scopes."""
    if text is None or not text.strip(" "):
        return None
    if len(text) > _LONGEST_SCOPE or not all(" " <= letter <= "~" and letter not in '"\\' for letter in text):
        raise TokenRefused("invalid_scope", "Write scopes as words, one blank between them.")
    return tuple(dict.fromkeys(text.split()))


async def issue(
    ports: Ports, subject: str, client: LoggedIn, scopes: tuple[str, ...] | None, terms: Terms, whence: Whence,
    *, code: AuthorizationCode | None = None,
) -> Issued:  # fmt: skip
    """Give a token to `subject` (`client:ID` or `user:ID`) by way of a client. `scopes` None: all it has.

    `code`: what it is given for, and taken away with it.
    Raises TokenRefused: invalid_scope when nothing is left, unauthorized_client when the subject is gone or disabled.
    """
    try:
        principal = await delegated(ports, subject, client.id, surface=terms.surface)
    except InvalidToken as gone:
        raise TokenRefused("unauthorized_client", gone.detail, who=client.id) from None
    session = secrets.token_hex(16) if code is None else code.session
    return await _give(ports, principal, client, scopes, terms, whence, session=session, code=code)


async def renew(
    ports: Ports, client: LoggedIn, presented: str, scopes: tuple[str, ...] | None, terms: Terms, whence: Whence
) -> Issued:
    """A new pair for a refresh token of that client, which is spent by it. Raises TokenRefused.

    Used again later than GRACE_MS after its first use it was stolen from somebody: the whole session ends.
    """
    spent = await ports.store.token(digest(presented))
    if spent is None or not _may_renew(spent, client.id, terms.surface, ports.clock.now()):
        raise TokenRefused("invalid_grant", "The refresh token is not good; sign in again.", who=client.id)
    try:
        principal = await delegated(ports, spent.subject, client.id, surface=terms.surface, granted=spent.grants)
    except InvalidToken as gone:
        raise TokenRefused("invalid_grant", gone.detail, who=client.id) from None
    return await _give(ports, principal, client, scopes, terms, whence, session=spent.session, spends=spent)


async def revoke(ports: Ports, client: str, presented: str, whence: Whence) -> None:
    """End a token of that client (RFC 7009), with a refresh token its whole session. Another's is left alone."""
    token = await ports.store.token(digest(presented))
    if token is None or token.client != client:
        return
    audit = Entry(
        at=ports.clock.now(), actor=token.subject, action="token.revoke", project=token.project,
        object=f"session:{token.session}", address=whence.address, request=whence.request,
        detail={"client": client, "kind": token.kind},
    )  # fmt: skip
    whole = token.kind == "refresh"
    await ports.store.revoke(Revoke(session=token.session, audit=audit) if whole else
                             Revoke(digest=token.digest, audit=audit))  # fmt: skip


async def introspect(ports: Ports, client: str, surface: str, presented: str) -> Active | None:
    """What a token of that client opens now (RFC 7662); None for anything that is over, or is not its own."""
    token, now = await ports.store.token(digest(presented)), ports.clock.now()
    if token is None or (token.client, token.surface) != (client, surface):
        return None
    if token.expires_at <= now or token.spent_at is not None:
        return None
    try:
        principal = await delegated(ports, token.subject, client, surface=surface, granted=token.grants)
    except InvalidToken:
        return None
    return Active(
        scopes=words(principal.held), client=client, subject=_sub(principal), user=principal.user, kind=token.kind,
        issued_at=token.created_at // 1_000, expires_at=token.expires_at // 1_000, id=str(token.about.get("jti", "")),
    )  # fmt: skip


def words(held: Held) -> tuple[str, ...]:
    """Rights as the member `scope` says them: each once, whatever the project, in the order of the list of all."""
    found = {word for written in grants.written(held).values() for word in written}
    return tuple(sorted(found, key=lambda word: (SCOPES.index(split(word)[0]), word)))


def narrowed(held: Held, scopes: tuple[str, ...] | None) -> Held:
    """What is asked for as far as it is held; words that are no rights fall out. Raises TokenRefused for nothing."""
    if scopes is not None:
        asked = rights(word for word in scopes if _is_right(word))
        held = grants.cut(held, dict.fromkeys(held, asked))
    if not any(held.values()):
        raise TokenRefused("invalid_scope", "None of these scopes is allowed here; ask for some that are.")
    return held


async def _give(
    ports: Ports, principal: Principal, client: LoggedIn, scopes: tuple[str, ...] | None, terms: Terms, whence: Whence,
    *, session: str, spends: Token | None = None, code: AuthorizationCode | None = None,
) -> Issued:  # fmt: skip
    held, now, jti = narrowed(principal.held, scopes), ports.clock.now(), secrets.token_hex(16)
    claims = {
        "iss": terms.issuer, "sub": _sub(principal), "aud": terms.audience or terms.issuer, "client_id": client.id,
        "exp": now // 1_000 + terms.lifetime_s, "iat": now // 1_000, "jti": jti,
        "scope": terms.scope or " ".join(words(held)),
    }  # fmt: skip
    told = {} if terms.told is None else await terms.told(principal)
    access = await ports.signer.sign({**terms.claims, **told, **claims})
    refresh = secrets.token_urlsafe(48) if terms.refresh_s is not None else None

    def row(text: str, kind: Any, granted: Grants, seconds: int) -> Token:
        return Token(
            digest=digest(text), kind=kind, surface=terms.surface, subject=principal.subject, client=client.id,
            project=principal.home, grants=granted, session=session, created_at=now, expires_at=now + seconds * 1_000,
            about={"jti": jti} if client.secret is None else {"jti": jti, "secret": client.secret},
        )  # fmt: skip

    rows = [row(access, "access", _kept(held), terms.lifetime_s)]
    if refresh is not None:
        lasting = spends.grants if spends is not None else _kept(held)
        rows.append(row(refresh, "refresh", lasting, terms.refresh_s or 0))
    audit = Entry(
        at=now, actor=principal.client, action="token.renew" if spends else "token.issue", project=principal.home,
        object=f"session:{session}", address=whence.address, request=whence.request,
        detail={"client": client.id, "surface": terms.surface, "scope": claims["scope"]},
    )  # fmt: skip
    put = PutToken(
        tokens=tuple(rows), at=now, spends=spends.digest if spends else None, grace_ms=GRACE_MS,
        code=code.digest if code else None, audit=audit,
    )  # fmt: skip
    if not await ports.store.put_token(put):
        what = "authorization code" if code else "refresh token"
        raise TokenRefused("invalid_grant", f"The {what} was used before; sign in again.", who=principal.client)
    return Issued(
        access=access, expires_in=terms.lifetime_s, scopes=words(held), subject=_sub(principal), refresh=refresh
    )


def _may_renew(token: Token, client: str, surface: str, now: int) -> bool:
    return token.kind == "refresh" and (token.client, token.surface) == (client, surface) and token.expires_at > now


def _kept(held: Held) -> Grants:
    return {project: tuple(written) for project, written in grants.written(held).items()}


def _sub(principal: Principal) -> str:
    """The claim `sub`: a client's id, or the name of a user."""
    kind, _, name = principal.subject.partition(":")
    return name if kind == "client" else principal.user or name


def _is_right(word: str) -> bool:
    try:
        return split(word) is not None
    except ValueError:
        return False
