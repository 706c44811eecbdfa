"""The connection leaves nothing behind that only the collector of garbage would find."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from runbell.domain.fault import Fault
from runbell.http.answer import Answer, Stream
from runbell.http.deadlines import EdgeLimits
from runbell.http.protocol import Edge, EdgeProtocol
from runbell.http.whole_answer import WHOLE

pytestmark = pytest.mark.anyio
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await Answer(200, [], b"hello").send(send, bodiless=False, whole=scope[WHOLE])


def no_refusal(fault: Fault, method: str, path: bytes) -> Answer:
    raise AssertionError(f"{method} {path!r} was refused: {fault}")


async def asked(protocol: EdgeProtocol, wire: Wire) -> "weakref.ref[object]":
    """Make a request, wait for its answer; what the connection kept of it."""
    wire.written = b""
    protocol.data_received(REQUEST)
    cycle = weakref.ref(protocol.cycle)
    while not wire.written.endswith(b"hello"):
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    return cycle


@pytest.mark.usefixtures("uncollected")
async def test_a_request_is_forgotten_when_the_next_one_comes() -> None:
    config = uvicorn.Config(hello, lifespan="off", log_config=None)
    config.load()
    wire = Wire()
    protocol = EdgeProtocol(Edge(EdgeLimits(), no_refusal), config, ServerState(), {}, asyncio.get_running_loop())
    protocol.connection_made(wire)
    first = await asked(protocol, wire)
    second = await asked(protocol, wire)
    assert first() is None
    assert second() is not None


async def pieces() -> AsyncIterator[bytes]:
    yield b"one "
    yield b"two"


async def streamed(scope: Scope, receive: Receive, send: Send) -> None:
    await Stream(200, [], pieces()).send(send, bodiless=False)


async def told(app: ASGIApp, request: bytes) -> bytes:
    """All that is written to whoever makes this request; a caller who speaks HTTP/1.0 is hung up on behind it."""
    wire = Wire()
    config = uvicorn.Config(app, lifespan="off", log_config=None)
    config.load()
    protocol = EdgeProtocol(Edge(EdgeLimits(), no_refusal), config, ServerState(), {}, asyncio.get_running_loop())
    protocol.connection_made(wire)
    protocol.data_received(request)
    while not protocol.cycle.response_complete:
        await asyncio.sleep(0)
    assert wire.closed == (b"HTTP/1.0" in request)
    return wire.written


async def test_whoever_speaks_http_1_0_gets_no_chunks() -> None:
    old = await told(streamed, b"GET / HTTP/1.0\r\n\r\n")
    assert old.endswith(b"\r\n\r\none two")
    assert b"transfer-encoding" not in old
    assert b"connection: close" in old
    assert b"4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n" in await told(streamed, REQUEST)
    assert (await told(hello, b"GET / HTTP/1.0\r\n\r\n")).endswith(
        b"content-length: 5\r\nconnection: close\r\n\r\nhello"
    )
