"""Explain and diff: why an execution stands where it stands, and what is different from another one."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.log import stamp
from tests.builders import NOON

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio


async def explained(visit: Visit, execution: dict[str, Any]) -> Any:
    reply = await visit.call.get(f"{execution['links']['self']}/explain")
    assert reply.status == 200, reply
    return reply.json


async def test_a_queued_one_says_what_holds_it_its_place_and_its_time(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", limits={"running": 1})
        visit.house.script.held.add("a")
        first = await visit.started()
        await visit.house.until_running("a")
        visit.house.clock.at += 4_000
        visit.house.script.release("a")
        await visit.call.get(f"{first['links']['self']}?wait=5")
        await visit.started()
        await visit.house.until_running("a")
        await visit.started("load", {"priority": 5})
        third = await visit.started()
        said = await explained(visit, third)
        assert said["status"] == "queued"
        assert [each["code"] for each in said["blocked_by"]] == ["concurrency_limit"]
        assert (
            said["summary"]
            == "At most one execution of the job may run at once, and execution 2 runs; 1 goes before it."
        )
        assert said["position"] == 2
        now = visit.house.clock.now()
        from runbell.http.times import moment

        assert moment(said["expected_start"]) == now + 8_000
        assert said["usual_ms"]["p50"] == 4_000


async def test_a_scheduled_one_and_one_that_waits_for_another_say_so(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("report")
        await visit.defined("load", then=[{"job": "report"}])
        made = await visit.started("load", {"start_after": "2031-01-01T00:00:00Z"})
        said = await explained(visit, made)
        assert [each["code"] for each in said["blocked_by"]] == ["not_before"]
        assert said["expected_start"] == "2031-01-01T00:00:00.000Z"
        waiting = (await visit.call.get("/api/v1/executions?job=report")).json["items"][0]
        said = await explained(visit, waiting)
        assert [each["code"] for each in said["blocked_by"]] == ["predecessor"]
        assert (
            said["summary"] == "It waits for load 1 to end, which is scheduled; it runs when that ends as `succeeded`."
        )


async def test_a_running_one_names_its_step_and_whether_it_is_slow(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a")
        visit.house.script.held.add("a")
        first = await visit.started()
        await visit.house.until_running("a")
        visit.house.clock.at += 2_000
        visit.house.script.release("a")
        await visit.call.get(f"{first['links']['self']}?wait=5")
        second = await visit.started()
        await visit.house.until_running("a")
        visit.house.clock.at += 60_000
        said = await explained(visit, second)
        assert (said["step"]["name"], said["step"]["usual_ms"], said["step"]["slower_than_usual"]) == ("a", 2_000, True)
        assert said["summary"] == "Step a has been running for 60.0 s, longer than usual (2.0 s)."
        assert said["slower_than_usual"] is True


async def test_a_failed_one_says_where_what_changed_and_what_a_restart_would_do(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b", parameters={"day": {"type": "text", "default": "mon"}})
        good = await visit.ended()
        await visit.defined("load", "a", "b", title="New", parameters={"day": {"type": "text", "default": "mon"}})
        visit.house.script.fails("b")
        bad = await visit.ended("load", {"params": {"day": "tue"}})
        said = await explained(visit, bad)
        assert said["summary"] == "Step b failed: It broke."
        assert said["first_failed_step"] == "b"
        assert said["changed_since_last_success"] == {
            "execution": good["id"], "number": 1, "definition": ["/title"], "params": ["day"], "host": False,
        }  # fmt: skip
        assert said["restart"] == {
            "possible": True, "safe": True, "why": "What finished (a) is reused, and b runs again.",
            "reused_steps": ["a"], "rerun_steps": ["b"],
        }  # fmt: skip


async def test_a_restart_of_a_step_that_was_cut_off_is_not_called_safe(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", {"name": "b", "command": ["true"]})
        visit.house.script.loses_its_hand("b")
        lost = await visit.ended()
        said = (await explained(visit, lost))["restart"]
        assert (said["possible"], said["safe"]) == (True, False)
        assert "Step b was cut off" in said["why"]


async def test_what_cannot_be_restarted_says_why(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", restart=False)
        visit.house.script.fails("a")
        said = (await explained(visit, await visit.ended()))["restart"]
        assert (said["possible"], said["why"]) == (False, "Job load says `restart: false`; rerun it instead.")


async def test_what_the_caller_may_not_see_is_not_explained(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load")
        await visit.defined("other")
        made = await visit.ended("load")
        narrow = await visit.caller("executions:read:other")
        for path in ("explain", "diff"):
            there = await narrow.get(f"{made['links']['self']}/{path}")
            absent = await narrow.get(f"/api/v1/executions/{made['number'] + 99}/{path}")
            assert there.status == absent.status == 404
        mine = await visit.ended("other")
        assert (await narrow.get(f"{mine['links']['self']}/diff?with={made['number']}")).status == 404


async def test_two_executions_are_compared_member_by_member(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b", parameters={"day": {"type": "text", "default": "mon"}})
        visit.house.script.returns("b", '{"rows": 3}')
        one = await visit.ended()
        await visit.defined("load", "a", "b", title="New", parameters={"day": {"type": "text", "default": "tue"}})
        visit.house.script.returns("b", '{"rows": 4}')
        other = await visit.ended()
        reply = (await visit.call.get(f"{one['links']['self']}/diff?with={other['number']}")).json
        assert {each["pointer"]: (each["before"], each["after"]) for each in reply["params"]} == {
            "/day": ("mon", "tue")
        }
        assert {each["pointer"] for each in reply["definition"]} == {"/title"} | {"/parameters/day/default"}
        assert [(each["pointer"], each["before"], each["after"]) for each in reply["result"]] == [("/rows", 3, 4)]
        assert [(each["name"], each["after_status"]) for each in reply["steps"]] == [
            ("a", "succeeded"),
            ("b", "succeeded"),
        ]
        assert (reply["log"], reply["log_complete"]) == (None, True)
        now = (await visit.call.get(f"{one['links']['self']}/diff")).json
        assert (now["before"]["job_version"], now["after"]["job_version"], now["after"]["execution"]) == (1, 2, None)
        assert {each["pointer"] for each in now["definition"]} == {"/title", "/parameters/day/default"}


async def test_values_of_a_definition_need_the_right_to_read_jobs(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", env={"A": "one"})
        one = await visit.ended()
        await visit.defined("load", env={"A": "two"})
        reader = await visit.caller("executions:read")
        found = (await reader.get(f"{one['links']['self']}/diff")).json["definition"]
        assert found == [{"pointer": "/env/A"}]


async def test_a_right_for_another_job_shows_neither_results_nor_values_nor_logs(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", env={"A": "one"})
        visit.house.script.returns("a", '{"rows": 3}')
        one = await visit.ended()
        await visit.defined("load", "a", env={"A": "two"})
        visit.house.script.returns("a", '{"rows": 4}')
        other = await visit.ended()
        narrowed = ("jobs:read", "results:read", "logs:read")
        path = f"{one['links']['self']}/diff?with={other['number']}"
        for job, shown in (("another", False), ("load", True)):
            reader = await visit.caller("executions:read", *(f"{right}:{job}" for right in narrowed), name=job)
            told = (await reader.get(path)).json
            found = (bool(told["result"]), "before" in told["definition"][0], told["log_complete"])
            assert found == (shown, shown, shown)


async def test_it_says_when_the_schedule_of_its_job_starts_the_next_one_to_who_may_read_jobs(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", starts="both", schedule={"every": "1h"})
        one = await visit.ended()
        assert (await explained(visit, one))["next_fire"] == stamp(NOON + 3_600_000)
        reader = await visit.caller("executions:read")
        assert (await reader.get(f"{one['links']['self']}/explain")).json["next_fire"] is None
        await visit.call.post("/api/v1/jobs/load/schedule/pause")
        assert (await explained(visit, one))["next_fire"] is None
