"""Connections over a real socket: what is no request is refused in the door's words, and going down drops nothing."""

import asyncio
import json
from pathlib import Path

import pytest

from runbell.http.server import CannotListen, listen

from .connections import a_server

pytestmark = pytest.mark.anyio


async def test_headers_over_the_limit_are_refused_in_the_door_s_words(tmp_path: Path) -> None:
    async with a_server(tmp_path, serving=False) as server:
        many = b"".join(b"X-%d: y\r\n" % number for number in range(101))
        for head in (
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 33_000 + b"\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n",
            b"GET /" + b"y" * 33_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Endless: " + b"y" * 200_000,
        ):
            line = await server.line()
            await line.say(head)
            answer = await line.answer()
            assert (answer.status, answer.code) == (431, "header_too_large")
            assert await line.closed_within(1)


async def test_what_is_not_http_is_refused_in_the_door_s_words(tmp_path: Path) -> None:
    async with a_server(tmp_path, serving=False) as server:
        for junk in (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET http://x HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
            b"GET / HTTP/1.1\r\nNo Colon\r\n\r\n",
        ):
            line = await server.line()
            await line.say(junk)
            answer = await line.answer()
            assert (answer.status, answer.code) == (400, "malformed"), junk
            assert answer.headers["content-type"] == "application/problem+json"
            assert "server" not in answer.headers
            assert await line.closed_within(1)
        line = await server.line()
        await line.say(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await line.answer()).status == 204  # a question about the server as a whole (RFC 9110 §9.3.7)


async def test_odd_but_good_http_is_served(tmp_path: Path) -> None:
    async with a_server(tmp_path, serving=False) as server:
        line = await server.line()
        await line.say(b"GET http://elsewhere/healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
        assert (await line.answer()).status == 200
        upgrade = b"GET /api/v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        await line.say(upgrade)
        assert (await line.answer()).status == 401
        old = await server.line()
        await old.say(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert (await old.answer()).status == 200
        assert await old.closed_within(1)
        pair = await server.line()
        await pair.say(server.request("/healthz") + server.request("/version"))
        assert [(await pair.answer()).status, (await pair.answer()).status] == [200, 200]


async def test_a_body_over_the_limit_is_refused_and_not_read_to_its_end(tmp_path: Path) -> None:
    async with a_server(tmp_path, serving=False) as server:
        await server.visit.defined()
        head = server.request("/api/v1/jobs/load/executions", method="POST", body=b"x")[:-1]
        line = await server.line()
        await line.say(head.replace(b"Content-Length: 1\r\n", b"Content-Length: 900000000\r\n") + b"x" * 1_000)
        answer = await line.answer()
        assert (answer.status, answer.code, answer.headers["connection"]) == (413, "body_too_large", "close")
        sent = 0
        with pytest.raises(ConnectionError):
            for _ in range(200):
                await line.say(b"x" * 65_536)
                sent += 65_536
        assert sent < 10 << 20
        chunked = await server.line()
        await chunked.say(head.replace(b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n"))
        with pytest.raises(ConnectionError):
            for _ in range(400):
                await chunked.say(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        small = await server.line()
        await small.say(server.request("/api/v1/jobs/load/executions", method="POST", body=b"{}", key=False))
        assert (await small.answer()).status == 401
        await small.say(server.request("/healthz"))
        assert (await small.answer()).status == 200


async def test_who_sends_on_after_a_refusal_can_read_it_and_is_hung_up_on(tmp_path: Path) -> None:
    async with a_server(tmp_path, serving=False) as server:
        await server.visit.defined()
        for path, status in (("/api/v1/jobs/load/executions", 413), ("/api/v1/nowhere", 404)):
            line = await server.line()
            head = server.request(path, method="POST", body=b"x")[:-1]
            await line.say(head.replace(b"Content-Length: 1\r\n", b"Content-Length: 900000000\r\n"))
            await line.say(b"x" * (1_500 << 10))
            assert (await line.answer()).status == status
            assert await line.closed_within(4)


async def test_a_body_that_breaks_off_its_own_framing_is_refused_before_it_is_answered(tmp_path: Path) -> None:
    async with a_server(tmp_path, serving=False) as server:
        line = await server.line()
        head = server.request("/api/v1/jobs/load/executions", method="POST", body=b"x")[:-1]
        await line.say(head.replace(b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n") + b"junk\r\n")
        answer = await line.answer()
        assert (answer.status, answer.code) == (400, "malformed")
        assert await line.closed_within(1)


async def test_what_is_not_http_is_refused_by_the_door_that_its_path_names(tmp_path: Path) -> None:
    told: list[tuple[str, bytes]] = []
    async with a_server(tmp_path, serving=False, told=told) as server:
        for sent in (b"GET /a/\xff HTTP/1.1\r\n\r\n", b"PUT http://x/b?\xff HTTP/1.1\r\n\r\n", b"junk\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /c\xff HTTP/1.1\r\n\r\n"):  # fmt: skip
            line = await server.line()
            await line.say(sent)
            assert await line.closed_within(2)
        assert told == [("GET", b"/a/\xff"), ("PUT", b"/b"), ("", b"")]


async def test_going_down_finishes_what_is_in_flight_and_takes_nothing_new(tmp_path: Path) -> None:
    async with a_server(tmp_path, serving=False) as server:
        await server.visit.defined()
        waiting, idle, tail = await server.line(), await server.line(), await server.line()
        await idle.say(server.request("/healthz"))
        await idle.answer()
        await waiting.say(server.request("/api/v1/jobs/load/executions?wait=60", method="POST", body=b"{}"))
        while not server.visit.ports.watchers._waiting:
            await asyncio.sleep(0.01)
        await tail.say(
            server.request("/api/v1/executions/1/logs?follow").replace(b"Host", b"Accept: text/event-stream\r\nHost")
        )
        await tail.reader.readuntil(b"retry: 2000")
        server.stop.set()
        answer = await waiting.answer()
        assert (answer.status, json.loads(answer.body)["status"]) == (202, "queued")
        assert await idle.closed_within(2)
        assert await tail.closed_within(2)
        async with asyncio.timeout(3):
            await server.task
        with pytest.raises(ConnectionError):
            await server.line()


def test_an_address_that_cannot_be_listened_on_is_told_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(CannotListen, match="--port"):
        listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(CannotListen, match="--host"):
        listen("no.such.host.invalid", 80)
    with pytest.raises(CannotListen):
        listen("127.0.0.1", 99_999)
