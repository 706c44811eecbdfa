"""Connections over a real socket: what is half sent, drips, or is not read is closed, and good clients are not."""

import asyncio
from pathlib import Path

import pytest

from runbell.http.deadlines import EdgeLimits

from .connections import a_server

pytestmark = pytest.mark.anyio
HASTY = EdgeLimits(headers_s=0.4, body_s=0.6, write_s=0.5, sweep_s=0.05, strangers=5)


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
