"""Logs: pages of lines, the live tail, the stored file."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from runbell.domain import log

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio
SSE = {"accept": "text/event-stream"}
NDJSON = {"accept": "application/x-ndjson"}


def wrote(visit: Visit, made: dict[str, str], *texts: str, stream: str = "out") -> None:
    """Append lines to the log of an execution, as a hand does."""
    home = visit.ports.artifacts.home(made["id"].removeprefix("run_"))
    home.mkdir(parents=True, exist_ok=True)
    with (home / "log").open("ab") as file:
        for text in texts:
            file.write(log.head("2031-04-07T02:00:00.000Z", stream, "a", 1, None) + text.encode() + b"\n")


def events(body: bytes) -> list[tuple[str, str, str]]:
    """Name, id and data of each event of a stream."""
    found = []
    for block in body.decode().split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], fields["id"], fields["data"]))
    return found


async def test_lines_come_as_text_or_as_json(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        made = await visit.started()
        path = made["links"]["logs"]
        assert (await visit.call.get(path)).body == b""
        wrote(visit, made, "one", "<b>two</b> \x1b[31m", "three")
        wrote(visit, made, "bad", stream="err")
        text = await visit.call.get(path)
        assert text.body == b"one\n<b>two</b> \x1b[31m\nthree\nbad\n"
        assert text.headers["content-type"] == "text/plain; charset=utf-8"
        assert text.headers["x-content-type-options"] == "nosniff"
        lines = [msgspec.json.decode(line) for line in (await visit.call.get(path, **NDJSON)).body.splitlines()]
        assert [(line["n"], line["text"], line["stream"]) for line in lines][-1] == (4, "bad", "err")
        assert (lines[0]["step"], lines[0]["level"], lines[0]["t"]) == ("a", None, "2031-04-07T02:00:00.000Z")
        for query, wanted in {
            "tail=2": b"three\nbad\n",
            "after_line=2": b"three\nbad\n",
            "before_line=2": b"one\n",
            "q=TWO": b"<b>two</b> \x1b[31m\n",
            "stream=err": b"bad\n",
            "step=none": b"",
        }.items():
            assert (await visit.call.get(f"{path}?{query}")).body == wanted, query
        first = await visit.call.get(f"{path}?limit=3")
        assert first.body.count(b"\n") == 3
        onward = first.headers["link"].partition(">")[0].removeprefix("<")
        assert (await visit.call.get(onward)).body == b"bad\n"


async def test_a_search_says_how_many_lines_it_finds_and_a_capped_log_that_it_is_one(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        made = await visit.ended()
        path = made["links"]["logs"]
        wrote(visit, made, "one", "two", "one more", "three")
        found = await visit.call.get(f"{path}?q=ONE&limit=1")
        assert (found.body, found.headers["log-lines-found"]) == (b"one\n", "2")
        assert (await visit.call.get(f"{path}?q=one&tail=1")).headers["log-lines-found"] == "2"
        onward = await visit.call.get(found.headers["link"].partition(">")[0].removeprefix("<"))
        assert (onward.body, "log-lines-found" in onward.headers) == (b"one more\n", False)
        whole = await visit.call.get(path)
        assert not {"log-lines-found", "log-truncated"} & whole.headers.keys()
        wrote(visit, made, log.marker(5, 10), stream="sys")
        for headers in ({}, NDJSON):
            assert (await visit.call.get(f"{path}?tail=1", **headers)).headers["log-truncated"] == "true"
        end = events((await visit.call.get(path, **SSE)).body)[-1]
        assert (end[0], msgspec.json.decode(end[2])["truncated"]) == ("end", True)


async def test_another_form_is_not_acceptable_and_bad_filters_are_named(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        path = (await visit.started())["links"]["logs"]
        assert (await visit.call.get(path, accept="application/xml")).code == "not_acceptable"
        assert (await visit.call.get(path, accept="text/html, */*;q=0.1")).status == 200
        assert (
            (await visit.call.get(path, accept="text/*;q=0, application/*")).headers["content-type"].endswith("ndjson")
        )
        for query in ("after_line=-1", "tail=x", "stream=both", "limit=-1", "follow=perhaps", "level=info"):
            assert (await visit.call.get(f"{path}?{query}")).code == "invalid_field", query


async def test_the_live_tail_ends_with_the_execution_and_does_not_begin_again(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        visit.house.script.held.add("a")
        made = await visit.started()
        await visit.house.until_running("a")
        wrote(visit, made, "one")
        seen: list[bytes] = []
        tail = asyncio.create_task(visit.call.call("GET", made["links"]["logs"], headers=SSE, on_piece=seen.append))
        async with asyncio.timeout(5):
            while b"one" not in b"".join(seen):
                await asyncio.sleep(0)
        wrote(visit, made, "two")
        visit.house.script.release("a")
        reply = await tail
        assert reply.headers["cache-control"] == "no-store"
        assert reply.body.startswith(b"retry: 2000\n\n")
        names = [(name, place) for name, place, _ in events(reply.body)]
        assert names == [("log", "1"), ("log", "2"), ("end", "end")]
        assert msgspec.json.decode(events(reply.body)[-1][2]) == {"status": "succeeded", "truncated": False}
        resumed = await visit.call.get(made["links"]["logs"], last_event_id="1", **SSE)
        assert [place for _, place, _ in events(resumed.body)] == ["2", "end"]
        over = await visit.call.get(made["links"]["logs"], last_event_id="end", **SSE)
        assert (over.status, over.body) == (204, b"")


async def test_text_and_json_follow_too(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        made = await visit.ended()
        wrote(visit, made, "one", "two", "three")
        assert (await visit.call.get(made["links"]["logs"] + "?follow&limit=2")).body == b"one\ntwo\nthree\n"
        assert (await visit.call.get(made["links"]["logs"] + "?follow=true", **NDJSON)).body.count(b"\n") == 3


async def test_a_tail_ends_when_the_caller_hangs_up_or_the_server_goes_down(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        made = await visit.started()
        hang_up = asyncio.Event()
        tails = [
            asyncio.create_task(visit.call.call("GET", made["links"]["logs"], headers=SSE, hang_up=event))
            for event in (hang_up, asyncio.Event())
        ]
        await asyncio.sleep(0)
        hang_up.set()
        async with asyncio.timeout(5):
            await tails[0]
            visit.door.hurry()
            down = await tails[1]
        assert "end" not in [name for name, _, _ in events(down.body)]


async def test_the_stored_file_is_served_whole_or_in_one_range(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        made = await visit.started()
        path = made["links"]["logs"] + "/raw"
        assert ((await visit.call.get(path)).status, (await visit.call.get(path)).body) == (200, b"")
        wrote(visit, made, *["x" * 100] * 6_000)
        whole = await visit.call.get(path)
        assert (len(whole.body), whole.headers["content-length"]) == (810_000, "810000")
        assert whole.headers["content-disposition"] == f'attachment; filename="{made["id"]}.log"'
        assert whole.headers["x-content-type-options"] == "nosniff"
        part = await visit.call.get(path, range="bytes=135-269")
        assert (part.status, part.headers["content-range"]) == (206, "bytes 135-269/810000")
        assert part.body == whole.body[135:270]
        assert (await visit.call.get(path, range="bytes=-10")).body == whole.body[-10:]
        assert (await visit.call.get(path, range="bytes=0-1", if_range='"x"')).status == 200
        head = await visit.call.call("HEAD", path)
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "810000")
        for wrong in ("bytes=0-1,2-3", "bytes=810000-", "bytes=" + "0-0," * 8_000, "bytes=x"):
            reply = await visit.call.get(path, range=wrong)
            assert (reply.status, reply.code) == (416, "bad_range")
            assert reply.headers["content-range"] == "bytes */810000"


async def test_a_result_is_the_json_value_itself(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        visit.house.script.returns("a", '[1,"zwei",null]')
        made = await visit.ended()
        reply = await visit.call.get(made["links"]["result"])
        assert (reply.status, reply.json) == (200, [1, "zwei", None])
        bare = await visit.ended()
        assert (await visit.call.get(bare["links"]["result"])).status == 204
        visit.house.script.held.add("a")
        running = await visit.started()
        assert (await visit.call.get(running["links"]["result"])).code == "not_found"
