"""Looking at one execution: polls that cost nothing, long polls that wait for one change."""

import asyncio
from pathlib import Path

import pytest

from .visit import a_visit

pytestmark = pytest.mark.anyio


async def test_an_execution_is_named_by_its_id_its_number_or_its_key(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        made = await visit.started("load", {"key": "2031/04"})
        for name in (made["id"], str(made["number"]), "key:2031%2F04", "key:2031%2f04"):
            reply = await visit.call.get(f"/api/v1/executions/{name}")
            assert (reply.status, reply.json["id"]) == (200, made["id"])


async def test_what_names_no_execution_is_not_found(tmp_path: Path) -> None:
    names = ["99", "0", "-1", "x", "run_", "run_" + "u" * 26, "run_8" + "0" * 25, "RUN_1", "key:", "key:none", "1" * 30,
             "%C2%B2", "key:" + "a" * 201, "run_01q9gd6e00f0v8me02w2t13b17/..", "1.0", "1e3", "+1", "%20"]  # fmt: skip
    async with a_visit(tmp_path, serving=False) as visit:
        for name in names:
            reply = await visit.call.get(f"/api/v1/executions/{name}")
            assert (reply.status, reply.code) == (404, "not_found"), name


async def test_a_known_revision_is_answered_without_a_body(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        path = (await visit.started())["links"]["self"]
        first = await visit.call.get(path)
        again = await visit.call.get(path, if_none_match=first.headers["etag"])
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert again.headers["retry-after"] == "1"
        other = await visit.call.get(path, if_none_match='"77"')
        assert other.status == 200


async def test_the_pause_that_is_asked_for_grows_with_age(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        path = (await visit.started())["links"]["self"]
        asked = []
        for seconds in (0, 30, 3_000):
            visit.house.clock.at += seconds * 1_000
            asked.append((await visit.call.get(path)).headers["retry-after"])
        assert asked == ["1", "4", "10"]


async def test_a_change_shows_at_once_and_an_end_asks_for_no_more(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        visit.house.script.held.add("a")
        made = await visit.started()
        await visit.house.until_running("a")
        running = await visit.call.get(made["links"]["self"])
        assert (running.json["status"], running.json["steps"][0]["status"]) == ("running", "running")
        assert running.headers["etag"] != '"1"'
        visit.house.script.release("a")
        ended = await visit.call.get(made["links"]["self"] + "?wait=5")
        assert (ended.json["status"], ended.json["steps"][0]["status"]) == ("succeeded", "succeeded")
        assert "retry-after" not in ended.headers


async def test_a_long_poll_with_a_known_revision_ends_at_the_next_change(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        visit.house.script.held.add("a")
        made = await visit.started()
        await visit.house.until_running("a")
        path = made["links"]["self"]
        tag = (await visit.call.get(path)).headers["etag"]
        poll = asyncio.create_task(visit.call.get(path + "?wait=20", if_none_match=tag))
        await asyncio.sleep(0)
        assert not poll.done()
        visit.house.script.release("a")
        reply = await poll
        assert (reply.status, reply.json["status"]) == (200, "succeeded")
        assert reply.headers["preference-applied"] == "wait=20"


async def test_a_long_poll_that_sees_no_change_is_a_304_at_its_deadline(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        path = (await visit.started())["links"]["self"]
        assert (await visit.call.get(path + "?wait=0", if_none_match='"1"')).status == 304
        assert (await visit.call.get(path, prefer="wait=0", if_none_match='"9"')).status == 200


async def test_a_caller_that_hangs_up_ends_its_wait_and_not_the_execution(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        path = (await visit.started())["links"]["self"]
        hang_up = asyncio.Event()
        poll = asyncio.create_task(visit.call.call("GET", path + "?wait=60", hang_up=hang_up))
        await asyncio.sleep(0)
        hang_up.set()
        async with asyncio.timeout(5):
            reply = await poll
        assert reply.json["status"] == "queued"


async def test_a_server_that_goes_down_answers_every_wait_at_once(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        path = (await visit.started())["links"]["self"]
        waits = [
            asyncio.create_task(visit.call.get(path + "?wait=60")),
            asyncio.create_task(visit.call.get(path + "?wait=60", if_none_match='"1"')),
            asyncio.create_task(visit.call.post("/api/v1/jobs/load/executions?wait=300", {})),
        ]
        while len(visit.house.ports.watchers._waiting) < 2:
            await asyncio.sleep(0)
        visit.door.hurry()
        async with asyncio.timeout(5):
            replies = await asyncio.gather(*waits)
            assert [reply.status for reply in replies] == [200, 304, 202]
            assert (await visit.call.get(path + "?wait=60")).status == 200


async def test_what_was_deleted_is_gone_and_says_so(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        made = await visit.ended()
        assert (await visit.call.delete(made["links"]["self"])).status == 204
        reply = await visit.call.get(made["links"]["self"])
        assert (reply.status, reply.code) == (410, "gone")
        for door in ("logs", "result", "stop", "steps", "logs/raw"):
            assert (await visit.call.get(f"{made['links']['self']}/{door}")).status == 410


async def test_what_has_not_ended_cannot_be_deleted(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        reply = await visit.call.delete((await visit.started())["links"]["self"])
        assert (reply.status, reply.code) == (409, "not_finished")


async def test_a_failure_is_told_with_its_step(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b")
        visit.house.script.fails("a", code="BROKEN")
        made = await visit.ended()
        assert made["status"] == "failed"
        assert (made["error"]["code"], made["error"]["step"]) == ("BROKEN", "a")
        assert made["exit_status"]["code"] == "BROKEN"
        assert (await visit.call.get(made["error"]["type"])).json["title"] == made["error"]["title"]
        assert [step["status"] for step in made["steps"]] == ["failed", "skipped"]
        steps = await visit.call.get(f"{made['links']['self']}/steps")
        assert steps.json == {"items": made["steps"]}


async def test_a_restart_and_a_rerun_name_what_they_come_from(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b", parameters={"n": {"type": "int", "default": 1}})
        visit.house.script.fails("b")
        made = await visit.ended()
        path = made["links"]["self"]
        restarted = await visit.call.post(f"{path}/restart?wait=5", {}, idempotency_key="r")
        assert (restarted.status, restarted.json["restart_of"]) == (200, made["id"])
        assert [step["status"] for step in restarted.json["steps"]] == ["reused", "succeeded"]
        assert restarted.json["steps"][0]["reused_from"] == made["id"]
        by_number = f"/api/v1/executions/{made['number']}/restart"
        again = await visit.call.post(by_number, {}, idempotency_key="r")
        assert (again.json["id"], again.headers["idempotent-replayed"]) == (restarted.json["id"], "true")
        reran = await visit.call.post(f"{path}/rerun", {"mode": "current", "params": {"n": 5}}, prefer="wait=5")
        assert (reran.json["rerun_of"], reran.json["params"]) == (made["id"], {"n": 5})
        refused = await visit.call.post(f"{reran.json['links']['self']}/restart", {})
        assert (refused.status, refused.code) == (409, "not_restartable")
        wrong = await visit.call.post(f"{path}/rerun", {"mode": "fast"})
        assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/mode")
        step = await visit.call.post(f"{path}/restart", {"from_step": "z"})
        assert (step.status, step.json["errors"][0]["pointer"]) == (422, "/from_step")
