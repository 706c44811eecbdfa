"""The two addresses that give out tokens: to a client, to a person by way of a client, and again for a refresh token.

https://sfcclearning.com/infocenter/OCAPI/current/usage/OAuth.php. Clients send the secret raw, percent-encoded or as a
form does; one of the spellings has to fit. Refusals have the vendor's exact bytes.
"""

from base64 import b64decode
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

import msgspec

from runbell.dialects.ocapi.shapes import TokenError
from runbell.dialects.ocapi.writing import JSON_UTF8
from runbell.domain.fault import Fault
from runbell.domain.token_refused import TokenRefused
from runbell.http.answer import Answer, header
from runbell.http.request import Request
from runbell.http.route import JSON, Refusals
from runbell.http.token_endpoint import NO_STORE, for_client, given, refused, whence
from runbell.operations import sign_in, tokens
from runbell.operations.client_login import LoggedIn, Presented, log_in
from runbell.operations.identify import principal_of
from runbell.operations.tokens import Issued, Terms, words

SURFACE: Final = "ocapi"
LIFETIME_S: Final = 1_800
USER_LIFETIME_S: Final = 900
SPARE_S: Final = 1
"""A token is good for a second longer than `expires_in` says."""
REFRESH_S: Final = 30 * 86_400
BUSINESS_MANAGER: Final = "urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken"
CLIENT_FAILED: Final = "Client authentication failed"
OWNER_FAILED: Final = "Resource owner authentication failed"


async def token(request: Request) -> Answer:
    """POST …/oauth2/access_token."""
    form = await request.form()
    grant = form.get("grant_type") or request.query.get("grant_type")
    if grant == BUSINESS_MANAGER:
        return await _of_business_manager(request, form)
    client = await log_in(request.ports, _client(request), request.address)
    terms = Terms(issuer=request.base, surface=SURFACE, lifetime_s=LIFETIME_S)
    if grant == "client_credentials":
        return _written(_token(await for_client(request, client, None, terms)))
    terms = msgspec.structs.replace(terms, refresh_s=REFRESH_S)
    if grant == "password":
        user = await _user(request, client, given(form, "username"), given(form, "password"), OWNER_FAILED)
        allowed = await _rights(request, client)
        issued = await tokens.issue(request.ports, f"user:{user}", client, allowed, terms, whence(request))
    elif grant == "refresh_token":
        issued = await tokens.renew(request.ports, client, given(form, "refresh_token"), None, terms, whence(request))
    else:
        known = "client_credentials, password, refresh_token"
        raise TokenRefused("unsupported_grant_type" if grant else "invalid_request", f"grant_type is one of {known}.")
    id_token = await _id_token(request, issued, client)
    return _written(_token(issued) | {"refresh_token": issued.refresh, "id_token": id_token})


async def _of_business_manager(request: Request, form: dict[str, str]) -> Answer:
    """A person's own token, by way of the client that the query names; the client's password comes last in Basic."""
    named = request.query.get("client_id") or request.header(b"x-dw-client-id") or form.get("client_id") or ""
    login, _, rest = _basic(request).partition(":")
    password, _, secret = rest.rpartition(":")
    wrong = f"Client id '{named[:200]}' has invalid credentials to use grant type '{BUSINESS_MANAGER}'."
    presented = Presented(id=named, secrets=_spellings(secret), method="basic")
    try:
        client = await log_in(request.ports, presented, request.address)
    except TokenRefused:
        raise TokenRefused("unauthorized_client", wrong, who=f"client:{named}") from None
    try:
        user = await _user(request, client, login, password, wrong)
    except TokenRefused:
        raise TokenRefused("unauthorized_client", wrong, who=f"user:{login}") from None
    terms = Terms(issuer=request.base, surface=SURFACE, lifetime_s=USER_LIFETIME_S)
    allowed = await _rights(request, client)
    issued = await tokens.issue(request.ports, f"user:{user}", client, allowed, terms, whence(request))
    found = {"access_token": issued.access, "expires_in": issued.expires_in - SPARE_S, "token_type": "Bearer"}
    return _written(found)


