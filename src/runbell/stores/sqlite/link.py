"""The server's end of the line to the writer: all requests of one turn of the event loop go out together."""

# typing.override is newer than Python 3.11.
# mypy: disable-error-code="explicit-override"

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from runbell.domain.faults import Unavailable
from runbell.ports.store import Notice
from runbell.stores.sqlite.protocol import Inbox, Request, Said, decode_reply, error_of, write_request

HUNG_UP: Final = "The writer of the database has ended unexpectedly; start the server again, it goes on from the disk."


class Link(asyncio.Protocol):
    """Sends requests, and hands each answer to whoever asked."""

    def __init__(self, on_fatal: Callable[[str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_fatal = on_fatal
        self._listeners: list[Callable[[Notice], None]] = []
        self._bells: list[Callable[[], None]] = []
        self._outgoing: list[bytes] = []
        self._asked: deque[asyncio.Future[Any]] = deque()
        self._inbox = Inbox(self._take)
        self._transport: asyncio.WriteTransport | None = None
        self._closing = False
        self.broken: str | None = None
        self.ready: asyncio.Future[None] = self._loop.create_future()

    def subscribe(self, listener: Callable[[Notice], None]) -> None:
        """Call `listener` with whatever is committed from now on."""
        self._listeners.append(listener)

    def on_deliveries(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit that put a delivery on its way."""
        self._bells.append(listener)

    async def ask(self, request: Request) -> Any:
        """What the writer answers once it is on disk. Raises Faults, Stale, StopWins, Refused."""
        if self.broken is not None:
            raise Unavailable(self.broken)
        message = write_request(request)
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(message)
        answer = self._loop.create_future()
        self._asked.append(answer)
        return await answer

    async def close(self) -> None:
        """Hang up once everything asked has been answered."""
        self._closing = True
        while self._asked:
            await asyncio.wait([self._asked[-1]])
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        """The line stands."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Part of an answer, or several."""
        self._inbox.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The writer is gone: expected after `close`, else the end of this store."""
        self._break(HUNG_UP)

    def _flush(self) -> None:
        if self._outgoing and self._transport is not None:
            self._transport.write(b"".join(self._outgoing))
            self._outgoing.clear()

    def _take(self, message: bytes) -> None:
        reply = decode_reply(message)
        if reply.fatal is not None:
            self._break(reply.fatal)
            return
        if not self.ready.done():
            self.ready.set_result(None)
        for said, content in reply.answers:
            answer = self._asked.popleft()
            if answer.done():
                continue  # whoever asked has gone; it was done all the same
            if said == Said.DONE:
                answer.set_result(content)
            else:
                answer.set_exception(error_of(said, content))
        for notice in reply.notices:
            for listener in self._listeners:
                listener(notice)
        if reply.rang:
            for ring in self._bells:
                ring()

    def _break(self, why: str) -> None:
        if self.broken is not None:
            return
        self.broken = why
        for answer in self._asked:
            if not answer.done():
                said = f"{why} Whether this was written is not known."
                answer.set_exception(Unavailable(said, about={"unsettled": True}))
        self._asked.clear()
        if not self.ready.done():
            self.ready.set_exception(Unavailable(why))
        elif not self._closing:
            self._on_fatal(why)
