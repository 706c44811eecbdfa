"""Who asks: a bearer token of this door, used on the address that it names. Keys and passwords open nothing here.

https://docs.powerepos.cloud/Document/DES/Onboarding
"""

from base64 import urlsafe_b64decode
from binascii import Error

import msgspec
from msgspec import Struct

from runbell.domain.faults import InvalidToken, Unauthenticated
from runbell.http.request import Request
from runbell.operations.admit import JWT_BEGINS

ELSEWHERE = "The token was given for another service; get one for this one."


class _Claims(Struct):
    svc: str = ""


async def of_this_service(request: Request) -> tuple[str, bool]:
    """The token of a request, of which the claim `svc` is this door's address. Raises Unauthenticated, InvalidToken."""
    text = _bearer(request)
    if _svc(text) != service(request):
        raise InvalidToken(ELSEWHERE, about={"known": True})
    return text, True


async def of_any_service(request: Request) -> tuple[str, bool]:
    """The token of a request, whatever address it names. Raises Unauthenticated, InvalidToken."""
    return _bearer(request), True


def service(request: Request) -> str:
    """The address of this door as the caller sees it, with a slash at the end."""
    return f"{request.base}/"


def _bearer(request: Request) -> str:
    scheme, _, text = (request.header(b"authorization") or "").strip().partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer" or not text:
        raise Unauthenticated("Send `Authorization: Bearer` and an access token.")
    if not text.startswith(JWT_BEGINS) or text.count(".") != 2:
        raise InvalidToken("This is no access token; get one at /authorisation/token.")
    return text


def _svc(token: str) -> str:
    """What the token says of itself. It opens nothing: the token is looked up after that."""
    payload = token.split(".")[1]
    try:
        return msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims).svc
    except (msgspec.DecodeError, Error, ValueError):
        return ""
