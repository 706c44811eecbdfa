"""POST /oauth2/token: an access token for an OAuth client, good for one hour at this door (RFC 6749 §4.4)."""

from typing import Final

import msgspec
from msgspec import Struct

from runbell.dialects.dvsum.faults import JSON_REPLY
from runbell.domain.fault import Fault
from runbell.http.answer import Answer, Headers, header
from runbell.http.request import Request
from runbell.http.route import JSON, Refusals
from runbell.http.token_endpoint import TokenError, client_credentials, refused
from runbell.operations.tokens import Terms

LIFETIME_S: Final = 3_600
_CHALLENGE: Final = header("www-authenticate", 'Basic realm="runbell"')


class TokenForm(Struct, kw_only=True):
    """A request for a token. The client's credentials come by HTTP Basic, or here; `scope` is ignored."""

    grant_type: str
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""


class TokenReply(Struct, frozen=True, kw_only=True):
    """A token. There is no refresh token; ask again."""

    access_token: str
    token_type: str
    expires_in: int


async def token(request: Request) -> Answer:
    """Give a token."""
    form = await request.form()
    issued = await client_credentials(request, form, Terms(issuer=request.base, surface="dvsum", lifetime_s=LIFETIME_S))
    kind = "Bearer"
    said = TokenReply(access_token=issued.access, token_type=kind, expires_in=issued.expires_in)
    return Answer(200, [*JSON_REPLY], msgspec.json.encode(said))


def write_refusal(fault: Fault, request: Request) -> Answer:
    """Any refusal in the words of RFC 6749."""
    why = refused(fault, request)
    headers: Headers = [*JSON_REPLY]
    if why.status == 401:
        headers.append(_CHALLENGE)
    if why.retry_after_s is not None:
        headers.append(header("retry-after", str(why.retry_after_s)))
    said = TokenError(error=why.error, error_description=why.description)
    return Answer(why.status, headers, msgspec.json.encode(said))


REFUSALS: Final = Refusals(
    write_refusal, TokenError, JSON,
    {
        400: ("invalid_request", "unsupported_grant_type", "unauthorized_client", "invalid_scope"),
        401: ("invalid_client",), 413: ("invalid_request",), 429: ("temporarily_unavailable",),
        500: ("server_error",), 503: ("temporarily_unavailable",),
    },
)  # fmt: skip
