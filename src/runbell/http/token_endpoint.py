"""What every token endpoint shares: the client's credentials out of a request, and a token for the client itself.

How an answer and a refusal look is each door's own; what they are made of is RFC 6749.
"""

from base64 import b64decode
from typing import Final
from urllib.parse import unquote_plus

from msgspec import Struct

from runbell.domain.fault import Fault
from runbell.domain.token_refused import TokenRefused
from runbell.http.request import Request
from runbell.operations import tokens
from runbell.operations.client_login import LoggedIn, Presented, log_in
from runbell.operations.tokens import Issued, Terms, Whence

NO_STORE: Final = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))


class TokenError(Struct, frozen=True, kw_only=True):
    """Why there is no token (RFC 6749 §5.2)."""

    error: str
    error_description: str


class Refused(Struct, frozen=True):
    """A refusal in the terms of the standard: HTTP status, word, a sentence in plain letters, when to come again.

    `challenge`: the client tried HTTP Basic, or should have; WWW-Authenticate says so.
    """

    status: int
    error: str
    description: str
    retry_after_s: int | None
    challenge: bool


def presented(request: Request, form: dict[str, str], *, verbatim: bool = False) -> Presented:
    """The client's credentials: by Basic, or in the form (RFC 6749 §2.3.1). Raises TokenRefused.

    `verbatim`: of a vendor whose clients do not percent-encode what they put into Basic; both readings may fit then.
    """
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
    client, secrets = _basic(authorization, verbatim)
    if form.get("client_id", client) != client:
        raise TokenRefused(
            "invalid_request", "client_id is not the client that HTTP Basic names; name one client.", who=client
        )
    return Presented(id=client, secrets=secrets, method="basic")


def given(form: dict[str, str], name: str) -> str:
    """A field that must be there; an empty one is none (RFC 6749 §3.1). Raises TokenRefused (invalid_request)."""
    value = form.get(name)
    if not value:
        raise TokenRefused("invalid_request", f"The field {name} is missing; send it in the form.")
    return value


def whence(request: Request) -> Whence:
    """Where a request for a token came from."""
    return Whence(request.address, request.id)


async def for_client(request: Request, client: LoggedIn, scopes: tuple[str, ...] | None, terms: Terms) -> Issued:
    """A token for a client that logged in, with its own rights (client credentials). Raises TokenRefused."""
    if client.public:
        said = "This client has no secret, and so no rights of its own; let a user sign in with it."
        raise TokenRefused("unauthorized_client", said, who=client.id)
    return await tokens.issue(request.ports, f"client:{client.id}", client, scopes, terms, whence(request))


async def client_credentials(request: Request, form: dict[str, str], terms: Terms) -> Issued:
    """All of a token endpoint that knows this one grant, and no scopes. Raises TokenRefused, QuotaExceeded."""
    if given(form, "grant_type") != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "Use grant_type=client_credentials.")
    client = await log_in(request.ports, presented(request, form, verbatim=True), request.address)
    return await for_client(request, client, None, terms)


def refused(fault: Fault, request: Request) -> Refused:
    """Any fault in the words of RFC 6749; what the standard has no word for is `invalid_request`, or not for now."""
    status, error = _STATUSES.get(fault.code, (400, "invalid_request"))
    challenge = False
    if isinstance(fault, TokenRefused):
        status, error = 401 if fault.error == "invalid_client" else 400, fault.error
        challenge = status == 401 and (fault.basic or request.header(b"authorization") is not None)
    later = (fault.retry_after_s or 1) if status in {429, 503} else None
    return Refused(status, error, _plain(fault.detail), later, challenge)


def _basic(authorization: str, verbatim: bool) -> tuple[str, tuple[str, ...]]:
    """Id and secret, form-urldecoded after base64 (RFC 6749 §2.3.1). Raises TokenRefused (invalid_client)."""
    scheme, _, rest = authorization.strip().partition(" ")
    try:
        client, colon, secret = b64decode(rest.strip(), validate=True).decode().partition(":")
        if scheme.lower() == "basic" and colon:
            decoded = unquote_plus(secret, errors="strict")
            spellings = dict.fromkeys((decoded, secret) if verbatim else (decoded,))
            return unquote_plus(client, errors="strict"), tuple(text for text in spellings if text)
    except ValueError:  # no base64, letters that cannot be in it, no UTF-8
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
