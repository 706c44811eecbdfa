"""Kept parameters over the API: what one run hands back, the next may ask for."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.outcome import Succeeded
from runbell.operations.define_job import retire
from tests.house_of_cards import ADMIN

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio
SINCE = {"since": {"type": "date", "keep": True}, "day": {"type": "text", "default": "mon"}}
RUN = "/api/v1/jobs/load/executions"


def hands_back(visit: Visit, step: str, **values: Any) -> None:
    visit.house.script.plays[step] += [lambda _: Succeeded(keep=values)]


async def test_the_next_start_takes_what_the_last_success_handed_back(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", parameters=SINCE)
        assert (await visit.ended("load", {"kept": ["since"]}))["params"] == {"day": "mon"}
        hands_back(visit, "a", since="2031-04-07")
        assert (await visit.ended())["status"] == "succeeded"
        plan = (await visit.call.post(f"{RUN}:plan", {"kept": ["since"]})).json
        assert plan["params"]["since"] == {"value": "2031-04-07", "source": "kept"}
        assert (await visit.ended("load", {"kept": ["since"]}))["params"] == {"since": "2031-04-07", "day": "mon"}
        assert (await visit.ended("load"))["params"] == {"day": "mon"}


async def test_before_the_first_success_the_default_serves_or_the_start_is_refused(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        needed: dict[str, Any] = {"type": "date", "keep": True, "required": True}
        await visit.defined("load", parameters={"since": needed})
        refused = await visit.call.post(RUN, {"kept": ["since"]})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/params/since")
        await visit.defined("load", parameters={"since": needed | {"default": "2000-01-01"}})
        assert (await visit.started("load", {"kept": ["since"]}))["params"] == {"since": "2000-01-01"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kept": ["day"]}, "/kept/0"),
        ({"kept": ["since", "sinse"]}, "/kept/1"),
        ({"kept": ["since", "since"]}, "/kept/1"),
        ({"kept": ["since"], "params": {"since": "2031-01-01"}}, "/kept/0"),
    ],
)
async def test_kept_names_only_what_can_be_kept(tmp_path: Path, body: Any, pointer: str) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", parameters=SINCE)
        reply = await visit.call.post(RUN, body)
        assert (reply.status, reply.json["code"]) == (422, "invalid_field")
        assert [each["pointer"] for each in reply.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"since": "yesterday"}, "The step hands back a value for since that does not fit: "),
        ({"sinse": "2031-01-01"}, "The step hands back sinse, but the job has no such parameter with `keep: true`"),
    ],
)
async def test_a_value_that_does_not_fit_fails_the_step(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", parameters=SINCE)
        hands_back(visit, "a", **values)
        ended = await visit.ended()
        assert ended["status"] == "failed"
        assert ended["error"]["detail"].startswith(said)


async def test_what_a_failed_run_hands_back_is_not_kept_but_its_restart_keeps_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", "b", parameters=SINCE)
        hands_back(visit, "a", since="2031-04-07")
        visit.house.script.fails("b")
        failed = await visit.ended()
        assert "since" not in (await visit.ended("load", {"kept": ["since"]}))["params"]
        again = await visit.call.post(f"{failed['links']['self']}/restart", {}, prefer="wait=5")
        assert again.json["status"] == "succeeded"
        # its chain began before the success above, which handed nothing back: so its value stands
        assert (await visit.ended("load", {"kept": ["since"]}))["params"]["since"] == "2031-04-07"


async def test_the_second_waits_and_takes_what_the_first_hands_back(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", parameters=SINCE)
        visit.house.script.held.add("a")
        await visit.started("load", {"kept": ["since"]})
        await visit.house.until_running("a")
        second = await visit.started("load", {"kept": ["since"]})
        said = (await visit.call.get(f"{second['links']['self']}/explain")).json
        assert [each["code"] for each in said["blocked_by"]] == ["concurrency_limit"]
        assert said["summary"] == "It takes a kept value, and execution 1, which runs, may hand back another one first."
        visit.house.script.held.clear()
        visit.house.script.release("a", Succeeded(keep={"since": "2031-04-08"}))
        ended = (await visit.call.get(f"{second['links']['self']}?wait=5")).json
        assert (ended["status"], ended["params"]["since"]) == ("succeeded", "2031-04-08")


async def test_a_value_that_fits_no_more_ends_the_execution_with_a_sentence(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a", parameters={"since": {"type": "int", "keep": True}})
        visit.house.script.held.add("a")
        await visit.started()
        await visit.house.until_running("a")
        await visit.defined("load", "a", parameters=SINCE, limits={"running": 1})
        second = await visit.started("load", {"kept": ["since"]})
        visit.house.script.release("a", Succeeded(keep={"since": 7}))
        ended = (await visit.call.get(f"{second['links']['self']}?wait=5")).json
        assert ended["status"] == "failed"
        assert ended["error"]["detail"].startswith("The kept value of since does not fit the job any more")
        assert [step["status"] for step in ended["steps"]] == ["failed"]


async def test_a_follow_up_that_is_gone_is_said_of_the_follow_up(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("report")
        await visit.defined("load", then=[{"job": "report"}])
        await retire(visit.ports, ADMIN, "report")
        for path in (RUN, f"{RUN}:plan"):
            reply = await visit.call.post(path, {})
            assert (reply.status, reply.json["code"]) == (422, "invalid_definition")
            assert reply.json["errors"][0]["pointer"] == "/then/0/job"
            assert reply.json["detail"].startswith(
                "Job load cannot start: its follow-up report is not defined any more"
            )
