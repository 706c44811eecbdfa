"""Who is let in: by the row of a token or of a key, never by what a token says of itself."""

from base64 import urlsafe_b64decode
from binascii import Error
from typing import Final

import msgspec

from runbell.domain.faults import InvalidToken
from runbell.operations.delegated import delegated
from runbell.operations.identify import Principal, digest, identify
from runbell.operations.ports import Ports

JWT_BEGINS: Final = "eyJ"


class _Claims(msgspec.Struct):
    exp: float = 0.0


async def admit(ports: Ports, surface: str, presented: str, *, bearer: bool = True) -> Principal:
    """The principal behind an access token (only when it came as `bearer`) or an API key, with the rights it has now.

    `surface` is the door it came to: a token is good only where it was issued. Raises InvalidToken; `about["known"]` is
    true for what was good once, so that nobody counts it as a guess.
    """
    if bearer and presented.startswith(JWT_BEGINS) and presented.count(".") == 2:
        return await _of_token(ports, surface, presented)
    return await identify(ports, presented, surface)


async def _of_token(ports: Ports, surface: str, presented: str) -> Principal:
    token, now = await ports.store.token(digest(presented)), ports.clock.now()
    if token is None and not _is_over(presented, now):
        raise InvalidToken("The access token is not known here, or was revoked; get a new one.")
    if token is None or token.expires_at <= now:
        raise InvalidToken("The access token has expired; get a new one.", about={"known": True})
    if token.kind != "access" or token.surface != surface:
        raise InvalidToken(
            "This token is not good at this door; get one where it is to be used.", about={"known": True}
        )
    return await delegated(
        ports, token.subject, token.client, surface=surface, granted=token.grants, expires_at=token.expires_at
    )


def _is_over(presented: str, now: int) -> bool:
    """Whether the token itself says that its time is over: its row may be swept away already. It opens nothing."""
    payload = presented.split(".")[1]
    try:
        claims = msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)
    except (msgspec.DecodeError, Error, ValueError):
        return False
    return 0 < claims.exp * 1_000 <= now
