"""Connections over a real socket: half-sent requests are closed, good ones are not, and going down drops nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.fault import Fault
from runbell.http.answer import Answer as Reply
from runbell.http.deadlines import EdgeLimits
from runbell.http.server import CannotListen, listen, serve
from tests.dialects.native.visit import Visit, a_visit

pytestmark = pytest.mark.anyio
HASTY = EdgeLimits(headers_s=0.4, body_s=0.6, write_s=0.5, sweep_s=0.05, strangers=5)
CALM = EdgeLimits(sweep_s=0.05)


@dataclass
class Answer:
    """What came back over the wire."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split()[1]), headers, body)

    async def closed_within(self, seconds: float) -> bool:
        """Whether the server hangs up, whatever it says before."""
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(65_536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


@dataclass
class Serving:
    """A server on a free port, its house, and the switch that takes it down."""

    visit: Visit
    port: int
    stop: asyncio.Event
    task: asyncio.Task[None]
    lines: list[Line] = field(default_factory=list)

    async def line(self) -> Line:
        """Another connection, closed at the end of the test at the latest."""
        self.lines.append(Line(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.lines[-1]

    def request(self, path: str, *, method: str = "GET", body: bytes = b"", key: bool = True) -> bytes:
        auth = f"Authorization: Bearer {self.visit.call.key}\r\n" if key else ""
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{auth}{kind}\r\n".encode() + body


@asynccontextmanager
async def a_server(
    data: Path, limits: EdgeLimits = CALM, told: list[tuple[str, bytes]] | None = None, **house: Any
) -> AsyncIterator[Serving]:
    """Serve the native door of a house. `told` hears the method and the path of what never became a request."""
    async with a_visit(data, **house) as visit:

        def refuse(fault: Fault, method: str, path: bytes) -> Reply:
            if told is not None:
                told.append((method, path))
            return visit.door.refuse(fault, method, path)

        with listen("127.0.0.1", 0) as listener:
            stop, up = asyncio.Event(), asyncio.Event()
            task = asyncio.create_task(
                serve(
                    visit.door.app, listener, refuse=refuse, stop=stop, limits=limits,
                    on_listening=up.set, on_stopping=visit.door.hurry, drain_s=5,
                )
            )  # fmt: skip
            await up.wait()
            server = Serving(visit, listener.getsockname()[1], stop, task)
            try:
                yield server
            finally:
                stop.set()
                await task
                for line in server.lines:
                    line.writer.close()
                    with suppress(ConnectionError):
                        await line.writer.wait_closed()


async def test_half_sent_requests_are_closed_and_good_clients_are_not(tmp_path: Path) -> None:
    async with a_server(tmp_path, HASTY, serving=False) as server:
        good = await server.line()
        await good.say(server.request("/api/v1/jobs"))
        assert (await good.answer()).status == 200
        body = b"POST /api/v1/jobs/load/executions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
        for opening in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n\r\n", body):
            line = await server.line()
            await line.say(opening)
            assert await line.closed_within(2), opening
            await good.say(server.request("/api/v1/jobs"))
            assert (await good.answer()).status == 200


async def test_a_header_or_a_body_that_drips_is_closed_all_the_same(tmp_path: Path) -> None:
    async with a_server(tmp_path, HASTY, serving=False) as server:
        await server.visit.defined()
        openings = (
            b"GET / HTTP/1.1\r\nX-Drip: ",
            server.request("/api/v1/jobs/load/executions", method="POST", body=b" " * 999)[:-999],
            b"POST /api/v1/jobs/load/executions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        )
        for opening in openings:
            line = await server.line()
            await line.say(opening)
            closed = asyncio.create_task(line.closed_within(3))
            for _ in range(40):
                if closed.done():
                    break
                line.writer.write(b"1\r\n \r\n" if b"chunked" in opening else b"x")
                await asyncio.sleep(0.05)
            assert await closed, opening


async def test_a_second_request_that_stays_half_sent_is_closed_too(tmp_path: Path) -> None:
    async with a_server(tmp_path, HASTY, serving=False) as server:
        together = await server.line()
        await together.say(server.request("/healthz") + b"GET /healthz HT")
        assert (await together.answer()).status == 200
        assert await together.closed_within(2)
        for rest in (b"GET /healthz HT", b"\r\n"):
            after = await server.line()
            await after.say(server.request("/healthz"))
            assert (await after.answer()).status == 200
            await after.say(rest)
            assert await after.closed_within(2), rest


async def test_a_caller_that_does_not_read_its_answer_is_given_up(tmp_path: Path) -> None:
    async with a_server(tmp_path, HASTY) as server:
        await server.visit.defined()
        made = await server.visit.ended()
        home = server.visit.ports.artifacts.home(made["id"].removeprefix("run_"))
        home.mkdir(parents=True, exist_ok=True)
        (home / "log").write_bytes(b"x" * (20 << 20))
        line = await server.line()
        await line.say(server.request(made["links"]["logs"] + "/raw"))
        await line.reader.readuntil(b"\r\n\r\n")
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(1.5)
        line.writer.transport.resume_reading()  # type: ignore[attr-defined]
        received = 0
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            while piece := await line.reader.read(1 << 20):
                received += len(piece)
            raise asyncio.IncompleteReadError(b"", None)
        assert received < 20 << 20


async def test_an_address_may_hold_only_so_many_connections_that_nobody_vouches_for(tmp_path: Path) -> None:
    async with a_server(tmp_path, EdgeLimits(strangers=3), serving=False) as server:
        known = [await server.line() for _ in range(5)]
        for line in known[:3]:
            await line.say(server.request("/api/v1/jobs"))
            assert (await line.answer()).status == 200
        assert [await line.closed_within(0.2) for line in known[3:]] == [True, True]
        strangers = [await server.line() for _ in range(3)]
        for line in strangers:
            await line.say(server.request("/healthz", key=False))
            assert (await line.answer()).status == 200
        assert await (await server.line()).closed_within(1)
        strangers[0].writer.close()
        await asyncio.sleep(0.1)
        another = await server.line()
        await another.say(server.request("/healthz", key=False))
        assert (await another.answer()).status == 200


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
