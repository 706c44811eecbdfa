"""The bare loop's door: uvicorn and one ASGI function that answers when a row is on disk."""

# mypy: disable-error-code="explicit-override"

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from typing import Any

import msgspec
import uvicorn
import uvloop

GOT = b'{"id":"run_06g8r3v9zzzzzzzzzzzzzzzzzz","number":1,"status":"succeeded"}'
HEADERS = [(b"content-type", b"application/json")]


class Row(msgspec.Struct):
    """What a caller sends."""

    job: str
    params: dict[str, Any]


class Writer(asyncio.Protocol):
    """The way to the writer: what was asked in one turn of the loop goes in one piece, and is answered by a count."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pending: list[bytes] = []
        self._waiting: deque[asyncio.Future[None]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport: Any = transport

    def write(self, row: bytes) -> asyncio.Future[None]:
        """Done when the row is on disk."""
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(row)
        waiting = self._loop.create_future()
        self._waiting.append(waiting)
        return waiting

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        """Without its writer the door is of no use."""
        os._exit(0)

    def _flush(self) -> None:
        self._transport.write(b"".join(self._pending))
        self._pending = []

    def data_received(self, data: bytes) -> None:
        """One byte per committed row."""
        for _ in data:
            self._waiting.popleft().set_result(None)


class Door:
    """POST writes a row (`/3`: and changes it twice more); GET answers constant bytes."""

    def __init__(self) -> None:
        self.writer: Writer
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.json.Decoder(Row).decode
        self._number = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["method"] == "GET":
            await self._answer(send, 200, GOT)
            return
        message = await receive()
        row = self._decode(message["body"])
        self._number += 1
        number = self._number
        await self.writer.write(self._frame((number, "queued", row.job, self._encode(row.params))))
        if scope["path"] == "/3":
            await self.writer.write(self._frame((number, "running", None, None)))
            await self.writer.write(self._frame((number, "succeeded", None, None)))
        await self._answer(send, 202, b'{"number":%d}' % number)

    def _frame(self, change: tuple[Any, ...]) -> bytes:
        body = self._encode(change)
        return len(body).to_bytes(4, "big") + body

    async def _answer(self, send: Any, status: int, body: bytes) -> None:
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": body})


async def serve(listener: socket.socket, to_writer: socket.socket) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    door = Door()
    _, door.writer = await loop.create_connection(lambda: Writer(loop), sock=to_writer)
    config = uvicorn.Config(
        door, http="httptools", ws="none", lifespan="off", access_log=False, log_config=None, log_level="error"
    )
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    ours, theirs = socket.socketpair()
    with subprocess.Popen([sys.executable, "-m", "bench.bare.writer", sys.argv[1]], stdin=theirs.fileno()):
        theirs.close()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(socket.socket(fileno=0), ours))
