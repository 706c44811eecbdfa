"""OAuth on the wire: the client's credentials out of a request, every answer and refusal in the standard's shape."""

from base64 import b64decode
from binascii import Error
from typing import Final
from urllib.parse import unquote_plus

import msgspec
from msgspec import UNSET, Struct, UnsetType

from runbell.domain.fault import Fault
from runbell.domain.token_refused import TokenRefused
from runbell.http.answer import JSON_TYPE, Answer, Headers, header
from runbell.http.request import Request
from runbell.http.route import JSON, Refusals
from runbell.operations.client_login import Presented
from runbell.operations.tokens import Issued

NO_STORE: Final = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
_CHALLENGE: Final = header("www-authenticate", 'Basic realm="runbell"')


class OAuthError(Struct, frozen=True, kw_only=True):
    """Why there is no token (RFC 6749 §5.2)."""

    error: str
    error_description: str
    error_uri: str


class TokenShape(Struct, frozen=True, kw_only=True):
    """A token (RFC 6749 §5.1). No refresh token for client_credentials."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | UnsetType = UNSET


def presented(request: Request, form: dict[str, str]) -> Presented:
    """The client's credentials: by Basic, or in the form (RFC 6749 §2.3.1). Raises TokenRefused."""
    authorization = request.header(b"authorization")
    if authorization is None:
        if not form.get("client_id"):
            raise TokenRefused(
                "invalid_client", "Authenticate the client: by HTTP Basic, or client_id and client_secret."
            )
        secret = form.get("client_secret")
        return Presented(id=form["client_id"], secrets=(secret,) if secret else (), method="post" if secret else "none")
    if form.get("client_secret"):
        raise TokenRefused("invalid_request", "Send the client's secret once: by HTTP Basic or in the body.")
    client, secret = _basic(authorization)
    if form.get("client_id", client) != client:
        raise TokenRefused("invalid_request", "client_id is not the client that HTTP Basic names.", who=client)
    return Presented(id=client, secrets=(secret,) if secret else (), method="basic")


def given(form: dict[str, str], name: str) -> str:
    """A field that must be there; an empty one is none (RFC 6749 §3.1). Raises TokenRefused (invalid_request)."""
    value = form.get(name)
    if not value:
        raise TokenRefused("invalid_request", f"The field {name} is missing.")
    return value


def write_token(issued: Issued) -> Answer:
    """A token as its owner gets it."""
    shape = TokenShape(
        access_token=issued.access, token_type="Bearer",  # noqa: S106 - its kind
        expires_in=issued.expires_in, scope=" ".join(issued.scopes),
        refresh_token=UNSET if issued.refresh is None else issued.refresh,
    )  # fmt: skip
    return Answer(200, [JSON_TYPE, *NO_STORE], msgspec.json.encode(shape))


def write_refusal(fault: Fault, request: Request) -> Answer:
    """Any refusal in the words of RFC 6749; what the standard has no word for is `invalid_request`, or not for now."""
    headers: Headers = [JSON_TYPE, *NO_STORE]
    status, error = _STATUSES.get(fault.code, (400, "invalid_request"))
    if isinstance(fault, TokenRefused):
        status, error = 401 if fault.error == "invalid_client" else 400, fault.error
        if status == 401 and (fault.basic or request.header(b"authorization") is not None):
            headers.append(_CHALLENGE)
    if status in {429, 503}:
        headers.append(header("retry-after", str(fault.retry_after_s or 1)))
    said = OAuthError(error=error, error_description=_plain(fault.detail), error_uri=f"{request.base}/problems/{error}")
    return Answer(status, headers, msgspec.json.encode(said))


def _basic(authorization: str) -> tuple[str, str]:
    """Id and secret, form-urldecoded after base64 (RFC 6749 §2.3.1). Raises TokenRefused (invalid_client)."""
    scheme, _, rest = authorization.strip().partition(" ")
    try:
        client, colon, secret = b64decode(rest.strip(), validate=True).decode().partition(":")
        if scheme.lower() == "basic" and colon:
            return unquote_plus(client, errors="strict"), unquote_plus(secret, errors="strict")
    except (Error, UnicodeDecodeError):
        pass
    said = (
        "Authenticate with `Authorization: Basic` and base64 of the id, a colon and the secret, both percent-encoded."
    )
    raise TokenRefused("invalid_client", said, basic=True)


def _plain(text: str) -> str:
    """Only what RFC 6749 §5.2 allows in a description."""
    return "".join(letter if " " <= letter <= "~" and letter not in '"\\' else "'" for letter in text)


_STATUSES: Final = {
    "body_too_large": (413, "invalid_request"),
    "quota_exceeded": (429, "temporarily_unavailable"),
    "unavailable": (503, "temporarily_unavailable"),
    "queue_full": (503, "temporarily_unavailable"),
    "storage_full": (503, "temporarily_unavailable"),
    "internal": (500, "server_error"),
}


def refusals(*words: str) -> Refusals:
    """How a route of OAuth refuses; `words` are its own beside those of every such route."""
    statuses = {
        400: ("invalid_request", *words), 401: ("invalid_client",), 413: ("invalid_request",),
        429: ("temporarily_unavailable",), 500: ("server_error",), 503: ("temporarily_unavailable",),
    }  # fmt: skip
    return Refusals(write_refusal, OAuthError, JSON, statuses)
