"""The stream of one execution: the whole story and log, stored first, then live; a resume begins where it ended."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from .test_logs import SSE, events, wrote
from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio


async def stream(visit: Visit, made: dict[str, Any], query: str = "", **headers: str) -> list[tuple[str, str, str]]:
    """The events of a stream that ends by itself."""
    reply = await asyncio.wait_for(visit.call.get(made["links"]["events"] + query, **SSE, **headers), 5)
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-accel-buffering"] == "no"
    assert reply.body.startswith(b"retry: 2000\n\n")
    return events(reply.body)


def words(found: list[tuple[str, str, str]]) -> list[str]:
    """What each event says, in short."""
    short = []
    for name, _, data in found:
        said = msgspec.json.decode(data)
        step = said.get("step")
        which = {"log": said.get("text"), "step": isinstance(step, dict) and f"{step['name']} {step['status']}",
                 "result": said.get("result")}.get(name, said.get("status"))  # fmt: skip
        short.append(f"{name} {which}")
    return short


async def test_what_has_ended_is_told_whole_and_then_no_more(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b")
        visit.house.script.returns("b", '{"rows":3}')
        made = await visit.ended()
        wrote(visit, made, "one", "two")
        whole = await stream(visit, made)
        assert words(whole) == [
            "status queued", "status running", "step a running", "step a succeeded", "step b running",
            "step b succeeded", "log one", "log two", "status succeeded", "result {'rows': 3}", "end succeeded",
        ]  # fmt: skip
        assert whole[-1][1] == "end"
        again = await visit.call.get(made["links"]["events"], **SSE, last_event_id="end")
        assert (again.status, again.body) == (204, b"")
        assert (await visit.call.get(made["links"]["events"] + "?after=end", **SSE)).status == 204


async def test_a_result_over_several_lines_is_one_event(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        visit.house.script.returns("a", '{\n  "rows": 3,\r\n  "day": "mon"\n}\n')
        made = await visit.ended()
        whole = await visit.call.get(made["links"]["events"], **SSE)
        assert all(
            line.partition(b":")[0] in {b"", b"retry", b"event", b"id", b"data"} for line in whole.body.split(b"\n")
        )
        told = {name: msgspec.json.decode(data) for name, _, data in events(whole.body)}
        assert told["result"]["result"] == {"rows": 3, "day": "mon"}
        assert told["result"]["link"] == made["links"]["result"]


async def test_every_position_goes_on_right_behind_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b")
        visit.house.script.returns("b", "1")
        made = await visit.ended()
        wrote(visit, made, "one", "two", "three")
        whole = await stream(visit, made)
        for place, (_, id_, _) in enumerate(whole[:-1]):
            assert await stream(visit, made, last_event_id=id_) == whole[place + 1 :], id_
            assert await stream(visit, made, f"?after={id_}") == whole[place + 1 :], id_


async def test_live_changes_and_lines_come_as_they_happen(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        visit.house.script.held.add("a")
        made = await visit.started()
        await visit.house.until_running("a")
        seen = bytearray()
        reading = asyncio.create_task(
            visit.call.call("GET", made["links"]["events"], headers=SSE, on_piece=seen.extend)
        )
        async with asyncio.timeout(5):
            while b'"running"' not in seen:
                await asyncio.sleep(0)
            wrote(visit, made, "while it runs")
            while b"while it runs" not in seen:
                await asyncio.sleep(0.01)
            visit.house.script.release("a")
            await reading
        assert words(events(bytes(seen)))[-4:] == [
            "log while it runs", "step a succeeded", "status succeeded", "end succeeded",
        ]  # fmt: skip
        assert not visit.ports.watchers._waiting
        assert not visit.ports.watchers.logs._logs


async def test_all_who_follow_one_execution_share_one_look_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        visit.house.script.held.add("a")
        made = await visit.started()
        await visit.house.until_running("a")
        bodies = [bytearray() for _ in range(30)]
        reading = [
            asyncio.create_task(visit.call.call("GET", made["links"]["events"], headers=SSE, on_piece=body.extend))
            for body in bodies
        ]
        async with asyncio.timeout(5):
            while not all(b'"running"' in body for body in bodies):
                await asyncio.sleep(0)
        looks = 0
        store = visit.ports.store
        real = store.story

        async def counted(number: int, since: int) -> Any:
            nonlocal looks
            looks += 1
            return await real(number, since)

        monkeypatch.setattr(store, "story", counted)
        visit.house.script.release("a")
        await asyncio.wait_for(asyncio.gather(*reading), 5)
        assert {words(events(bytes(body)))[-1] for body in bodies} == {"end succeeded"}
        assert looks <= 2
        assert not visit.ports.watchers.stories._told


async def test_lines_are_left_out_on_request_and_for_those_who_may_not_read_them(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        made = await visit.ended()
        wrote(visit, made, "one")
        path = made["links"]["events"]
        assert "log one" not in words(await stream(visit, made, "?log=false"))
        blind = await visit.caller("executions:read", name="blind")
        assert "log one" not in words(events((await blind.get(path, **SSE)).body))
        refused = await blind.get(path + "?log=true", **SSE)
        assert (refused.status, refused.code) == (403, "insufficient_scope")
        sighted = await visit.caller("executions:read", "logs:read:load", name="sighted")
        assert "log one" in words(events((await sighted.get(path, **SSE)).body))


async def test_what_is_no_position_and_what_is_not_there_is_refused(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        made = await visit.started()
        for wrong in ("x", "1.2", "1.2.x", "1.2.3.4"):
            assert (await visit.call.get(f"{made['links']['events']}?after={wrong}", **SSE)).status == 422, wrong
        assert (await visit.call.get("/api/v1/executions/99/events", **SSE)).status == 404
        narrow = await visit.caller("executions:read:other", name="narrow")
        assert (await narrow.get(made["links"]["events"], **SSE)).status == 404
        assert (await visit.call.get(made["links"]["events"], accept="application/json")).status == 406
