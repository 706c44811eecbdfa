"""Plan before run: every answer of a plan is what the start, restart or rerun then does, and nothing is stored."""

from pathlib import Path
from typing import Any

import pytest

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio
PARAMETERS = {"limit": {"type": "int", "required": True, "max": 10}, "mode": {"type": "text", "default": "full"}}


async def planned(
    visit: Visit, body: Any = None, path: str = "/api/v1/jobs/load/executions:plan", **headers: str
) -> Any:
    reply = await visit.call.post(path, body or {}, **headers)
    assert reply.status == 200, reply
    return reply.json


async def test_a_plan_says_what_would_start_and_stores_nothing(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(parameters=PARAMETERS)
        plan = await planned(visit, {"params": {"limit": "7"}})
        assert plan["params"] == {
            "limit": {"value": 7, "source": "request"},
            "mode": {"value": "full", "source": "default"},
        }
        assert (plan["would"], plan["code"], plan["job_version"], plan["idempotency"]) == ("start", None, 1, "new")
        assert plan["expected_duration_ms"] is None
        assert (await visit.call.get("/api/v1/executions")).json["items"] == []


async def test_validate_only_on_a_start_is_the_same_plan(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(parameters=PARAMETERS)
        body = {"params": {"limit": 7}}
        mine = await planned(visit, body, "/api/v1/jobs/load/executions?validate_only=true")
        theirs = await planned(visit, body)
        assert {**mine, "expected_start": 0} == {**theirs, "expected_start": 0}
        by_verb = await planned(visit, body, "/api/v1/jobs/load:run?validate_only")
        assert by_verb["would"] == "start"
        assert (await visit.call.get("/api/v1/executions")).json["items"] == []


async def test_what_a_start_would_refuse_as_invalid_a_plan_refuses_too(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(parameters=PARAMETERS)
        for body in ({"params": {"limit": 11}}, {}, {"params": {"limit": 1}, "scopes": ["X"]}, {"unknown": 1}):
            plan = await visit.call.post("/api/v1/jobs/load/executions:plan", body)
            start = await visit.call.post("/api/v1/jobs/load/executions", body)
            assert (plan.status, plan.json["errors"]) == (422, start.json["errors"])
        assert (await visit.call.post("/api/v1/jobs/nope/executions:plan", {})).status == 404


@pytest.mark.parametrize(
    ("members", "body"),
    [
        ({"enabled": False}, {}),
        ({"require_key": True}, {}),
        ({"limits": {"running": 1, "when_full": "reject"}}, {}),
        ({}, {"key": "mine"}),
    ],
)
async def test_a_refusal_is_foreseen_with_its_code(tmp_path: Path, members: dict[str, Any], body: Any) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        await visit.started("load", {"key": "mine"})
        await visit.defined("load", **members)
        plan = await planned(visit, body)
        start = await visit.call.post("/api/v1/jobs/load/executions", body)
        assert start.status in {400, 409}
        assert (plan["would"], plan["code"], plan["why"]) == ("reject", start.json["code"], start.json["detail"])


async def test_the_pause_of_a_job_that_refuses_is_foreseen_for_starts_reruns_and_restarts(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await visit.defined("load", "a", limits={"when_paused": "reject"})
        visit.house.script.fails("a")
        own = (await visit.ended())["links"]["self"]
        await visit.call.post(f"{path}/pause")
        for start, plan in (
            (f"{path}/executions", f"{path}/executions:plan"), (f"{own}/rerun", f"{own}/rerun:plan"),
            (f"{own}/restart", f"{own}/restart:plan"),
        ):  # fmt: skip
            refused = (await visit.call.post(start, {})).json
            foreseen = await planned(visit, {}, plan)
            assert refused["code"] == "job_paused"
            assert (foreseen["would"], foreseen["code"], foreseen["why"]) == ("reject", "job_paused", refused["detail"])
        explained = (await visit.call.get(f"{own}/explain")).json
        assert (explained["restart"]["possible"], explained["restart"]["why"]) == (False, foreseen["why"])


async def test_what_waits_is_foreseen_as_queued(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", limits={"running": 1})
        visit.house.script.held.add("a")
        await visit.started()
        await visit.house.until_running("a")
        plan = await planned(visit)
        assert (plan["would"], plan["code"]) == ("queue", "concurrency_limit")
        assert plan["why"] == "At most one execution of the job may run at once, and execution 1 runs."
        later = await planned(visit, {"start_after": "2031-01-01T00:00:00Z"})
        assert (later["would"], later["code"]) == ("queue", "not_before")
        assert later["expected_start"] == "2031-01-01T00:00:00.000Z"


async def test_an_idempotency_key_is_looked_at_without_being_used(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(parameters=PARAMETERS)
        body = {"params": {"limit": 7}}
        assert (await planned(visit, body, idempotency_key="k"))["idempotency"] == "new"
        made = await visit.started("load", body, idempotency_key="k")
        assert made["number"] == 1
        again = await planned(visit, body, idempotency_key="k")
        assert (again["would"], again["idempotency"], again["execution"]) == ("replay", "replay", made["links"]["self"])
        other = await planned(visit, {"params": {"limit": 8}}, idempotency_key="k")
        assert (other["would"], other["idempotency"], other["code"]) == ("reject", "conflict", "idempotency_key_reused")
        assert other["execution"] == made["links"]["self"]


async def test_the_usual_duration_comes_from_the_last_successes(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a")
        visit.house.script.held.add("a")
        for took in (1_000, 3_000):
            made = await visit.started()
            await visit.house.until_running("a")
            visit.house.clock.at += took
            visit.house.script.release("a")
            assert (await visit.call.get(f"{made['links']['self']}?wait=5")).json["status"] == "succeeded"
        assert (await planned(visit))["expected_duration_ms"] == {"p50": 1_000, "p95": 3_000, "runs": 2}


async def test_a_restart_is_foreseen_step_by_step(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b", "c")
        visit.house.script.fails("b")
        failed = await visit.ended()
        own = failed["links"]["self"]
        plan = await planned(visit, {}, f"{own}/restart:plan")
        assert (plan["would"], plan["reused_steps"], plan["rerun_steps"]) == ("start", ["a"], ["b", "c"])
        assert plan["diff"] == []
        whole = await planned(visit, {"from_step": "a"}, f"{own}/restart:plan")
        assert (whole["reused_steps"], whole["rerun_steps"]) == ([], ["a", "b", "c"])
        assert (await visit.call.post(f"{own}/restart:plan", {"from_step": "c"})).status == 422
        good = await visit.ended()
        refused = await planned(visit, {}, f"{good['links']['self']}/restart:plan")
        assert (refused["would"], refused["code"]) == ("reject", "not_restartable")


async def test_a_rerun_as_current_says_what_would_be_different(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", parameters=PARAMETERS)
        ended = await visit.ended("load", {"params": {"limit": 1}})
        await visit.defined("load", title="New", parameters=PARAMETERS | {"day": {"type": "text", "default": "x"}})
        own = ended["links"]["self"]
        exact = await planned(visit, {}, f"{own}/rerun:plan")
        assert (exact["job_version"], exact["diff"]) == (1, [])
        plan = await planned(visit, {"mode": "current", "params": {"limit": 2}}, f"{own}/rerun:plan")
        assert (plan["job_version"], plan["rerun_steps"]) == (2, ["a"])
        assert {each["pointer"] for each in plan["diff"]} == {
            "/definition/title", "/definition/parameters/day", "/params/limit", "/params/day",
        }  # fmt: skip
        assert {name: each["source"] for name, each in plan["params"].items()} == {
            "limit": "request", "mode": "execution", "day": "default",
        }  # fmt: skip
        assert len((await visit.call.get("/api/v1/executions")).json["items"]) == 1
