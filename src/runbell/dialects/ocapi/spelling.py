"""What a request means before any route is looked for: its version, its site, and the method that a POST stands for.

https://sfcclearning.com/infocenter/OCAPI/current/usage/UrlSchema.php, …/HttpMethods.php, …/Exceptions.php
"""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from runbell.dialects.ocapi.refusals import IllegalMethodOverride, InvalidVersion, refusal
from runbell.domain.faults import Unauthenticated
from runbell.http.request import Request

OVERRIDES: Final = frozenset({"PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_VERSION: Final = re.compile(rb"[vV](\d{1,3})_(\d{1,3})")
SIGN_IN: Final = "Send an access token: `Authorization: Bearer …`."


def spelled(request: Request) -> tuple[str, bytes]:
    """The method and the path without the site, for the router.

    Raises InvalidVersion, Unauthenticated when a resource is asked for without any token, IllegalMethodOverride.
    """
    path = _path(request)
    if _data(path) is None:
        return request.method, path
    if version(request) is None:
        raise refusal(InvalidVersion, "The version in the address is missing or invalid; write it like v17_4.")
    if request.method == "POST":
        request.method = _meant(request)
    if request.method != "OPTIONS":
        bearer(request)
    return request.method, path


def closed(request: Request) -> bool:
    """Whether a path belongs to the Data API: whom it does not know hears nothing there, not even what there is not."""
    return _data(_path(request)) is not None


def version(request: Request) -> tuple[int, int] | None:
    """The version in the address, (17, 4) for v17_4; None when there is none."""
    named = _data(_path(request))
    found = None if named is None else _VERSION.fullmatch(unquote_to_bytes(named))
    return None if found is None else (int(found[1]), int(found[2]))


def bearer(request: Request) -> str:
    """The token of a request. Raises Unauthenticated when there is none."""
    scheme, _, token = (request.header(b"authorization") or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(SIGN_IN)
    return token.strip()


async def credentials(request: Request) -> tuple[str, bool]:
    """The token or key, which comes as a bearer only. A client id in the query or a header never stands for it."""
    return bearer(request), True


def _path(request: Request) -> bytes:
    """The raw path without `/s/{site}`: the Data API has one site, whatever it is called."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    segments = raw.split(b"/", 3)
    if len(segments) == 4 and segments[1].lower() == b"s" and segments[2]:
        return b"/" + segments[3]
    return raw


def _data(path: bytes) -> bytes | None:
    """Where a path of the Data API has its version, as it is written; None for any other path."""
    segments = path.split(b"/", 4)
    if len(segments) < 3 or segments[1].lower() != b"dw" or segments[2].lower() != b"data":
        return None
    return segments[3] if len(segments) > 3 else b""


def _meant(request: Request) -> str:
    given = request.header(b"x-dw-http-method-override") or request.query.get("method")
    if given is None:
        return "POST"
    if given.strip().upper() not in OVERRIDES:
        said = f"POST can stand for one of {', '.join(sorted(OVERRIDES))}."
        raise refusal(IllegalMethodOverride, said, method=given[:100])
    return given.strip().upper()
