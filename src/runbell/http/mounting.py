"""All doors of a server on one host: which of them answers a path.

The vendors' documented paths do not collide. A family is told by the beginning of a path; what belongs to none is the
native door's. Every door also stands under a prefix of its own, where it answers whatever comes. A door that is
switched off is not there: its paths are unknown to the native one.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

from msgspec import Struct
from starlette.types import ASGIApp, Receive, Scope, Send

from runbell.http.conversation import Converse
from runbell.http.door import Door
from runbell.http.route import Route
from runbell.ports.notifier import Format

NATIVE: Final = "native"
ROOTS: Final = {
    "integration": "dvsum", "oauth2": "dvsum", "runjob": "dvsum",
    "dw": "ocapi", "dwsso": "ocapi", "s": "ocapi", "on": "ocapi",
    "authorisation": "des",
}  # fmt: skip
UNDER_API_V1: Final = {
    "executejob.jsp": "infolink", "getjobstatus.jsp": "infolink", "stopjob.jsp": "infolink", "stop.jsp": "infolink",
    "oauth2": "infolink",
    "queryjobs": "des", "startjob": "des", "queryrunstatus": "des", "queryjobrunstatus": "des", "getrunfiles": "des",
    "runfiles": "des",
}  # fmt: skip
V1: Final = b"/api/v1/"
DOUBLED: Final = b"//api/v1/"


class Opened(Struct, frozen=True, kw_only=True):
    """A dialect's door: its app, its routes, its OpenAPI document, and what ends all long waits at once.

    `converse`: how its clients talk about a job, for collections. `format`: its form of the bodies of webhooks.
    """

    app: Door
    routes: tuple[Route, ...]
    document: dict[str, Any]
    hurry: Callable[[], None]
    converse: Converse | None = None
    format: Format | None = None


class Mounting:
    """An ASGI app made of doors: the native one, and one per dialect by its name."""

    def __init__(self, native: ASGIApp, dialects: Mapping[str, ASGIApp]) -> None:
        self._native = native
        self._dialects = dict(dialects)
        self._under_v1 = {word.encode(): dialects[name] for word, name in UNDER_API_V1.items() if name in dialects}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand the request to the door that its path belongs to."""
        if scope["type"] != "http":
            return self._native(scope, receive, send)
        raw = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
        if raw.startswith(V1):  # nearly every request
            word = raw[len(V1) :].partition(b"/")[0].lower()
            return self._under_v1.get(word, self._native)(scope, receive, send)
        first, _, rest = raw.removeprefix(b"/").partition(b"/")
        door = self._dialects.get(first.decode("latin-1"))
        if door is not None:
            prefix = f"/{first.decode('latin-1')}"
            inside = {"raw_path": b"/" + rest, "path": scope["path"].removeprefix(prefix) or "/", "root_path": prefix}
            return door({**scope, **inside}, receive, send)
        return self._dialects.get(family(raw), self._native)(scope, receive, send)


def inside(raw_path: bytes, doors: Collection[str]) -> tuple[str, bytes]:
    """The name of the door (one of `doors`, or the native one) that a path belongs to, and the path inside of it."""
    first, _, rest = raw_path.removeprefix(b"/").partition(b"/")
    if (name := first.decode("latin-1")) in doors:
        return name, b"/" + rest
    name = family(raw_path)
    return (name if name in doors else NATIVE), raw_path


def family(raw_path: bytes) -> str:
    """The name of the door that a path of the shared root belongs to."""
    if raw_path[: len(DOUBLED)].lower() == DOUBLED and UNDER_API_V1.get(_word(raw_path[len(DOUBLED) :])) == "des":
        return "des"  # a service base that ends in a slash, before a path that begins with one
    first, _, rest = raw_path.removeprefix(b"/").partition(b"/")
    word = _word(first)
    if word != "api":
        return ROOTS.get(word, NATIVE)
    second, _, rest = rest.partition(b"/")
    if _word(second) != "v1":
        return "adverity"
    return UNDER_API_V1.get(_word(rest), NATIVE)


def _word(raw: bytes) -> str:
    """The first segment, in lower case."""
    return raw.partition(b"/")[0].lower().decode("latin-1")