def write_refusal(fault: Fault, request: Request) -> Answer:
    """Any refusal in the vendor's words, which it has for some; the others in the words of the standard."""
    said, headers = refused(fault, request), [JSON_UTF8, *NO_STORE]
    body = {"error_description": said.description, "error": said.error}
    if said.error == "invalid_client":
        headers.append(header("www-authenticate", 'Basic realm="/"'))
        body["error_description"] = CLIENT_FAILED
    elif isinstance(fault, TokenRefused) and said.error in {"invalid_grant", "unauthorized_client"}:
        body["error_description"] = fault.detail
    if said.error == "unauthorized_client":
        body = {"error": said.error, "error_description": body["error_description"]}
    if said.retry_after_s is not None:
        headers.append(header("retry-after", str(said.retry_after_s)))
    return Answer(said.status, headers, msgspec.json.encode(body))


REFUSALS: Final = Refusals(
    write_refusal, TokenError, JSON,
    {400: ("invalid_request", "invalid_grant", "invalid_scope", "unauthorized_client", "unsupported_grant_type"),
     401: ("invalid_client",), 413: ("invalid_request",), 429: ("temporarily_unavailable",), 500: ("server_error",),
     503: ("temporarily_unavailable",)},
)  # fmt: skip


def _client(request: Request) -> Presented:
    """The client by Basic, cut at the first colon. Raises TokenRefused."""
    client, _, secret = _basic(request).partition(":")
    return Presented(id=unquote(client) if "%" in client else client, secrets=_spellings(secret), method="basic")


def _basic(request: Request) -> str:
    """What Basic carries. Raises TokenRefused (invalid_client)."""
    scheme, _, rest = (request.header(b"authorization") or "").strip().partition(" ")
    try:
        text = b64decode(rest.strip(), validate=True).decode()
        if scheme.lower() == "basic" and ":" in text:
            return text
    except ValueError:  # no base64, letters that cannot be in it, no UTF-8
        pass
    raise TokenRefused("invalid_client", CLIENT_FAILED, basic=True)


def _spellings(secret: str) -> tuple[str, ...]:
    """The ways in which a secret may have been written, those that differ. None for an empty one."""
    return tuple(dict.fromkeys((secret, unquote(secret), unquote_plus(secret)))) if secret else ()


async def _user(request: Request, client: LoggedIn, login: str, password: str, wrong: str) -> str:
    """The id of the person with that login and password. Raises TokenRefused (invalid_grant)."""
    try:
        user = await sign_in.with_password(request.ports, login, password, whence(request), to="token")
    except sign_in.CannotSignIn:
        raise TokenRefused("invalid_grant", wrong, who=client.id) from None
    return user.id


async def _rights(request: Request, client: LoggedIn) -> tuple[str, ...] | None:
    """A person's token opens no more than the client may that it was taken by."""
    if client.public:
        return None
    return words((await principal_of(request.ports, f"client:{client.id}")).held)


async def _id_token(request: Request, issued: Issued, client: LoggedIn) -> str:
    """Who signed in, as a JWT of its own."""
    now = request.ports.clock.now() // 1_000
    claims = {"iss": request.base, "sub": issued.subject, "aud": client.id, "iat": now, "exp": now + LIFETIME_S}
    return await request.ports.signer.sign(claims, "JWT")


def _token(issued: Issued) -> dict[str, Any]:
    return {
        "access_token": issued.access, "scope": "mail", "token_type": "Bearer",
        "expires_in": issued.expires_in - SPARE_S,
    }  # fmt: skip


def _written(found: dict[str, Any]) -> Answer:
    return Answer(200, [JSON_UTF8, *NO_STORE], msgspec.json.encode(found))
