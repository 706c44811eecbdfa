"""Postman collections: who gets them, which jobs are in, and what a start sends. newman itself runs them end to end."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .visit import a_visit

pytestmark = pytest.mark.anyio

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


async def test_a_collection_of_one_job_starts_looks_and_fetches_in_this_order(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        made = (await visit.call.get("/postman/load.json", host="jobs.example.test")).json
        assert made["info"]["schema"] == SCHEMA
        assert variables(made)["baseUrl"] == "http://jobs.example.test"
        calls = [(item["request"]["method"], item["request"]["url"]["raw"]) for item in requests(made)]
        assert calls == [
            ("POST", "{{baseUrl}}/oauth/token"),
            ("POST", "{{baseUrl}}/api/v1/jobs/load/executions"),
            ("GET", "{{baseUrl}}/api/v1/executions/{{execution}}"),
            ("GET", "{{baseUrl}}/api/v1/executions/{{execution}}/result"),
            ("GET", "{{baseUrl}}/api/v1/executions/{{execution}}/logs/raw"),
        ]


async def test_no_collection_holds_a_credential(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        reply = await visit.call.get("/postman.json")
        assert "rb_" not in reply.body.decode()
        assert [variables(reply.json)[name] for name in ("clientId", "clientSecret", "apiKey")] == ["", "", ""]


async def test_what_a_start_must_name_is_a_variable_and_fills_in_to_a_body_that_the_start_takes(tmp_path: Path) -> None:
    declared: dict[str, Any] = {
        "text": {"type": "text"}, "said": {"type": "text", "default": 'a "word"\n'}, "count": {"type": "int", "min": 3},
        "price": {"type": "decimal"}, "flag": {"type": "bool"}, "day": {"type": "date"}, "at": {"type": "datetime"},
        "one": {"type": "enum", "choices": ["x", "y"]}, "some": {"type": "multi", "choices": ["x", "y"]},
        "any": {"type": "json"}, "none": {"type": "text", "nullable": True, "default": None},
    }  # fmt: skip
    parameters = {name: {**how, "required": True} for name, how in declared.items()}
    parameters["left_out"] = {"type": "text"}
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", parameters=parameters)
        made = (await visit.call.get("/postman/load.json")).json
        (raw,) = [item["request"]["body"]["raw"] for item in requests(made) if item["name"] == "Start load"]
        body = json.loads(filled(raw, variables(made)))
        assert (body["params"]["count"], body["params"]["said"]) == (3, 'a "word"\n')
        started = await visit.started("load", body)
        assert set(started["params"]) == set(declared)


async def test_all_jobs_are_those_that_can_be_started_over_the_api(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("nightly", schedule={"cron": "0 2 * * *"})
        await visit.defined("off", enabled=False)
        await visit.call.delete(await visit.defined("retired"))
        await visit.defined("both", starts="both", schedule={"cron": "0 2 * * *"})
        await visit.defined("load")
        made = (await visit.call.get("/postman.json")).json
        assert [folder["name"] for folder in made["item"][0]["item"][1:]] == ["both", "load"]


async def test_more_jobs_than_fit_go_on_in_another_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runbell.dialects.native.collections.MOST_JOBS", 2)
    async with a_visit(tmp_path, serving=False) as visit:
        for name in ("a", "b", "c"):
            await visit.defined(name)
        assert (await visit.call.get("/postman.json")).json["info"]["name"] == "runbell (more: /postman.json?after=b)"
        rest = (await visit.call.get("/postman.json?after=b")).json
        assert (rest["info"]["name"], len(rest["item"][0]["item"])) == ("runbell", 2)


async def test_a_job_beyond_the_callers_reach_is_not_there(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        await visit.defined("other")
        narrow = await visit.caller("jobs:read:load", name="narrow")
        made = (await narrow.get("/postman.json")).json
        assert [folder["name"] for folder in made["item"][0]["item"][1:]] == ["load"]
        hidden, absent = await narrow.get("/postman/other.json"), await narrow.get("/postman/absent.json")
        assert hidden.status == absent.status == 404
        assert hidden.json["detail"] == absent.json["detail"].replace("absent", "other")
        assert (await narrow.get("/postman/load")).status == 404
        runner = await visit.caller("executions:run", name="runner")
        assert (await runner.get("/postman.json")).code == "insufficient_scope"
        assert (await visit.anonymous().get("/postman/load.json")).status == 401


async def test_the_owner_may_open_the_collections_so_that_postman_imports_them_by_their_address(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, postman_open=True) as visit:
        await visit.defined("load")
        stranger = visit.anonymous()
        assert (await stranger.get("/postman/load.json")).status == 200
        assert len((await stranger.get("/postman.json")).json["item"]) == 1
        assert (await stranger.get("/api/v1/jobs/load")).status == 401


def requests(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in made["item"]:
        yield from requests(item) if "item" in item else [item]


def variables(made: dict[str, Any]) -> dict[str, str]:
    return {variable["key"]: variable["value"] for variable in made["variable"]}


def filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text
