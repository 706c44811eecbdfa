"""The token endpoint: client credentials, a user's password, and going on with a refresh token.

https://docs-v3-8.infolinkcloud.com/docs/rest-api/authentication/oauth-20-auth
"""

from typing import Final

import msgspec
from msgspec import Struct

from runbell.dialects.infolink import wire
from runbell.dialects.infolink.places import NAME
from runbell.domain.fault import Fault
from runbell.domain.token_refused import TokenRefused
from runbell.http.answer import Answer, header
from runbell.http.form import FORM
from runbell.http.request import Request
from runbell.http.route import JSON, Refusals, Reply, Route
from runbell.http.token_endpoint import TokenError, for_client, given, presented, refused, whence
from runbell.operations import sign_in, tokens
from runbell.operations.client_login import LoggedIn, log_in
from runbell.operations.tokens import REFRESH_S, Issued, Terms

LIFETIME_S: Final = 1_800
GRANTS: Final = ("client_credentials", "password", "refresh_token")
_CHALLENGE: Final = header("www-authenticate", 'Basic realm="infolink"')


class TokenForm(Struct, kw_only=True):
    """A request for a token. The client's credentials may also come by HTTP Basic."""

    grant_type: str
    client_id: str = ""
    client_secret: str = ""
    username: str = ""
    password: str = ""
    refresh_token: str = ""


async def token(request: Request) -> Answer:
    """POST /api/v1/oauth2/token."""
    form = await request.form()
    grant = given(form, "grant_type")
    if grant not in GRANTS:
        raise TokenRefused("unsupported_grant_type", f"Use one of {', '.join(GRANTS)}.")
    client = await log_in(request.ports, presented(request, form, verbatim=True), request.address)
    return wire.token(await _issued(request, form, grant, client))


async def _issued(request: Request, form: dict[str, str], grant: str, client: LoggedIn) -> Issued:
    terms = Terms(issuer=request.base, surface=NAME, lifetime_s=LIFETIME_S, refresh_s=REFRESH_S)
    where = whence(request)
    if grant == "refresh_token":
        return await tokens.renew(request.ports, client, given(form, "refresh_token"), None, terms, where)
    if grant == "client_credentials":
        return await for_client(request, client, None, terms)
    return await sign_in.by_password(
        request.ports, client, given(form, "username"), given(form, "password"), None, terms, where
    )


def route() -> Route:
    """The one route; it refuses in the words of RFC 6749, not in an envelope."""
    words = ("invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type")
    later = ("temporarily_unavailable",)
    statuses = {
        400: words, 401: ("invalid_client",), 413: ("invalid_request",), 429: later, 500: ("server_error",), 503: later,
    }  # fmt: skip
    return Route(
        method="POST", path="/api/v1/oauth2/token", endpoint=token, name="token", open=True, body=TokenForm,
        body_media=FORM, body_required=True, summary="Get an access token.",
        replies={200: Reply("A pair of tokens, good for half an hour and for thirty days.", {JSON: wire.TokenShape})},
        refusals=Refusals(write_refusal, TokenError, JSON, statuses),
    )  # fmt: skip


def write_refusal(fault: Fault, request: Request) -> Answer:
    """No token, in the words of RFC 6749."""
    said = refused(fault, request)
    headers = [wire.JSON_TYPE, wire.NO_STORE, *([_CHALLENGE] if said.challenge else [])]
    if said.retry_after_s is not None:
        headers.append(header("retry-after", str(said.retry_after_s)))
    body = TokenError(error=said.error, error_description=said.description)
    return Answer(said.status, headers, msgspec.json.encode(body))
