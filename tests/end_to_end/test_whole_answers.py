"""Answers that go out in one piece, over a real socket: they say what the two messages of ASGI would have said."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from runbell.http.answer import Answer, Headers
from runbell.http.deadlines import EdgeLimits
from runbell.http.server import listen, serve
from runbell.http.whole_answer import WHOLE

pytestmark = pytest.mark.anyio
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def a_server(headers: Headers, idle_s: int = 75) -> AsyncIterator[int]:
    """Serve one answer with these headers; where."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        answer = Answer(200, list(headers), b"all of it")
        await answer.send(send, bodiless=scope["method"] == "HEAD", whole=scope[WHOLE])

    with listen("127.0.0.1", 0) as listener:
        stop, up = asyncio.Event(), asyncio.Event()
        limits = EdgeLimits(sweep_s=0.05, idle_s=idle_s)
        task = asyncio.create_task(
            serve(app, listener, refuse=lambda _: Answer(400, []), stop=stop, limits=limits, on_listening=up.set)
        )
        await up.wait()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            await task


async def said(port: int, *requests: bytes) -> bytes:
    """All that comes back until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(requests))
    async with asyncio.timeout(5):
        found = await reader.read()
    writer.close()
    return found


async def test_answers_come_in_order_with_their_length_and_the_last_says_that_it_is() -> None:
    async with a_server([(b"x-kind", b"plain")]) as port:
        first, second, third, fourth = (await said(port, GET, HEAD, GET, LAST)).split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert not first.split(b"\r\n")[0].startswith(b"HTTP")
    for answer in (first, second, third, fourth):
        assert b"x-kind: plain\r\n" in answer and b"content-length: 9\r\n" in answer and b"date: " in answer
    assert first.endswith(b"\r\n\r\nall of it") and third == first
    assert second.endswith(b"\r\n\r\n")
    assert b"connection: close\r\n" in fourth and b"connection" not in first


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: mine", b"a\nb", b"a\rb", b"a\0b", b"a\x7fb"])
async def test_a_header_that_would_end_itself_is_never_sent(value: bytes) -> None:
    async with a_server([(b"x-kind", value)]) as port:
        assert b"x-kind" not in await said(port, GET, LAST)


async def test_an_answer_that_is_to_be_the_last_one_is() -> None:
    async with a_server([(b"connection", b"close")]) as port:
        assert (await said(port, GET, GET)).count(b"HTTP/1.1 200 OK") == 1


async def test_a_connection_that_rests_is_closed_and_one_that_goes_on_is_not() -> None:
    async with a_server([], idle_s=1) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began = asyncio.get_running_loop().time()
        for _ in range(4):
            writer.write(GET)
            await reader.readuntil(b"all of it")
            await asyncio.sleep(0.4)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        assert asyncio.get_running_loop().time() - began >= 1.6
        writer.close()
