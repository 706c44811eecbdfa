"""The examples of the vendor's pages, placeholders bound and nothing else changed."""

import json
from pathlib import Path

import pytest

from runbell.domain.status import Status

from .calling import EXECUTE, STATUS, a_client, message

pytestmark = pytest.mark.anyio

COMMAND = (
    '{"apiKey":"<your API key>","appId":"7","operation":{"opName": "RunScenario", "opParams": {"scenario": "Main", '
    '"parameters": {}}}}'
)
ANSWER = (
    '{ "result": { "results": [ { "result": { "schema": [ { "updateable": false, "typeStandard": { "typeStr": "text", '
    '"name": "text" }, "name": "id", "type": { "typeStr": "nvarchar(max)", "precision": -1, "name": "nvarchar", '
    '"scale": 0 } }, { "updateable": false, "typeStandard": { "typeStr": "text", "name": "text" }, "name": '
    '"company_name", "type": { "typeStr": "nvarchar(max)", "precision": -1, "name": "nvarchar", "scale": 0 } } ], '
    '"records": [ { "company_name": "IBM", "id": "1" }, { "company_name": "Microsoft", "id": "2" } ] }, "name": '
    '"companies" } ] }, "status": "success" }'
)
ROWS = '[{"id": "1", "company_name": "IBM"}, {"id": "2", "company_name": "Microsoft"}]'


async def test_the_command_of_the_page_starts_the_scenario(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        reply = await infolink.post(COMMAND.replace("<your API key>", infolink.key).encode())
        assert (reply.status, list(reply.json)) == (200, ["status", "result"])
        assert reply.json["status"] == "success"
        assert list(reply.json["result"]) == ["jobId"]
        assert reply.headers["x-job-id"] == reply.json["result"]["jobId"]
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        assert reply.headers["cache-control"] == "no-store"


async def test_polling_goes_on_until_the_job_is_completed_and_then_shows_its_data(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        infolink.visit.house.script.held.add("companies")
        job = (await infolink.execute()).json["result"]["jobId"]
        await infolink.visit.house.until_running("companies")
        assert (await infolink.look(job)).json == {"status": "success", "result": {"status": "running", "jobId": job}}
        infolink.visit.house.script.release("companies")
        execution = await infolink.visit.execution(1)
        await infolink.visit.house.until(execution, Status.SUCCEEDED)
        found = (await infolink.look(job)).json
        assert found == {"status": "success", "result": {"status": "completed", "jobId": job, "results": []}}


async def test_a_call_that_waits_is_answered_as_the_page_shows_it(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        infolink.visit.house.script.returns("companies", ROWS)
        reply = await infolink.execute(isAsync=False)
        assert reply.json == json.loads(ANSWER)
        assert len(reply.headers["x-job-id"]) == 36


async def test_without_schema_only_the_schema_is_missing_and_only_if_the_call_waits(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        script = infolink.visit.house.script
        script.returns("companies", ROWS)
        script.returns("companies", ROWS)
        waited = (await infolink.execute(isAsync="False", noResultSchema=True)).json
        wanted = json.loads(ANSWER)
        del wanted["result"]["results"][0]["result"]["schema"]
        assert waited == wanted
        at_once = (await infolink.execute(isAsync=True, noResultSchema="true")).json
        job = at_once["result"].pop("jobId")
        assert at_once == {"status": "success", "result": {}}
        await infolink.visit.house.until(await infolink.visit.execution(2))
        assert (await infolink.look(job)).json["result"]["results"] == json.loads(ANSWER)["result"]["results"]


async def test_an_id_of_the_callers_own_is_the_id_of_one_job(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        for _ in range(2):
            assert (await infolink.execute(jobId="run-1")).json == {"status": "success", "result": {"jobId": "run-1"}}
        assert await infolink.visit.executions() == 1
        other = await infolink.execute(parameters={"region": "north"}, jobId="run-1")
        assert other.json == {"status": "error", "result": {"message": "Job id 'run-1' is already in use"}}
        assert (other.status, await infolink.visit.executions()) == (200, 1)


async def test_a_stop_is_asked_for_until_it_is_done(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        house = infolink.visit.house
        house.script.held.add("companies")
        job = (await infolink.execute()).json["result"]["jobId"]
        await house.until_running("companies")
        assert await infolink.stop(job) == "stop started"
        await house.until(await infolink.visit.execution(1), Status.STOPPED)
        assert await infolink.stop(job, "/api/v1/stop.jsp") == "already completed"
        result = (await infolink.look(job)).json["result"]
        assert result == {"status": "stopped", "jobId": job, "message": "Stopped", "results": []}


async def test_a_scenario_whose_step_fails_is_a_failed_call_for_whoever_waits(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        infolink.visit.house.script.fails("companies")
        reply = await infolink.execute(isAsync=False, jobId="bad")
        said = {"message": "ERROR: It broke.", "jobId": "bad", "status": "completedWithError", "results": []}
        assert (reply.status, reply.json) == (200, {"status": "error", "result": said})
        looked = (await infolink.look("bad")).json
        assert looked["status"] == "success"
        assert looked["result"]["status"] == "completedWithError"


async def test_the_refusals_of_the_page(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        wrong = await infolink.with_key("rb_key_nobody").execute()
        assert (wrong.status, message(wrong)) == (401, "Invalid API key")
        bare = await infolink.post({"apiKey": infolink.key, "appId": "7"})
        assert (bare.status, message(bare)) == (200, "Parameter 'operation' is required")
        assert message(await infolink.execute("Nope")) == "Scenario 'Nope' does not exist in app 7"
        assert message(await infolink.look("zzz")) == "Job 'zzz' does not exist in app 7"
        got = await infolink.caller.get(EXECUTE)
        assert (got.status, message(got), got.headers["allow"]) == (405, "Method not allowed", "OPTIONS, POST")
        token = await infolink.caller.get(f"{STATUS}?appId=7&jobId=a", authorization="Bearer eyJ.e30.x")
        assert (token.status, message(token)) == (401, "The access token is invalid or has expired")
        assert token.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        weak = infolink.with_key(await infolink.visit.key("jobs:read", name="weak"))
        refused = await weak.execute()
        assert (refused.status, message(refused)) == (403, "You may not run scenario 'Main'")
        assert await infolink.visit.executions() == 0
