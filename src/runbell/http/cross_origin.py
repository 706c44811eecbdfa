"""Pages of other origins (CORS, as in the Fetch standard), and what OPTIONS answers. Off unless origins are named.

No answer ever allows credentials: whoever calls sends a token of its own, and no cookie opens this API.
"""

from typing import Final

from runbell.http.answer import Answer, Headers, header
from runbell.http.terms import ANY

REMEMBERED_S: Final = 600
TAKEN: Final = (
    "authorization, content-disposition, content-type, idempotency-key, if-match, if-none-match, if-range,"
    " last-event-id, prefer, range, traceparent, x-api-key, x-request-id"
)
SHOWN: Final = (
    "content-disposition, content-range, etag, idempotent-replayed, link, location, log-lines-found, log-truncated,"
    " preference-applied, ratelimit, ratelimit-policy, retry-after, x-request-id"
)
_ANY_METHOD: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_VARY: Final = (b"vary", b"Origin")


def options(allow: str | None, origin: bytes | None, wanted: bytes | None, origins: frozenset[str]) -> Answer:
    """The answer to OPTIONS where the methods `allow` are (None: of the server as a whole).

    `wanted` is the method of a preflight; it is told yes when the origin is one of `origins`.
    """
    headers: Headers = [header("allow", allow or _ANY_METHOD)]
    if origins and wanted is not None and _is_one(origin, origins):
        headers += [
            header("access-control-allow-methods", allow or _ANY_METHOD),
            header("access-control-allow-headers", TAKEN),
            header("access-control-max-age", str(REMEMBERED_S)),
        ]
    return Answer(204, headers)


def shared(origin: bytes | None, origins: frozenset[str]) -> Headers:
    """What an answer says to a page of that origin."""
    if ANY in origins:
        return [] if origin is None else [(b"access-control-allow-origin", b"*"), _exposed()]
    if origin is None or not _is_one(origin, origins):
        return [_VARY]
    return [(b"access-control-allow-origin", origin), _exposed(), _VARY]


def _is_one(origin: bytes | None, origins: frozenset[str]) -> bool:
    return origin is not None and (ANY in origins or origin.decode("latin-1") in origins)


def _exposed() -> tuple[bytes, bytes]:
    return header("access-control-expose-headers", SHOWN)
