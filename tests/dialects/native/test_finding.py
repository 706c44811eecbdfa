"""Finding executions by what hangs on them, labels, and a paused job."""

from pathlib import Path

import pytest

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio

LIST = "/api/v1/executions"
PARAMETERS = {
    "day": {"type": "date", "indexed": True},
    "size": {"type": "decimal", "indexed": True},
    "colours": {"type": "multi", "choices": ["red", "blue"], "indexed": True},
    "note": {"type": "text"},
}


async def numbers(visit: Visit, query: str) -> list[int]:
    reply = await visit.call.get(f"{LIST}?{query}")
    assert reply.status == 200, reply
    return [item["number"] for item in reply.json["items"]]


async def test_executions_are_found_by_tag_parameter_key_and_text(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", parameters=PARAMETERS)
        await visit.defined("report", parameters={"day": {"type": "text", "indexed": True}})
        first = await visit.started("load", {"params": {"day": "2031-04-07", "size": "1.50"}, "tags": ["night", "eu"]})
        await visit.started("load", {"params": {"day": "2031-04-08", "colours": ["red", "blue"]}, "key": "load-8"})
        await visit.started("report", {"params": {"day": "2031-04-07"}, "tags": ["night"]})
        for query, found in {
            "tag=night": [3, 1],
            "tag=nigh": [],
            "tag=night&job=load": [1],
            "tag=night&status=queued": [3, 1],
            "tag=night&status=failed": [],
            "params.day=2031-04-07": [3, 1],
            "params.day=2031-04-07&job=load": [1],
            "params.day=2031-04-07&tag=eu": [1],
            "params.size=1.5&job=load": [1],
            "params.size=%2B1.500&job=load": [1],
            "params.colours=red": [2],
            "params.colours=blue&params.day=2031-04-08": [2],
            "key=load-8": [2],
            "q=load": [2, 1],
            "q=load-": [2],
            "q=rep": [3],
            "q=3": [3],
            "q=9": [],
            f"q={first['id']}": [1],
            "q=load&tag=eu": [1],
        }.items():
            assert await numbers(visit, query) == found, query


async def test_a_parameter_that_the_job_does_not_index_is_refused_with_those_it_does(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", parameters=PARAMETERS)
        reply = await visit.call.get(f"{LIST}?job=load&params.note=x")
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "?params.note")
        assert "day, size, colours" in reply.json["detail"]
        reply = await visit.call.get(f"{LIST}?job=load&params.day=tomorrow")
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "?params.day")


async def test_a_secret_is_never_indexed(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        body = {"steps": [], "parameters": {"p": {"type": "text", "secret": True, "indexed": True}}}
        reply = await visit.call.put("/api/v1/jobs/load", body)
        assert "/parameters/p/indexed" in [error["pointer"] for error in reply.json["errors"]]


async def test_a_count_comes_only_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runbell.stores.sqlite.read_lists.COUNTED", 4)
    monkeypatch.setattr("runbell.stores.sqlite.read_lists.SAMPLED", 2)
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for _ in range(6):
            await visit.started("load", {"tags": ["night"]})
            visit.house.clock.at += 1_000
        assert "count" not in (await visit.call.get(LIST)).json
        reply = (await visit.call.get(f"{LIST}?count=exact&limit=1")).json
        assert (reply["count"], reply["count_is"], len(reply["items"])) == (4, "at_least", 1)
        reply = (await visit.call.get(f"{LIST}?count=estimate")).json
        assert reply["count_is"] == "estimate"
        assert reply["count"] in range(4, 13)
        reply = (await visit.call.get(f"{LIST}?count=exact&q=2")).json
        assert (reply["count"], reply["count_is"]) == (1, "exact")


async def test_tags_and_pin_change_under_a_revision_and_are_audited(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        made = await visit.started("load", {"tags": ["old"]})
        assert (made["pinned"], made["removed"], made["expires_at"]) == (False, [], None)
        own = made["links"]["self"]
        reply = await visit.call.send("PATCH", own, {"tags": ["new", "new", "eu"]}, if_match='"1"')
        assert (reply.json["tags"], reply.json["pinned"], reply.headers["etag"]) == (["new", "eu"], False, '"2"')
        assert (await visit.call.send("PATCH", own, {"tags": []}, if_match='"1"')).code == "revision_mismatch"
        reply = await visit.call.send("PATCH", own, {"pinned": True})
        assert (reply.json["tags"], reply.json["pinned"], reply.json["revision"]) == (["new", "eu"], True, 3)
        assert (await visit.call.send("PATCH", own, {"pinned": True})).headers["etag"] == '"3"'
        assert (await visit.call.get(own)).json["pinned"] is True
        assert await numbers(visit, "tag=old") == []
        assert await numbers(visit, "tag=eu") == [1]
        assert (await visit.call.send("PATCH", own, {"status": "lost"})).code == "unknown_field"
        assert (await visit.call.send("PATCH", own, {"tags": ["x" * 101]})).code == "invalid_field"
        reader = await visit.caller("executions:read")
        assert (await reader.send("PATCH", own, {"pinned": True})).status == 403
        assert (await visit.call.send("PATCH", f"{LIST}/99", {"pinned": True})).status == 404


async def test_an_ended_execution_says_when_it_goes(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined(retention={"executions": "1d"})
        made = await visit.ended()
        own = made["links"]["self"]
        assert made["expires_at"][:10] > made["ended_at"][:10]
        assert (await visit.call.get(LIST)).json["items"][0]["expires_at"] == made["expires_at"]
        assert (await visit.call.send("PATCH", own, {"pinned": True})).json["expires_at"] is None


async def test_a_paused_job_holds_what_it_takes_until_it_is_resumed(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        own = await visit.defined()
        for _ in range(2):
            reply = await visit.call.post(f"{own}/pause")
            assert (reply.status, reply.json["paused"], reply.json["revision"]) == (200, True, 2)
        made = await visit.started()
        await visit.defined("other")
        await visit.ended("other")  # everybody else goes on
        assert (await visit.call.get(made["links"]["self"])).json["status"] == "queued"
        waiting = (await visit.call.get("/api/v1/queue")).json["items"]
        assert [(one["job"], one["waiting"], one["blocked_by"]) for one in waiting] == [("load", 1, "job_paused")]
        assert (await visit.call.post(f"{own}/resume")).json["paused"] is False
        ended = await visit.call.get(f"{made['links']['self']}?wait=5")
        assert ended.json["status"] == "succeeded"
        assert (await visit.call.post("/api/v1/jobs/none/pause")).status == 404


async def test_a_paused_job_that_rejects_says_so(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        own = await visit.defined(limits={"when_paused": "reject"})
        await visit.call.post(f"{own}/pause")
        reply = await visit.call.post(f"{own}/executions", {})
        assert (reply.status, reply.code, reply.json["resubmit"]) == (409, "job_paused", "same_request_safe")
        await visit.call.post(f"{own}/resume")
        await visit.started()


async def test_the_workers_show_what_runs_to_those_who_may_see_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        visit.house.script.held.add("a")
        made = await visit.started()
        await visit.house.until_running("a")
        (worker,) = (await visit.call.get("/api/v1/workers")).json["items"]
        assert (worker["slots"], worker["busy"], worker["healthy"]) == (4, 1, True)
        assert [(one["execution"], one["steps"]) for one in worker["running"]] == [(made["id"], ["a"])]
        stranger = await visit.caller(project="elsewhere")
        assert (await stranger.get("/api/v1/workers")).json["items"][0]["running"] == []
        visit.house.script.release("a")
