"""One request as an endpoint sees it. Headers and query are read when they are asked for."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from starlette.types import Receive, Scope

from runbell.domain.execution import Execution
from runbell.domain.faults import Malformed, NotAcceptable, UnsupportedMediaType
from runbell.domain.identity import Actor
from runbell.domain.sight import Sight
from runbell.http import body, form, prefer, query
from runbell.http.answer import Headers, header
from runbell.http.patience import Patience
from runbell.http.prefer import Preferences
from runbell.http.route import Route
from runbell.http.site import Site
from runbell.operations.identify import Principal
from runbell.operations.ports import Ports

T = TypeVar("T")
_NAMES: Final = random.Random()  # noqa: S311 - a name, not a secret
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_TRACEPARENT: Final = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ONCE: Final = (b"authorization", b"x-api-key", b"content-type", b"idempotency-key", b"host")


class Request:
    """A request that has found its route. `principal` and `actor` are set unless the route is open."""

    __slots__ = (
        "_patience", "_receive", "actor", "headers", "held", "id", "method", "ports", "principal", "query", "route",
        "scope", "site", "told", "values",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive, ports: Ports, patience: Patience, site: Site) -> None:
        self.scope = scope
        self.ports = ports
        self.site = site
        self._patience = patience
        self.method: str = scope["method"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.id = _request_id(self.headers.get(b"x-request-id"))
        self.told: Headers = []
        self.held = ""
        self.query: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.route: Route
        self.principal: Principal
        self.actor: Actor
        self._receive = receive

    def check_headers(self) -> None:
        """Join what came in several lines (RFC 9110 §5.3). Raises Malformed for what may come only once."""
        lines = self.scope["headers"]
        if len(lines) == len(self.headers):
            return
        joined: dict[bytes, bytes] = {}
        for name, value in lines:
            if name in joined and name in _ONCE:
                raise Malformed(f"Send the header {name.decode()} once.")
            joined[name] = joined[name] + b", " + value if name in joined else value
        self.headers = joined

    def header(self, name: bytes) -> str | None:
        """A header as text, None when absent."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def sees(self, execution: Execution) -> Sight:
        """What of that execution its caller is shown."""
        return self.principal.sight(execution.project, execution.job)

    @property
    def address(self) -> str:
        """Where the request comes from: the connection's address, or what a believed proxy says."""
        client = self.scope.get("client")
        peer = client[0] if client else ""
        return self.site.address(peer, self.headers) if self.site.proxies else peer

    @property
    def raw_path(self) -> bytes:
        """The path as it was sent, undecoded."""
        raw: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        return raw

    @property
    def base(self) -> str:
        """What absolute URLs of this door begin with, as the caller sees it; no slash at the end."""
        client = self.scope.get("client")
        server = self.site.base(client[0] if client else "", self.scope["scheme"], self.headers)
        return server + str(self.scope.get("root_path", ""))

    @property
    def traceparent(self) -> str | None:
        """The W3C trace context, None when absent or malformed."""
        value = self.headers.get(b"traceparent")
        return value.decode() if value is not None and _TRACEPARENT.fullmatch(value) else None

    @property
    def has_body(self) -> bool:
        """Whether the caller announced a body."""
        return self.headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in self.headers

    def with_right(self, scope: str) -> Actor:
        """The same caller acting by another right than the route's own. Raises InsufficientScope."""
        return self.principal.acting(scope, self.actor.project, self.address, self.id)

    def preferences(self, longest_s: int) -> Preferences:
        """The Prefer header and its aliases in the query; waiting is capped at `longest_s`."""
        return prefer.read(self.header(b"prefer"), self.query, longest_s=longest_s)

    def limit(self) -> int:
        """How many rows a page holds."""
        return query.limit(self.query)

    def cursor(self) -> str | None:
        """Where the list goes on, None for its beginning."""
        return self.query.get("cursor", self.query.get("page_token"))

    def next_page(self, cursor: str | None) -> Headers:
        """The Link to the next page (RFC 8288), nothing when there is none."""
        if cursor is None:
            return []
        kept = {name: value for name, value in self.query.items() if name != "page_token"}
        return [self.link(self.scope["path"], kept | {"cursor": cursor})]

    def link(self, path: str, parameters: dict[str, str]) -> tuple[bytes, bytes]:
        """The Link to what comes next."""
        return header("link", f'<{quote(path)}?{urlencode(parameters)}>; rel="next"')

    async def json(self) -> Any:
        """The JSON value of the body, an empty object when there is none. Raises what `http.body` raises."""
        if not self.has_body:
            return {}
        allowed = (self.route.body_media, "application/json")
        body.check_type(self.header(b"content-type"), self.header(b"content-encoding"), allowed)
        raw = await body.read(self._receive, self.headers.get(b"content-length"))
        return body.parse(raw) if raw else {}

    def act_in(self, project: str) -> None:
        """From here on the request is about that project. Raises NotFound when it is not there for the caller."""
        self.actor = self.principal.seeing(project, self.address, self.id)

    def need(self, scope: str, job: str | None = None) -> None:
        """From here on the caller uses the right `scope`. Raises InsufficientScope, also when `job` is beyond it."""
        self.actor = self.principal.need(scope, self.actor, job)

    async def raw(self, limit: int = body.MAX_BODY) -> bytes:
        """The body as it came, whatever its type. Raises BodyTooLarge, UnsupportedMediaType for a compressed one."""
        if not self.has_body:
            return b""
        if self.header(b"content-encoding") not in {None, "", "identity"}:
            raise UnsupportedMediaType("Send the body as it is; compressed request bodies are not taken.")
        return await body.read(self._receive, self.headers.get(b"content-length"), limit)

    async def drain(self) -> None:
        """Read the body and forget it, whatever it is. Raises BodyTooLarge."""
        if self.has_body:
            await body.read(self._receive, self.headers.get(b"content-length"))

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body piece by piece, as it comes. Raises Malformed when the caller hangs up before its end."""
        more = self.has_body
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Malformed("The connection was closed before the body was complete.")
            yield message.get("body", b"")
            more = message.get("more_body", False)

    async def form(self) -> dict[str, str]:
        """The fields of a form, or of a flat JSON object, none when there is no body. Raises Malformed and the like."""
        if not self.has_body:
            return {}
        media = self.header(b"content-type")
        body.check_type(media, self.header(b"content-encoding"), (form.FORM, "application/json"))
        raw = await body.read(self._receive, self.headers.get(b"content-length"), form.MOST_BYTES)
        if media is not None and media.lower().startswith("application/json"):
            return form.from_json(body.parse(raw))
        return form.read(raw)

    def accepts(self, *offered: str) -> str:
        """The first media type of those offered that the caller takes best. Raises NotAcceptable."""
        wanted = self.header(b"accept")
        best, best_quality = offered[0], 1.0 if wanted is None else 0.0
        for media in offered:
            quality = _quality(media, wanted or "")
            if quality > best_quality:
                best, best_quality = media, quality
        if best_quality == 0:
            which = "it" if len(offered) == 1 else "one of them"
            raise NotAcceptable(f"This comes as {', '.join(dict.fromkeys(offered))}; ask for {which} in Accept.")
        return best

    @property
    def patient(self) -> bool:
        """False once the server goes down: then nothing should be waited for."""
        return not self._patience.over

    async def wait(self, waiting: Awaitable[T], otherwise: T) -> T:
        """Wait until the caller hangs up or the server goes down; then it is `otherwise`."""
        return await self._patience.wait(self._receive, waiting, otherwise)

    async def pause(self, change: asyncio.Event, seconds: float) -> bool:
        """Wait for the event, at most so many seconds. False when the caller hung up or the server goes down."""
        return await self.wait(_within(change, seconds), otherwise=False)


async def _within(change: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await change.wait()
    return True


def _request_id(given: bytes | None) -> str:
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode()
    return f"{_NAMES.getrandbits(64):016x}"


def _quality(media: str, wanted: str) -> float:
    """How well a media type fits an Accept header: the quality of the most specific range that holds it."""
    best = (-1, 0.0)
    kind = media.partition("/")[0]
    for item in wanted.lower().split(","):
        name, _, options = item.strip().partition(";")
        rank = {media: 2, f"{kind}/*": 1, "*/*": 0}.get(name.strip())
        if rank is not None:
            found = re.search(r"q\s*=\s*([01](?:\.\d{0,3})?)", options)
            best = max(best, (rank, float(found[1]) if found else 1.0))
    return best[1]
