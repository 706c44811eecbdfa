"""What a door offers, as data: method, path, endpoint, who may use it, and what its document says about it."""

from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from runbell.domain.fault import Fault
from runbell.operations.identify import Where

if TYPE_CHECKING:
    from runbell.http.answer import Answer, Headers, Stream
    from runbell.http.request import Request

JSON = "application/json"

Endpoint = Callable[["Request"], Awaitable["Answer | Stream"]]


class Query(Struct, frozen=True):
    """A query parameter: its name, its JSON Schema and a sentence. What is not declared is refused.

    `blank`: it may stand without a value.
    """

    name: str
    schema: dict[str, Any]
    description: str
    blank: bool = False


class Header(Struct, frozen=True):
    """A request header that the route understands."""

    name: str
    description: str


class Reply(Struct, frozen=True):
    """One success of a route: what it means, and the type of its body per media type; a tuple: one of several."""

    description: str
    content: Mapping[str, Any] = {}
    headers: tuple[str, ...] = ()


class Refusals(Struct, frozen=True):
    """How some routes word their refusals when a standard says how: instead of the door's own words.

    `statuses`: the words per HTTP status; each stands in the body's member `error`.
    """

    write: Callable[[Fault, "Request"], "Answer"]
    shape: Any
    media: str
    statuses: Mapping[int, tuple[str, ...]]


class Retiring(Struct, frozen=True):
    """A route on its way out: since when (RFC 9745), until when (RFC 8594), in epoch seconds; where to read why."""

    deprecated_at: int
    sunset_at: int | None = None
    link: str | None = None

    def headers(self) -> "Headers":
        """What its answers say of it."""
        found = [(b"deprecation", b"@%d" % self.deprecated_at)]
        if self.sunset_at is not None:
            found.append((b"sunset", formatdate(self.sunset_at, usegmt=True).encode()))
        if self.link is not None:
            found.append((b"link", f'<{self.link}>; rel="deprecation"; type="text/html"'.encode()))
        return found


class Route(Struct, frozen=True, kw_only=True):
    """One method on one path. Who may use it is said here: `scope`, `anyone=True` (who is known), or `open=True`.

    `where` is the project in which the right counts: the one that the request acts in; `server` for what belongs to no
    project: there the right must be held for every project (`*`); `any`: the endpoint looks for itself.
    `late`: the endpoint asks for the right itself (`request.need`), once it has found what the request is about; until
    then the caller sees what any of its rights reaches. For dialects that tell "not there" from "not allowed".
    `foreign`: the query is another's, by a standard that says to ignore what one does not know (RFC 6749 §3.1).
    `path` has values in braces, each a whole segment or the part before a verb: `/jobs/{job}:run`.
    """

    method: str
    path: str
    endpoint: Endpoint
    name: str
    summary: str
    replies: Mapping[int, Reply]
    scope: str | None = None
    late: bool = False
    where: Where = "project"
    anyone: bool = False
    open: bool = False
    query: tuple[Query, ...] = ()
    foreign: bool = False
    headers: tuple[Header, ...] = ()
    body: Any = None
    body_media: str = JSON
    body_required: bool = False
    body_json: bool = True
    faults: tuple[type[Fault], ...] = ()
    refusals: Refusals | None = None
    retiring: Retiring | None = None
