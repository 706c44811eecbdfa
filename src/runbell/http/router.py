"""From a method and a raw path to a route: one dict look-up per segment, and one spelling per address.

The path is split first and each segment decoded once, so an encoded slash stays inside its segment and nothing that is
decoded can become another address. At each segment a literal wins over a verb, a verb over a value; nothing goes back.
Who may use a route is never decided here and never by a path string.
"""

from collections.abc import Iterable
from urllib.parse import unquote

from runbell.domain.faults import Malformed, MethodNotAllowed, NotFound
from runbell.http.route import Route

_SPELLED = frozenset("0123456789abcdefABCDEF")


class _Node:
    """One place in the tree of segments."""

    __slots__ = ("literals", "name", "routes", "value", "verbs")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.verbs: dict[str, tuple[str, _Node]] = {}
        self.name = ""
        self.value: _Node | None = None
        self.routes: dict[str, Route] = {}


class Router:
    """Finds the route for a request. HEAD is served by the route of GET, where none is declared for it.

    For dialects whose vendors are not strict: `fold` takes the literals of a path in any letter case, `slash` takes a
    slash at its end.
    """

    def __init__(self, routes: Iterable[Route], *, fold: bool = False, slash: bool = False) -> None:
        self._root = _Node()
        self._fold = fold
        self._slash = slash
        for route in sorted(routes, key=lambda route: route.method == "HEAD", reverse=True):
            node = self._root
            for segment in route.path.removeprefix("/").split("/"):
                node = _grow(node, segment.lower() if fold and not segment.startswith("{") else segment)
            if route.method in node.routes:
                raise ValueError(f"{route.method} {route.path} is declared twice.")
            node.routes[route.method] = route
            if route.method == "GET":
                node.routes.setdefault("HEAD", route)

    def find(self, method: str, raw_path: bytes) -> tuple[Route, dict[str, str]]:
        """The route and the values in its path. Raises NotFound, MethodNotAllowed, Malformed."""
        node, values = self._place(raw_path)
        route = node.routes.get(method)
        if route is None:
            allow = _allowed(node)
            raise MethodNotAllowed(f"Use one of {allow} here.", about={"allow": allow})
        return route, values

    def allowed(self, raw_path: bytes) -> str:
        """The methods of a path, as the header Allow lists them. Raises NotFound, Malformed."""
        return _allowed(self._place(raw_path)[0])

    def _place(self, raw_path: bytes) -> tuple[_Node, dict[str, str]]:
        node = self._root
        values: dict[str, str] = {}
        segments = _segments(raw_path)
        if self._slash and len(segments) > 1 and not segments[-1]:
            segments.pop()
        for segment in segments:
            after = node.literals.get(segment) or _step(node, segment, values, self._fold)
            if after is None:
                raise _nothing()
            node = after
        if not node.routes:
            raise _nothing()
        return node, values


def _allowed(node: _Node) -> str:
    return ", ".join(sorted({*node.routes, "OPTIONS"}))


def _nothing() -> NotFound:
    return NotFound("There is nothing at this address; the document at /openapi.json lists all there is.")


def _grow(node: _Node, segment: str) -> _Node:
    if not segment.startswith("{"):
        return node.literals.setdefault(segment, _Node())
    name, _, verb = segment.removeprefix("{").partition("}")
    if verb:
        return node.verbs.setdefault(verb.removeprefix(":"), (name, _Node()))[1]
    if node.value is None:
        node.name, node.value = name, _Node()
    if node.name != name:
        raise ValueError(f"One place has two names, {node.name} and {name}.")
    return node.value


def _segments(raw_path: bytes) -> list[str]:
    try:
        path = raw_path.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed("The path holds bytes that must be percent-encoded; encode them as UTF-8.") from None
    if not path.isprintable():
        raise Malformed("The path holds control characters; leave them out.")
    head, *segments = path.split("/")
    if head:
        raise Malformed("The path must begin with a slash.")
    return segments


def _step(node: _Node, raw: str, values: dict[str, str], fold: bool) -> _Node | None:
    """The place that one raw segment leads to; a value in it is noted in `values`."""
    segment = _decoded(raw) if "%" in raw else raw
    if (literal := node.literals.get(segment.lower() if fold else segment)) is not None:
        return literal
    if segment in {"", ".", ".."}:
        return None
    if node.verbs and ":" in raw:
        head, _, verb = raw.rpartition(":")
        if head and verb in node.verbs:
            name, after = node.verbs[verb]
            values[name] = _decoded(head)
            return after
    if node.value is not None:
        values[node.name] = segment
    return node.value


def _decoded(raw: str) -> str:
    for piece in raw.split("%")[1:]:
        if len(piece) < 2 or not _SPELLED.issuperset(piece[:2]):
            raise Malformed("A percent sign in the path must be followed by two hexadecimal digits.")
    try:
        segment = unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise Malformed("The path is not valid UTF-8 once it is decoded; percent-encode its UTF-8.") from None
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in segment):
        raise Malformed("The path holds control characters; leave them out.")
    return segment
