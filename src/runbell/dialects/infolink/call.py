"""What a call says: its members out of the body or the address, and the key or token in it.

https://docs-v4-1.infolinkcloud.com/docs/rest-api/manage-jobs/post-executejob
"""

from typing import Any, Final, Literal

from msgspec import Struct

from runbell.domain.faults import InvalidToken, Malformed, Unauthenticated
from runbell.http import body, form
from runbell.http.request import Request

_PLACE: Final = "runbell.infolink"
EXECUTE: Final = "execute_job"
Seeking = Literal["nothing", "body", "app", "scenario", "operation", "job"]


class Call(Struct):
    """The members of a call, and what it is about, so that a refusal can name it.

    `seeking`: what the server is looking for at the moment. `bearer`: the credentials came as a token.
    """

    members: dict[str, Any]
    bearer: bool = False
    seeking: Seeking = "body"
    app: str = ""
    scenario: str = ""
    job: str = ""


def call_of(request: Request) -> Call:
    """The call of this request, as far as it was read."""
    found: Call | None = request.scope.get(_PLACE)
    return found if found is not None else Call({}, seeking="nothing")


async def credentials(request: Request) -> tuple[str, bool]:
    """The key in the body, else in the address, else the bearer token; the first one that is there alone decides.

    Raises Unauthenticated, InvalidToken, and what the body's reading raises: without it the key is not known.
    """
    call = request.scope[_PLACE] = Call({})
    inside = await _inside(request)
    call.members = {**request.query, **inside}
    call.seeking = "app"
    for key in (inside.get("apiKey"), request.query.get("apiKey")):
        if key is not None and key != "":
            if not isinstance(key, str):
                raise InvalidToken("The API key must be text.")
            return key, False
    scheme, _, token = (request.header(b"authorization") or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send your API key as apiKey, or an access token: `Authorization: Bearer …`.")
    call.bearer = True
    return token.strip(), True


async def _inside(request: Request) -> dict[str, Any]:
    """The members of the body: one JSON object, whatever its media type. A look may also come as a form."""
    if request.method in {"GET", "HEAD"}:
        return {}
    raw = await request.raw()
    if request.route.name != EXECUTE and not raw.lstrip().startswith(b"{"):
        return dict(form.read(raw))
    if not raw.strip():
        raise Malformed("it is empty; send one JSON object")
    value = body.parse(raw)
    if not isinstance(value, dict):
        raise Malformed("it must be one JSON object")
    return value
