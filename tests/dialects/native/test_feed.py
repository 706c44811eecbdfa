"""The event feed: pages, long polls and streams that share one order, and show each caller only what is his."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from .test_logs import SSE, events
from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio
FEED = "/api/v1/events"


def types(items: list[dict[str, Any]]) -> list[str]:
    return [item["type"].removeprefix("execution.") for item in items]


async def test_a_page_tells_every_change_and_where_to_go_on(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        made = await visit.ended()
        page = (await visit.call.get(FEED)).json
        assert types(page["items"]) == ["queued", "started", "step_finished", "succeeded"]
        assert (page["next_after"], page["oldest_seq"]) == (4, 1)
        last = page["items"][-1]
        assert (last["seq"], last["execution"], last["number"], last["job"]) == (4, made["id"], made["number"], "load")
        assert last["revision"] == made["revision"]
        assert [item["data"] for item in page["items"]] == [
            {"status": "queued", "trigger": "api"},
            {"status": "running", "epoch": 1},
            {"step": "a", "scope": None, "attempt": 1, "status": "succeeded",
             "exit_status": {"code": "OK", "message": ""}},
            {"status": "succeeded", "exit_status": {"code": "OK", "message": ""}},
        ]  # fmt: skip
        rest = (await visit.call.get(f"{FEED}?after=2&limit=1")).json
        assert (types(rest["items"]), rest["next_after"]) == (["step_finished"], 3)
        assert (await visit.call.get(f"{FEED}?after=4")).json["items"] == []
        assert (await visit.call.get(f"{FEED}?after=latest")).json["next_after"] == 4
        named = await visit.call.get(f"{FEED}?types=execution.queued,execution.succeeded&job=load")
        assert types(named.json["items"]) == ["queued", "succeeded"]
        assert (await visit.call.get(f"{FEED}?job=other")).json["items"] == []


async def test_a_caller_of_one_job_or_another_project_meets_only_its_own(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for name in ("load", "other"):
            await visit.defined(name)
            await visit.started(name)
        narrow = await visit.caller("executions:read:other", name="narrow")
        foreign = await visit.caller("executions:read", project="theirs", name="foreign")
        assert [item["job"] for item in (await narrow.get(FEED)).json["items"]] == ["other"]
        assert (await narrow.get(f"{FEED}?job=load")).json["items"] == []
        assert (await foreign.get(FEED)).json["items"] == []


async def test_a_position_that_is_not_kept_or_was_never_given_is_refused(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for _ in range(3):
            await visit.started()
            visit.house.clock.at += 1
        await visit.ports.store.prune_events(visit.house.clock.at - 1, 10)
        gone = await visit.call.get(f"{FEED}?after=1")
        assert (gone.status, gone.code) == (410, "events_expired")
        assert "after=2" in gone.json["detail"]
        assert (await visit.call.get(FEED)).json["oldest_seq"] == 3
        assert [item["seq"] for item in (await visit.call.get(f"{FEED}?after=2")).json["items"]] == [3]
        for wrong in ("after=4", "after=x", "types=execution.faild", "after=-1"):
            assert (await visit.call.get(f"{FEED}?{wrong}")).status == 422, wrong


async def test_a_long_poll_ends_with_the_first_event_it_wants(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        await visit.defined("other")
        poll = asyncio.create_task(visit.call.get(f"{FEED}?after=latest&wait=20&job=load"))
        await visit.started("other")
        await asyncio.sleep(0)
        assert not poll.done()
        made = await visit.started()
        page = (await asyncio.wait_for(poll, 5)).json
        assert [item["execution"] for item in page["items"]] == [made["id"]]
        assert page["next_after"] == 2


async def test_a_long_poll_without_news_ends_at_its_time_with_where_it_got(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("other")
        await visit.started("other")
        page = (await visit.call.get(f"{FEED}?after=0&wait=0&job=load")).json
        assert (page["items"], page["next_after"]) == ([], 1)


async def test_a_stream_replays_goes_on_live_and_resumes_without_gap_or_repeat(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        await visit.started()
        first = await _streamed(visit, None, starts=2, until=3)
        assert [(name, id_) for name, id_, _ in first] == [("execution.queued", str(seq)) for seq in (1, 2, 3)]
        assert [str(msgspec.json.decode(data)["seq"]) for _, _, data in first] == ["1", "2", "3"]
        again = await _streamed(visit, "2", starts=1, until=2)
        assert again[0] == first[-1]
        assert [id_ for _, id_, _ in again] == ["3", "4"]


async def _streamed(visit: Visit, after: str | None, *, starts: int, until: int) -> list[tuple[str, str, str]]:
    """The events of a stream on which the caller hangs up after so many; as many starts come while it is open."""
    hang_up, body = asyncio.Event(), bytearray()

    def piece(data: bytes) -> None:
        body.extend(data)
        if len(events(bytes(body))) >= until:
            hang_up.set()

    headers = SSE | ({} if after is None else {"last_event_id": after})
    reading = asyncio.create_task(visit.call.call("GET", FEED, headers=headers, hang_up=hang_up, on_piece=piece))
    async with asyncio.timeout(5):
        while not body:
            await asyncio.sleep(0)
        for _ in range(starts):
            await visit.started()
        await reading
    return events(bytes(body))


async def test_many_readers_share_one_read_of_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        polls = [asyncio.create_task(visit.call.get(f"{FEED}?after=latest&wait=20")) for _ in range(50)]
        while len(visit.ports.watchers.tail._waiting.get(("default", None), ())) < 50:
            await asyncio.sleep(0)
        reads = 0
        store = visit.ports.store
        real = store.events

        async def counted(query: Any) -> Any:
            nonlocal reads
            reads += 1
            return await real(query)

        monkeypatch.setattr(store, "events", counted)
        await visit.started()
        pages = await asyncio.wait_for(asyncio.gather(*polls), 5)
        assert [types(page.json["items"]) for page in pages] == [["queued"]] * 50
        assert reads == 1
        assert not visit.ports.watchers.tail._waiting
