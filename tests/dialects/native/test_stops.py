"""Stops: a resource with its proof."""

import asyncio
from pathlib import Path

import pytest

from .visit import a_visit

pytestmark = pytest.mark.anyio


async def test_a_queued_execution_is_discarded_at_once(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        made = await visit.started()
        reply = await visit.call.post(made["links"]["stop"], {"reason": "wrong day"})
        assert (reply.status, reply.headers["location"]) == (200, made["links"]["stop"])
        said = reply.json
        assert (said["outcome"], said["proof"], said["status"]) == ("discarded", "never_started", "discarded")
        assert (said["reason"], said["requested_by"], said["mode"]) == ("wrong day", "key:admin", "graceful")
        assert (await visit.call.get(made["links"]["stop"])).json == said
        assert (await visit.call.call("POST", made["links"]["stop"])).json == said


async def test_a_running_execution_is_stopped_with_proof(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b")
        visit.house.script.held.add("b")
        made = await visit.started()
        await visit.house.until_running("b")
        assert (await visit.call.get(made["links"]["stop"])).code == "not_found"
        visit.house.script.held.clear()
        reply = await visit.call.post(made["links"]["stop"] + "?wait=5", {"mode": "kill"})
        said = reply.json
        assert (reply.status, said["outcome"], said["status"]) == (200, "stopped", "stopped")
        assert (said["proof"], said["survivors"], said["steps_done"]) == ("observed", 0, ["a"])
        assert said["process_gone_at"] is not None
        assert (await visit.call.get(made["links"]["stop"])).json == said


async def test_a_stop_under_way_is_pending(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b")
        visit.house.script.held.add("b")
        made = await visit.started()
        await visit.house.until_running("b")
        hand = visit.house.script.running["b"]
        ending, hand.end = hand.end, None  # it hears the stop and does not end
        reply = await visit.call.post(made["links"]["stop"], {})
        assert (reply.status, reply.headers["retry-after"]) == (202, "1")
        assert (reply.json["outcome"], reply.json["step_in_flight"]) == ("pending", "b")
        assert reply.json["deadline_at"] > reply.json["requested_at"]
        waiting = asyncio.create_task(visit.call.get(made["links"]["stop"] + "?wait=5"))
        hand.end = ending
        hand.stop(grace_ms=0)
        assert (await waiting).json["outcome"] == "stopped"


async def test_what_has_ended_is_already_finished_however_often_it_is_asked(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        made = await visit.ended()
        for _ in range(2):
            reply = await visit.call.post(made["links"]["stop"], {})
            assert (reply.status, reply.json["outcome"], reply.json["status"]) == (200, "already_finished", "succeeded")
        assert (await visit.call.get(made["links"]["stop"])).json["outcome"] == "already_finished"


async def test_a_stop_takes_only_what_it_knows(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        stop = (await visit.started())["links"]["stop"]
        for body, pointer in (
            ({"mode": "now"}, "/mode"),
            ({"reason": 1}, "/reason"),
            ({"reason": "x" * 1001}, "/reason"),
        ):
            reply = await visit.call.post(stop, body)
            assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, pointer)
        assert (await visit.call.post(stop, {"force": True})).code == "unknown_field"
