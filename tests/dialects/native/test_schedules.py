"""Schedules over the API: look, set, clear, pause, preview, and the rule that a job is scheduled or API-triggered."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.log import stamp
from runbell.engine.due_schedules import DueSchedules
from tests.builders import NOON

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio
JOB = "/api/v1/jobs/load"
PATH = f"{JOB}/schedule"
HOUR = 3_600_000


async def fired(visit: Visit, at: int) -> dict[str, Any]:
    """The newest execution once the caretaker has looked at that moment."""
    visit.house.clock.at = at
    await DueSchedules(visit.ports).once()
    newest: dict[str, Any] = (await visit.call.get("/api/v1/executions")).json["items"][0]
    return newest


async def test_a_schedule_is_set_shown_and_cleared_and_the_mode_goes_with_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(starts="api")
        assert (await visit.call.get(PATH)).code == "not_found"
        made = await visit.call.put(PATH, {"every": "1h", "missed": "skip"})
        assert made.status == 200
        shown = (await visit.call.get(PATH)).json
        assert shown == made.json
        assert (shown["starts"], shown["on"], shown["paused"]) == ("schedule", True, False)
        assert shown["schedule"] == {"every": "1h", "missed": "skip"}
        assert (shown["next_fire"], shown["anchor"]) == (stamp(NOON + HOUR), stamp(NOON))
        job = (await visit.call.get(JOB)).json
        assert (job["next_fire"], job["version"]) == (stamp(NOON + HOUR), 2)
        assert "starts" not in job["definition"]
        assert (await visit.call.get("/api/v1/jobs")).json["items"][0]["next_fire"] == stamp(NOON + HOUR)
        assert (await visit.call.post(f"{JOB}/executions", {})).code == "job_scheduled"
        plan = (await visit.call.post(f"{JOB}/executions:plan", {})).json
        assert (plan["would"], plan["code"]) == ("reject", "job_scheduled")

        cleared = await visit.call.delete(PATH)
        assert (cleared.status, cleared.json["next_fire"]) == (200, None)
        assert (await visit.call.get(PATH)).status == 404
        await visit.started()


async def test_a_schedule_that_is_kept_switched_off_comes_back_with_a_put(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(schedule={"every": "1h"})
        cleared = await visit.call.delete(f"{PATH}?keep=true")
        assert cleared.json["definition"]["starts"] == "api"
        shown = (await visit.call.get(PATH)).json
        assert (shown["on"], shown["next_fire"], shown["starts"]) == (False, None, "api")
        await visit.started()
        assert (await visit.call.put(PATH, shown["schedule"])).json["on"] is True
        assert (await visit.call.post(f"{JOB}/executions", {})).code == "job_scheduled"


async def test_both_is_never_written_here_and_stays_where_it_stood(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(starts="both", schedule={"every": "1h"})
        assert (await visit.call.put(PATH, {"every": "2h"})).json["starts"] == "both"
        await visit.started()


async def test_a_pinned_version_from_before_the_schedule_is_refused_too(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        await visit.call.put(PATH, {"every": "1h"})
        assert (await visit.call.post(f"{JOB}/executions", {"version": 1})).code == "job_scheduled"
        await visit.call.delete(PATH)
        assert (await visit.call.post(f"{JOB}/executions", {"version": 2})).status == 202


async def test_what_it_starts_says_so_and_a_rerun_of_it_passes(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined(schedule={"every": "1h"})
        made = await fired(visit, NOON + HOUR + 3)
        assert made["trigger"] == {
            "kind": "schedule", "actor": "schedule:load", "surface": "native", "schedule": stamp(NOON + HOUR),
        }  # fmt: skip
        await visit.call.get(f"{made['links']['self']}?wait=5")
        again = await visit.call.post(f"{made['links']['self']}/rerun", {})
        assert again.status in {200, 202}
        assert again.json["trigger"] == {
            "kind": "rerun", "actor": "key:admin", "surface": "native", "schedule": None,
        }  # fmt: skip


async def test_what_was_missed_is_in_the_feed_and_explained(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(schedule={"every": "1h", "missed": "skip"})
        note = await fired(visit, NOON + 5 * HOUR + 120_000)
        assert (note["status"], note["discard_reason"]) == ("discarded", "missed_fire")
        (event,) = (await visit.call.get("/api/v1/events?types=schedule.missed")).json["items"]
        assert event["execution"] == note["id"]
        assert event["data"] == {
            "status": "discarded", "policy": "skip", "missed": 5, "more": False, "from": stamp(NOON + HOUR),
            "to": stamp(NOON + 5 * HOUR), "started": 0,
        }  # fmt: skip
        said = (await visit.call.get(f"{note['links']['self']}/explain")).json["summary"]
        assert said.startswith("It never ran. 5 fire times from 2030-")


async def test_paused_and_resumed_it_says_so_and_again_is_the_same(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(schedule={"every": "1h"})
        for _ in range(2):
            paused = await visit.call.post(f"{PATH}/pause")
            assert (paused.json["paused"], paused.json["on"], paused.json["next_fire"]) == (True, True, None)
        assert (await visit.call.post(f"{JOB}/executions", {})).code == "job_scheduled"
        visit.house.clock.at = NOON + 10 * HOUR + 1
        for _ in range(2):
            resumed = await visit.call.post(f"{PATH}/resume")
            assert (resumed.json["paused"], resumed.json["next_fire"]) == (False, stamp(NOON + 11 * HOUR))
        lines = (await visit.call.get("/api/v1/audit")).json["items"]
        actions = [line["action"] for line in lines if line["action"].startswith("schedules.")]
        assert sorted(actions) == ["schedules.pause", "schedules.resume"]


async def test_an_old_revision_writes_nothing_and_a_tag_moves_when_it_fires(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        first = await visit.call.put(PATH, {"every": "1h"})
        assert (await visit.call.get(PATH, if_none_match=first.headers["etag"])).status == 304
        job = (await visit.call.get(JOB)).headers["etag"]
        assert (await visit.call.get(JOB, if_none_match=job)).status == 304
        await fired(visit, NOON + HOUR)
        assert (await visit.call.get(PATH, if_none_match=first.headers["etag"])).status == 200
        assert (await visit.call.get(JOB, if_none_match=job)).status == 200
        assert (await visit.call.put(PATH, {"every": "2h"}, if_match=first.headers["etag"])).status == 200
        for reply in (
            await visit.call.put(PATH, {"every": "3h"}, if_match=first.headers["etag"]),
            await visit.call.delete(PATH, if_match=first.headers["etag"]),
        ):
            assert (reply.status, reply.code) == (412, "revision_mismatch")
        assert (await visit.call.get(PATH)).json["schedule"] == {"every": "2h"}


@pytest.mark.parametrize(
    ("schedule", "pointer", "hint"),
    [
        ({"cron": "0 0 30 2 *"}, "/cron", "never comes"),
        ({"cron": "0 0 30 2 */2"}, "/cron", "never comes"),
        ({"cron": "0 0 * * 8"}, "/cron", "day of the week"),
        ({"cron": "0 0 2 * * *"}, "/cron", "five fields"),
        ({"cron": "0 0 * * *", "timezone": "Europe/Berln"}, "/timezone", "did you mean `Europe/Berlin`"),
        ({"cron": "0 0 * * *", "every": "1h"}, "", "exactly one"),
        ({"corn": "0 0 * * *"}, "/corn", "did you mean `cron`"),
        ({"every": "1h", "missed": "later"}, "/missed", "run_once"),
        ({"cron": "0 0 * * *", "from": "2031-01-01T00:00:00Z"}, "/from", "every"),
        ({"at": "2001-01-01T00:00:00Z"}, "/at", "passed"),
        ({"every": "1h", "parameters": {}}, "/parameters/limit", ""),
        ({"every": "1h", "parameters": {"limit": "x"}}, "/parameters/limit", ""),
    ],
)
async def test_a_schedule_that_cannot_be_is_refused_with_what_is_wrong(
    tmp_path: Path, schedule: dict[str, Any], pointer: str, hint: str
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(parameters={"limit": {"type": "int", "required": True}})
        given = {"parameters": {"limit": 3}} | schedule
        for reply in (await visit.call.put(PATH, given), await visit.call.post(f"{PATH}:preview", given)):
            if "at" in schedule and reply.status == 200:
                assert reply.json["items"] == []
                continue
            assert (reply.status, reply.code) == (422, "invalid_definition")
            assert [
                wrong["detail"]
                for wrong in reply.json["errors"]
                if wrong["pointer"] == pointer and hint in wrong["detail"]
            ]
        await visit.started(body={"params": {"limit": 1}})


async def test_the_next_fire_times_are_foretold_also_of_what_is_not_saved(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(schedule={"cron": "30 2 * * *", "timezone": "Europe/Berlin"})
        found = (await visit.call.get(f"{PATH}:preview?count=2&from=2031-03-29T12:00:00Z")).json
        assert (found["timezone"], found["anchor"]) == ("Europe/Berlin", None)
        assert found["items"] == [
            {"at": "2031-03-30T01:00:00.000Z", "local": "2031-03-30T03:00:00+02:00"},
            {"at": "2031-03-31T00:30:00.000Z", "local": "2031-03-31T02:30:00+02:00"},
        ]
        other = (await visit.call.post(f"{PATH}:preview?count=1", {"every": "90m"})).json
        assert (other["anchor"], other["items"][0]["at"]) == (stamp(NOON), stamp(NOON + 90 * 60_000))
        assert len((await visit.call.post(f"{PATH}:preview?count=200", {"every": "90m"})).json["items"]) == 200
        once = (await visit.call.post(f"{PATH}:preview", {"at": "2031-01-01T00:00:00Z"})).json
        assert [item["at"] for item in once["items"]] == ["2031-01-01T00:00:00.000Z"]
        assert len((await visit.call.post(f"{PATH}:preview")).json["items"]) == 10
        assert (await visit.call.get(f"{PATH}:preview?count=201")).status == 422


async def test_it_takes_the_right_for_it_and_that_may_be_narrowed_to_a_job(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        await visit.defined("other")
        reader = await visit.caller("jobs:read", name="reader")
        assert (await reader.put(PATH, {"every": "1h"})).code == "insufficient_scope"
        narrow = await visit.caller("schedules:write:load", "jobs:read", name="narrow")
        assert (await narrow.put(PATH, {"every": "1h"})).status == 200
        for path in ("other", "none"):
            reply = await narrow.put(f"/api/v1/jobs/{path}/schedule", {"every": "1h"})
            assert (reply.status, reply.code) == (404, "not_found")
        assert (await narrow.post(f"{PATH}/pause")).status == 200
        assert (await reader.get(PATH)).status == 200
        assert (await reader.delete(PATH)).code == "insufficient_scope"


async def test_a_retired_job_has_no_schedule_to_set(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(schedule={"every": "1h"})
        assert (await visit.call.delete(JOB)).json["next_fire"] is None
        for reply in (
            await visit.call.get(PATH),
            await visit.call.put(PATH, {"every": "1h"}),
            await visit.call.delete(PATH),
        ):
            assert reply.status == 404


async def test_a_project_has_so_many_schedules_and_no_more_however_they_are_set(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        visit.ports.rota.most = 1
        await visit.defined(schedule={"every": "1h"})
        await visit.defined("other")
        over = await visit.call.put("/api/v1/jobs/other/schedule", {"every": "1h"})
        assert (over.status, over.code, over.json["errors"][0]["code"]) == (422, "invalid_definition", "too_many")
        assert "has 1 schedules, as many as it may" in over.json["errors"][0]["detail"]
        new = await visit.call.put(
            "/api/v1/jobs/new", {"steps": [{"name": "a", "command": ["true"]}], "schedule": {"every": "1h"}}
        )
        assert (new.status, new.json["errors"][0]["pointer"]) == (422, "/schedule")
        assert (await visit.call.put(PATH, {"every": "2h"})).status == 200
        elsewhere = await visit.caller(project="elsewhere")
        definition = {"steps": [{"name": "a", "command": ["true"]}], "schedule": {"every": "1h"}}
        assert (await elsewhere.put("/api/v1/jobs/load", definition)).status == 201
        await visit.call.delete(PATH)
        assert (await visit.call.put("/api/v1/jobs/other/schedule", {"every": "1h"})).status == 200
