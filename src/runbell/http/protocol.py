"""The connection: uvicorn's, with the deadlines and caps that it has not (it never closes a half-sent request)."""

# mypy: disable-error-code="explicit-override"

import asyncio
import re
import socket
import struct
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from weakref import ref

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from runbell.domain.fault import Fault
from runbell.domain.faults import HeaderTooLarge, Malformed
from runbell.http.answer import Answer
from runbell.http.body import MAX_BODY
from runbell.http.deadlines import EdgeLimits, Progress
from runbell.http.door import TRUST
from runbell.http.old_http import unchunked
from runbell.http.whole_answer import WHOLE, write_whole

READ_AHEAD: Final = 65_536
"""What headers may be too large by, so that the caller can read the refusal."""
LINGER_S: Final = 2.0
"""How long a caller whose body was not read to its end has to read the answer. To close at once would reset the
connection, and the answer would be lost with it."""

_AT_ONCE: Final = struct.pack("ii", 1, 0)

Refuse = Callable[[Fault, str, bytes], Answer]
"""The answer to a fault, the method and the raw path of what never reached a door; empty where they are not known."""
_OPENING: Final = re.compile(rb"\s*([A-Za-z]+) (?:https?://[^/ ]*)?(/[^ ?#\r\n]*)")


class Edge:
    """What all connections of one server share: the limits, the words of a refusal, the strangers per address."""

    def __init__(self, limits: EdgeLimits, refuse: Refuse) -> None:
        self.limits = limits
        self.refuse = refuse
        self.strangers: Counter[str] = Counter()
        self.connections: set[EdgeProtocol] = set()

    async def sweep(self) -> None:
        """Close whatever is overdue, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.limits.sweep_s)
            now = loop.time()
            for connection in list(self.connections):
                connection.look(now)

    def leave(self, address: str) -> None:
        """One stranger less from that address."""
        self.strangers[address] -= 1
        if self.strangers[address] <= 0:
            del self.strangers[address]


class EdgeProtocol(HttpToolsProtocol):
    """One connection. It is a stranger until it has made an authenticated request."""

    def __init__(
        self,
        edge: Edge,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._edge = edge
        self._door = self.app
        self._address = ""
        self._stranger = False
        self._leaving = False
        self._outlet: Any = _Outlet(self)
        self._head = 0
        self._opening = b""
        self._begun = 0
        self._progress = Progress(self.loop.time())

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or close it when its address has too many that nobody vouches for."""
        super().connection_made(transport)
        self._edge.connections.add(self)
        self._address = self.client[0] if self.client else ""
        self._stranger = True
        self._edge.strangers[self._address] += 1
        if 0 < self._edge.limits.strangers < self._edge.strangers[self._address]:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._edge.connections.discard(self)
        self.trust()
        super().connection_lost(exc)

    def trust(self) -> None:
        """An authenticated request came: it is no stranger any more."""
        if self._stranger:
            self._stranger = False
            self._edge.leave(self._address)

    def look(self, now: float) -> None:
        """Close it when it is overdue."""
        stuck = self.transport.get_write_buffer_size() > 0
        if not stuck or self._progress.written_since is None:
            self._progress.written_since = now if stuck else None
        if self._progress.overdue(now, self._edge.limits):
            self._cut_off()
        elif self._progress.rested(now, self._edge.limits):
            self.transport.close()

    def _cut_off(self) -> None:
        """Hang up at once: what the caller did not read is thrown away, or the kernel keeps megabytes for minutes."""
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    def resume_writing(self) -> None:
        """The caller reads on."""
        self._progress.written_since = None
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what has not become whole headers by the limit is refused."""
        progress = self._progress
        if progress.headers_since is None and progress.body_since is None:
            progress.headers_since = self.loop.time()
        if self._head == 0 and progress.body_since is None:
            self._opening, self._begun = data, 0
        super().data_received(data)
        if progress.headers_since is None:
            self._head = 0
            return
        self._head += len(data)
        if self._head > self._edge.limits.header_bytes + READ_AHEAD and not self.transport.is_closing():
            self._refuse_bluntly(HeaderTooLarge(f"Headers may be {self._edge.limits.header_bytes} bytes in all."))

    def on_message_begin(self) -> None:
        """The first byte of a request: from here its headers are due."""
        self._progress.headers_since = self.loop.time()
        self._progress.idle_since = None
        self._begun += 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin the request, or refuse it for the size of its headers."""
        self._progress.headers_since = None
        self._progress.body_since = self.loop.time()
        self._progress.received = 0
        self.scope[TRUST] = self.trust  # type: ignore[typeddict-unknown-key]
        version = self.parser.get_http_version()
        fault = self._head_fault(version)
        self.app = self._door if fault is None else _refusal(self._refused(fault))
        if version == "1.0":
            self.app = unchunked(self.app)
        super().on_headers_complete()
        self.cycle.transport = self._outlet
        # The cycle has the scope: by a weak reference, since a ring of both would wait for the collector of garbage.
        self.scope[WHOLE] = partial(write_whole, ref(self.cycle))  # type: ignore[typeddict-unknown-key]

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body. Beyond what most bodies may have, each piece waits until somebody wants it; what
        comes after the answer is not wanted any more."""
        self._progress.received += len(body)
        super().on_body(body)
        if self._progress.received > MAX_BODY:
            if self.cycle.response_complete:
                self.leave()
            else:
                self.flow.pause_reading()

    def leave(self) -> None:
        """Close when everything is written: at once, or after a while when the caller may be sending still."""
        if self._progress.body_since is None:
            self.transport.close()
        elif not self._leaving:
            self._leaving = True
            self.flow.pause_reading()
            self.loop.call_later(LINGER_S, self.transport.close)

    def on_response_complete(self) -> None:
        """Go on with the next request, unless there will be none. uvicorn sets a timer for each rest (3 µs), here the
        sweep sees it."""
        if self._leaving or self.transport.is_closing():
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._progress.idle_since = self.loop.time()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._progress.body_since = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP is refused in the words of the door that it was meant for, as far as that can be seen."""
        self._refuse_bluntly(Malformed(f"{msg} Check the request line and the headers."))

    def _refuse_bluntly(self, fault: Fault) -> None:
        cycle: Any = self.cycle  # None before the first request, whatever its declared type says
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started or self._progress.body_since is None:
                self.transport.close()  # an answer is on its way: nothing may be written into it, or before it
                return
            cycle.disconnected = True  # the body of this request is what is refused: its own answer goes nowhere
            cycle.message_event.set()
        answer = self._refused(fault)
        head = [b"HTTP/1.1 %d \r\n" % answer.status]
        head += [b"%s: %s\r\n" % line for line in answer.headers]
        head += [b"content-length: %d\r\nconnection: close\r\n\r\n" % len(answer.body), answer.body]
        self.transport.write(b"".join(head))
        self.transport.close()

    def _refused(self, fault: Fault) -> Answer:
        """The refusal in the words of the door whose path stands at the beginning of what was sent. Of several requests
        sent at once only the first can be told by that."""
        meant = _OPENING.match(self._opening) if self._begun <= 1 else None
        method, path = (meant[1].decode(), meant[2]) if meant is not None else ("", b"")
        return self._edge.refuse(fault, method, path)

    def _head_fault(self, version: str) -> Fault | None:
        """What is wrong with a head that could be parsed: its size, its version, its Host (RFC 9112 §3.2)."""
        limits, headers = self._edge.limits, self.headers
        size, hosts = len(self.url), 0
        for name, value in headers:
            size += len(name) + len(value)
            hosts += name == b"host"
        if len(headers) > limits.header_count or size > limits.header_bytes:
            return HeaderTooLarge(f"Send at most {limits.header_count} headers of {limits.header_bytes} bytes in all.")
        if version == "1.1" and hosts == 1:
            return None
        if version not in {"1.0", "1.1"}:
            return Malformed("Speak HTTP/1.1 or HTTP/1.0.")
        return None if version == "1.0" else Malformed("Send the header Host, once.")


class _Outlet:
    """What a request writes its answer to. It closes the connection as the protocol wants it closed."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: EdgeProtocol) -> None:
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        """Send it."""
        self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._protocol.transport.is_closing()

    def close(self) -> None:
        """The answer is written, and no further request is wanted."""
        self._protocol.leave()


def _refusal(answer: Answer) -> ASGIApp:
    """An app that gives this one answer and closes the connection."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - the shape of an ASGI app
        answer.headers.append((b"connection", b"close"))
        await answer.send(send, bodiless=scope["method"] == "HEAD")

    return app
