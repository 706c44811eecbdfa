"""The two addresses that give out tokens: to a client, to a person by way of a client, and again for a refresh token.

https://sfcclearning.com/infocenter/OCAPI/current/usage/OAuth.php. Clients send the secret raw, percent-encoded or as a
form does; one of the spellings has to fit. Refusals have the vendor's exact bytes.
"""

from base64 import b64decode
from binascii import Error
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
from runbell.operations import sign_in, tokens
from runbell.operations.client_login import LoggedIn, Presented, log_in
from runbell.operations.identify import principal_of
from runbell.operations.tokens import Issued, Terms, Whence, words

SURFACE: Final = "ocapi"
LIFETIME_S: Final = 1_800
USER_LIFETIME_S: Final = 900
SPARE_S: Final = 1
"""A token is good for a second longer than `expires_in` says."""
REFRESH_S: Final = 30 * 86_400
BUSINESS_MANAGER: Final = "urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken"
NO_STORE: Final = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
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
        issued = await tokens.issue(request.ports, f"client:{client.id}", client, None, terms, _whence(request))
        return _written(_token(issued))
    terms = msgspec.structs.replace(terms, refresh_s=REFRESH_S)
    if grant == "password":
        user = await _user(request, client, _given(form, "username"), _given(form, "password"), OWNER_FAILED)
        allowed = await _rights(request, client)
        issued = await tokens.issue(request.ports, f"user:{user}", client, allowed, terms, _whence(request))
    elif grant == "refresh_token":
        issued = await tokens.renew(request.ports, client, _given(form, "refresh_token"), None, terms, _whence(request))
    else:
        known = "client_credentials, password, refresh_token"
        raise TokenRefused("unsupported_grant_type" if grant else "invalid_request", f"grant_type is one of {known}.")
    return _written(
        _token(issued) | {"refresh_token": issued.refresh, "id_token": await _id_token(request, issued, client)}
    )


async def _of_business_manager(request: Request, form: dict[str, str]) -> Answer:
    """A person's own token, by way of the client that the query names; the client's password comes last in Basic."""
    named = request.query.get("client_id") or request.header(b"x-dw-client-id") or form.get("client_id") or ""
    login, _, rest = _basic(request).partition(":")
    password, _, secret = rest.rpartition(":")
    refused = f"Client id '{named[:200]}' has invalid credentials to use grant type '{BUSINESS_MANAGER}'."
    presented = Presented(id=named, secrets=_spellings(secret), method="basic")
    try:
        client = await log_in(request.ports, presented, request.address)
    except TokenRefused:
        raise TokenRefused("unauthorized_client", refused, who=f"client:{named}") from None
    try:
        user = await _user(request, client, login, password, refused)
    except TokenRefused:
        raise TokenRefused("unauthorized_client", refused, who=f"user:{login}") from None
    terms = Terms(issuer=request.base, surface=SURFACE, lifetime_s=USER_LIFETIME_S)
    allowed = await _rights(request, client)
    issued = await tokens.issue(request.ports, f"user:{user}", client, allowed, terms, _whence(request))
    found = {"access_token": issued.access, "expires_in": issued.expires_in - SPARE_S, "token_type": "Bearer"}
    return _written(found)


def write_refusal(fault: Fault, request: Request) -> Answer:  # noqa: ARG001 - the shape of what writes refusals
    """Any refusal in the vendor's words."""
    headers = [JSON_UTF8, *NO_STORE]
    status, error = _STATUSES.get(fault.code, (400, "invalid_request"))
    said: dict[str, str] = {"error_description": fault.detail, "error": error}
    if isinstance(fault, TokenRefused):
        status, error = (401 if fault.error == "invalid_client" else 400), fault.error
        said = {"error_description": fault.detail, "error": error}
        if error == "invalid_client":
            headers.append(header("www-authenticate", 'Basic realm="/"'))
            said["error_description"] = CLIENT_FAILED
        elif error == "unauthorized_client":
            said = {"error": error, "error_description": fault.detail}
    if status in {429, 503}:
        headers.append(header("retry-after", str(fault.retry_after_s or 1)))
    return Answer(status, headers, msgspec.json.encode(said))


_STATUSES: Final = {
    "body_too_large": (413, "invalid_request"),
    "quota_exceeded": (429, "temporarily_unavailable"),
    "unavailable": (503, "temporarily_unavailable"),
    "queue_full": (503, "temporarily_unavailable"),
    "storage_full": (503, "temporarily_unavailable"),
    "internal": (500, "server_error"),
}
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
    except (Error, UnicodeDecodeError):
        pass
    raise TokenRefused("invalid_client", CLIENT_FAILED, basic=True)


def _spellings(secret: str) -> tuple[str, ...]:
    """The ways in which a secret may have been written, those that differ. None for an empty one."""
    return tuple(dict.fromkeys((secret, unquote(secret), unquote_plus(secret)))) if secret else ()


async def _user(request: Request, client: LoggedIn, login: str, password: str, refused: str) -> str:
    """The id of the person with that login and password. Raises TokenRefused (invalid_grant)."""
    try:
        user = await sign_in.with_password(request.ports, login, password, _whence(request), to="token")
    except sign_in.CannotSignIn:
        raise TokenRefused("invalid_grant", refused, who=client.id) from None
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


def _given(form: dict[str, str], name: str) -> str:
    """A field that must be there. Raises TokenRefused (invalid_request)."""
    if not form.get(name):
        raise TokenRefused("invalid_request", f"The field {name} is missing.")
    return form[name]


def _token(issued: Issued) -> dict[str, Any]:
    return {
        "access_token": issued.access, "scope": "mail", "token_type": "Bearer",
        "expires_in": issued.expires_in - SPARE_S,
    }  # fmt: skip


def _written(found: dict[str, Any]) -> Answer:
    return Answer(200, [JSON_UTF8, *NO_STORE], msgspec.json.encode(found))


def _whence(request: Request) -> Whence:
    return Whence(request.address, request.id)
