"""The authorisation server: tokens for service accounts, by their password, their client, or a refresh token.

https://docs.powerepos.cloud/Document/DES/Onboarding
"""

from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from runbell.dialects.des import wire
from runbell.dialects.des.credentials import service
from runbell.dialects.des.wire import NAME, TokenResponse
from runbell.domain.fault import Fault
from runbell.domain.token_refused import TokenRefused
from runbell.http.answer import Answer, header
from runbell.http.form import FORM
from runbell.http.request import Request
from runbell.http.route import JSON, Refusals, Reply, Route
from runbell.http.token_endpoint import NO_STORE, TokenError, for_client, given, presented, refused, whence
from runbell.operations import foreign, sign_in, tokens, users
from runbell.operations.client_login import LoggedIn, log_in
from runbell.operations.identify import Principal
from runbell.operations.tokens import REFRESH_S, Issued, Terms

LIFETIME_S: Final = 28_800
SCOPE: Final = "des"
OFFLINE: Final = "offline_access"
GRANTS: Final = ("password", "client_credentials", "refresh_token")
_CHALLENGE: Final = header("www-authenticate", 'Basic realm="des"')


class TokenForm(Struct, kw_only=True):
    """A request for a token."""

    grant_type: str
    client_id: str = ""
    client_secret: str = ""
    org_id: str = ""
    username: str = ""
    password: str = ""
    scope: str = ""
    refresh_token: str = ""


class Organisation:
    """The organisation that a token is asked for: a project. What the token says of itself is found out here."""

    def __init__(self, request: Request, asked: str) -> None:
        self._request = request
        self._asked = asked
        self.code = asked

    async def claims(self, principal: Principal) -> dict[str, Any]:
        """The claims of a token for that principal. Raises TokenRefused for another organisation than its own."""
        ports = self._request.ports
        code = await foreign.project_code(ports, principal.home, NAME)
        if code is not None and self._asked and self._asked.casefold() != code.casefold():
            raise TokenRefused("invalid_grant", "These credentials are not of that organisation.", who=principal.client)
        if principal.user is None or (await users.get(ports, principal.user)).kind != "service":
            raise TokenRefused("unauthorized_client", "The client acts for no service account.", who=principal.client)
        self.code = code or self._asked or principal.home
        caller = await foreign.caller(ports, principal.client)
        return {"svc": service(self._request), "org_id": self.code, "user_id": caller.guid.hex}


async def token(request: Request) -> Answer:
    """POST /authorisation/token."""
    form = await request.form()
    grant = given(form, "grant_type")
    if grant not in GRANTS:
        raise TokenRefused("unsupported_grant_type", f"Use one of {', '.join(GRANTS)}.")
    client = await log_in(request.ports, presented(request, form, verbatim=True), request.address)
    organisation = Organisation(request, form.get("org_id", ""))
    issued = await _issued(request, form, grant, client, _terms(request, form, grant, organisation))
    return _write(issued, service(request), organisation.code)


def _terms(request: Request, form: dict[str, str], grant: str, organisation: Organisation) -> Terms:
    """How the token is given. Raises TokenRefused (invalid_scope) when it is not for this service."""
    scopes = form.get("scope", "").split()
    if grant == "refresh_token" and not scopes:
        scopes = [SCOPE, OFFLINE]
    if SCOPE not in scopes:
        raise TokenRefused("invalid_scope", f"The scope must hold {SCOPE}.")
    lasting = OFFLINE in scopes or grant == "refresh_token"
    said = f"{SCOPE} {OFFLINE}" if lasting else SCOPE
    return Terms(
        issuer=request.base, surface=NAME, lifetime_s=LIFETIME_S, refresh_s=REFRESH_S if lasting else None, scope=said,
        told=organisation.claims,
    )  # fmt: skip


async def _issued(request: Request, form: dict[str, str], grant: str, client: LoggedIn, terms: Terms) -> Issued:
    ports, where = request.ports, whence(request)
    if grant == "refresh_token":
        return await tokens.renew(ports, client, given(form, "refresh_token"), None, terms, where)
    if grant == "client_credentials":
        return await for_client(request, client, None, terms)
    given(form, "org_id")
    name, password = given(form, "username"), given(form, "password")
    return await sign_in.by_password(ports, client, name, password, None, terms, where, kind="service")


def _write(issued: Issued, svc: str, org_id: str) -> Answer:
    shape = TokenResponse(
        token_type="Bearer", access_token=issued.access, expires_in=issued.expires_in, svc=svc,  # noqa: S106 - its kind
        org_id=org_id, refresh_token=UNSET if issued.refresh is None else issued.refresh,
    )  # fmt: skip
    return Answer(200, [wire.JSON_TYPE, *NO_STORE], msgspec.json.encode(shape))


def route() -> Route:
    """The one route; it refuses in the words of RFC 6749."""
    words = ("invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type")
    later = ("temporarily_unavailable",)
    statuses = {
        400: words, 401: ("invalid_client",), 413: ("invalid_request",), 429: later, 500: ("server_error",), 503: later,
    }  # fmt: skip
    return Route(
        method="POST", path="/authorisation/token", endpoint=token, name="token", open=True, body=TokenForm,
        body_media=FORM, body_required=True, summary="Get an access token for a service account.",
        replies={200: Reply("A token for eight hours.", {JSON: TokenResponse})},
        refusals=Refusals(write_refusal, TokenError, JSON, statuses),
    )  # fmt: skip


def write_refusal(fault: Fault, request: Request) -> Answer:
    """No token, in the words of RFC 6749."""
    said = refused(fault, request)
    headers = [wire.JSON_TYPE, *NO_STORE, *([_CHALLENGE] if said.challenge else [])]
    if said.retry_after_s is not None:
        headers.append(header("retry-after", str(said.retry_after_s)))
    body = TokenError(error=said.error, error_description=said.description)
    return Answer(said.status, headers, msgspec.json.encode(body))
