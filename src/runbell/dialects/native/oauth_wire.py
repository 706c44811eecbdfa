"""OAuth on the wire: every answer and refusal in the standard's shape."""

from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from runbell.domain.fault import Fault
from runbell.http.answer import JSON_TYPE, Answer, Headers, header
from runbell.http.request import Request
from runbell.http.route import JSON, Refusals
from runbell.http.token_endpoint import NO_STORE, refused
from runbell.operations.tokens import Issued

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


def write_token(issued: Issued) -> Answer:
    """A token as its owner gets it."""
    shape = TokenShape(
        access_token=issued.access, token_type="Bearer",  # noqa: S106 - its kind
        expires_in=issued.expires_in, scope=" ".join(issued.scopes),
        refresh_token=UNSET if issued.refresh is None else issued.refresh,
    )  # fmt: skip
    return Answer(200, [JSON_TYPE, *NO_STORE], msgspec.json.encode(shape))


def write_refusal(fault: Fault, request: Request) -> Answer:
    """Any refusal in the words of RFC 6749, with the page that says what to do."""
    why = refused(fault, request)
    headers: Headers = [JSON_TYPE, *NO_STORE]
    if why.challenge:
        headers.append(_CHALLENGE)
    if why.retry_after_s is not None:
        headers.append(header("retry-after", str(why.retry_after_s)))
    page = f"{request.base}/problems/{why.error}"
    said = OAuthError(error=why.error, error_description=why.description, error_uri=page)
    return Answer(why.status, headers, msgspec.json.encode(said))


def refusals(*words: str) -> Refusals:
    """How a route of OAuth refuses; `words` are its own beside those of every such route."""
    statuses = {
        400: ("invalid_request", *words), 401: ("invalid_client",), 413: ("invalid_request",),
        429: ("temporarily_unavailable",), 500: ("server_error",), 503: ("temporarily_unavailable",),
    }  # fmt: skip
    return Refusals(write_refusal, OAuthError, JSON, statuses)
