"""Signing in with a name and a password: looked at only after the throttle, with the same work for any answer."""

from typing import Final, Literal

from runbell.domain.audit import DENIED, Entry
from runbell.domain.faults import InvalidToken
from runbell.domain.principals import User
from runbell.domain.token_refused import TokenRefused
from runbell.operations import tokens
from runbell.operations.client_login import LoggedIn
from runbell.operations.identify import principal_of
from runbell.operations.ports import Ports
from runbell.operations.tokens import Issued, Terms, Whence
from runbell.ports.identity_table import Use

WRONG: Final = "The name or the password is wrong."


class CannotSignIn(Exception):  # noqa: N818 - a state of affairs, not a defect
    """Nobody was let in; the sentence never says which half was wrong."""


async def with_password(
    ports: Ports, name: str, password: str, whence: Whence, *, kind: Literal["person", "service"] | None = "person",
    to: str = "sign_in",
) -> User:  # fmt: skip
    """The user of that name and kind (None: any) whose password it is.

    `to`: what for, as the audit log says it of a refusal.
    Raises CannotSignIn, QuotaExceeded after too many wrong ones.
    """
    attempt = ports.guesses.attempt(f"user:{name.lower()}", whence.address, ports.clock.monotonic())
    user, now = await ports.store.user_by_name(name), ports.clock.now()
    fits = user is not None and kind in (None, user.kind) and user.disabled_at is None
    kept = user.password if user is not None and fits else None
    if not await ports.passwords.fits(password, kept) or user is None:
        ports.denials.note(
            Entry(at=now, actor=f"user:{name[:100]}", action=to, project="", object="", outcome=DENIED,
                  address=whence.address, request=whence.request)
        )  # fmt: skip
        raise CannotSignIn(WRONG)
    attempt.right()
    ports.uses.note(ports.store, Use("user", user.id, now), user.last_used_at)
    return user


async def person(ports: Ports, name: str, password: str, whence: Whence, to: str) -> User:
    """The person of that name and password, who may use the API. Raises CannotSignIn, QuotaExceeded."""
    user = await with_password(ports, name, password, whence, to=to)
    try:
        await principal_of(ports, f"user:{user.id}")
    except InvalidToken:
        said = "This account may not use the API; ask an administrator for another role."
        raise CannotSignIn(said) from None
    return user


async def by_password(
    ports: Ports, client: LoggedIn, name: str, password: str, scopes: tuple[str, ...] | None, terms: Terms,
    whence: Whence, *, kind: Literal["person", "service"] | None = None,
) -> Issued:  # fmt: skip
    """A token for a user of that kind by way of a client (RFC 6749 §4.3). Raises TokenRefused, QuotaExceeded.

    Only for the doors of vendors whose clients work so; everybody else signs in elsewhere.
    """
    if client.public:
        raise TokenRefused("unauthorized_client", "This client may not sign anybody in.", who=client.id)
    try:
        user = await with_password(ports, name, password, whence, kind=kind, to="token.issue")
    except CannotSignIn:
        raise TokenRefused("invalid_grant", WRONG, who=client.id) from None
    return await tokens.issue(ports, f"user:{user.id}", client, scopes, terms, whence)
