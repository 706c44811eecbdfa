"""All doors of a server on one host: which of them answers a path.

The vendors' documented paths do not collide. Each door says where they begin; what belongs to none is the native
door's. Every door also stands under a prefix of its own, where it answers whatever comes. A door that is switched off
is not there: its paths are unknown to the native one.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from msgspec import Struct
from starlette.types import ASGIApp, Receive, Scope, Send

from runbell.http.conversation import Converse
from runbell.http.door import Door
from runbell.http.route import Route
from runbell.ports.notifier import Format

NATIVE: Final = "native"
V1: Final = b"/api/v1/"
DOUBLED: Final = b"//api/v1/"


class Paths(Struct, frozen=True, kw_only=True):
    """Where the documented paths of a door begin, in lower case. No two doors say the same.

    `roots`: first segments. `under_v1`: the segments behind /api/v1/, and with `doubled` behind //api/v1/ too, for
    clients whose service base ends in a slash. `under_api`: whatever else is below /api.
    """

    roots: tuple[str, ...] = ()
    under_v1: tuple[str, ...] = ()
    doubled: bool = False
    under_api: bool = False


class Opened(Struct, frozen=True, kw_only=True):
    """A dialect's door: its app, its paths and routes, its OpenAPI document, and what ends all long waits at once.

    `converse`: how its clients talk about a job, for collections. `format`: its form of the bodies of webhooks.
    """

    app: Door
    paths: Paths
    routes: tuple[Route, ...]
    document: dict[str, Any]
    hurry: Callable[[], None]
    converse: Converse | None = None
    format: Format | None = None


class Host:
    """Which door each path of a host belongs to, by its name. Raises ValueError when two doors want the same."""

    def __init__(self, doors: Mapping[str, Paths]) -> None:
        self._names = frozenset(doors)
        self._roots = _each({name: paths.roots for name, paths in doors.items()})
        self.under_v1: Final = _each({name: paths.under_v1 for name, paths in doors.items()})
        self._doubled = _each({name: paths.under_v1 for name, paths in doors.items() if paths.doubled})
        self._under_api = _each({name: ("api",) for name, paths in doors.items() if paths.under_api})

    def family(self, raw_path: bytes) -> str:
        """The name of the door that a path of the shared root belongs to."""
        if raw_path[: len(DOUBLED)].lower() == DOUBLED and (name := self._doubled.get(_word(raw_path[len(DOUBLED) :]))):
            return name
        first, _, rest = raw_path.removeprefix(b"/").partition(b"/")
        word = _word(first)
        if word != "api":
            return self._roots.get(word, NATIVE)
        second, _, rest = rest.partition(b"/")
        if _word(second) != "v1":
            return self._under_api.get(word, NATIVE)
        return self.under_v1.get(_word(rest), NATIVE)

    def inside(self, raw_path: bytes) -> tuple[str, bytes]:
        """The name of the door that a path belongs to, and the path inside of it."""
        first, _, rest = raw_path.removeprefix(b"/").partition(b"/")
        if (name := first.decode("latin-1")) in self._names:
            return name, b"/" + rest
        return self.family(raw_path), raw_path


class Mounting:
    """An ASGI app made of doors: the native one, and one per dialect by its name, each where its host says."""

    def __init__(self, native: ASGIApp, dialects: Mapping[str, ASGIApp], host: Host) -> None:
        self._native = native
        self._dialects = dict(dialects)
        self._host = host
        self._under_v1 = {word.encode(): dialects[name] for word, name in host.under_v1.items()}

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
        return self._dialects.get(self._host.family(raw), self._native)(scope, receive, send)


def _each(wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The door that each beginning belongs to."""
    found: dict[str, str] = {}
    for name, words in wanted.items():
        for word in words:
            if found.setdefault(word, name) != name:
                raise ValueError(f"The doors {found[word]} and {name} both want the paths that begin with {word}.")
    return found


def _word(raw: bytes) -> str:
    """The first segment, in lower case."""
    return raw.partition(b"/")[0].lower().decode("latin-1")
