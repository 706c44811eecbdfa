"""What a call may hold, what it must hold, and what it is told when something is wrong."""

from pathlib import Path
from typing import Any

import pytest

from runbell.dialects.infolink.faults import RULES
from runbell.domain.fault import Fault
from runbell.domain.faults import FAULTS, QueueFull, StorageFull, Unavailable
from runbell.stores.sqlite import SqliteStore

from .calling import EXECUTE, STATUS, InfoLink, a_client, an_app, message

pytestmark = pytest.mark.anyio

RUN: dict[str, Any] = {"opName": "RunScenario", "opParams": {"scenario": "Main", "parameters": {}}}


async def said(infolink: InfoLink, **members: Any) -> str:
    """The refusal of a body of these members."""
    reply = await infolink.post({"apiKey": infolink.key} | members)
    assert reply.status == 200, reply
    return message(reply)


def test_every_refusal_of_the_core_has_words_here() -> None:
    assert RULES.keys() == {fault.code for fault in FAULTS}


@pytest.mark.parametrize("app", ["7", 7])
async def test_members_that_nobody_knows_are_ignored_at_every_level(tmp_path: Path, app: Any) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        stored = {**RUN, "into": "t", "title": "x", "targetTables": [], "opParams": {**RUN["opParams"], "more": 1}}
        reply = await infolink.post({"apiKey": infolink.key, "appId": app, "operation": stored, "extra": {"a": 1}})
        assert reply.json["status"] == "success"


async def test_a_body_that_is_no_json_object_is_told_why(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        for body in (b"", b"{", b"[]", b'{"a": 1,}', b"\xff", b'{"a": 1, "a": 2}', b'"text"'):
            reply = await infolink.post(body)
            assert reply.status == 200, body
            assert message(reply).startswith("Request body is not valid JSON: "), body
        assert await infolink.visit.executions() == 0


async def test_whoever_sends_no_key_is_asked_for_one(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        for body in ({"appId": "7", "operation": RUN}, {"apiKey": None, "appId": "7"}, {"apiKey": ""}):
            reply = await infolink.post(body)
            assert (reply.status, message(reply)) == (401, "Authentication required")
            assert reply.headers["www-authenticate"] == "Bearer"


async def test_the_first_credentials_that_are_there_alone_decide(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        body = {"appId": "7", "operation": RUN}
        good, bad = infolink.key, "rb_key_bad"
        for inside, query, header, status in (
            (good, bad, bad, 200), (bad, good, good, 401), (None, good, bad, 200), (None, bad, good, 401),
            (None, None, good, 200), (None, None, bad, 401), (7, good, good, 401),
        ):  # fmt: skip
            members = body if inside is None else body | {"apiKey": inside}
            path = EXECUTE if query is None else f"{EXECUTE}?apiKey={query}"
            reply = await infolink.post(members, path, authorization=f"Bearer {header}")
            assert reply.status == status, (inside, query, header)


async def test_what_must_be_there_is_named(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        for app in ({}, {"appId": None}, {"appId": ""}):
            assert await said(infolink, operation=RUN, **app) == "Parameter 'appId' is required"
        assert await said(infolink, appId="7", operation=None) == "Parameter 'operation' is required"
        assert await said(infolink, appId="7", operation={}) == "Parameter 'operation.opName' is required"
        for inner in ({}, {"opParams": None}, {"opParams": {"scenario": ""}}):
            operation = {"opName": "RunScenario"} | inner
            wanted = "Parameter 'operation.opParams.scenario' is required"
            assert await said(infolink, appId="7", operation=operation) == wanted
        reply = await infolink.caller.get(f"{STATUS}?apiKey={infolink.key}&appId=7")
        assert (reply.status, message(reply)) == (200, "Parameter 'jobId' is required")


async def test_what_has_the_wrong_type_is_named(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        for flag in ("isAsync", "noResultSchema"):
            for value in (1, "yes", "", []):
                answer = await said(infolink, appId="7", operation=RUN, **{flag: value})
                assert answer == f"Parameter '{flag}' must be true or false"
        assert await said(infolink, appId="7", operation="run") == "Parameter 'operation' must be an object"
        wrong = {"opName": "RunScenario", "opParams": []}
        assert await said(infolink, appId="7", operation=wrong) == "Parameter 'operation.opParams' must be an object"
        wrong = {"opName": "RunScenario", "opParams": {"scenario": "Main", "parameters": [1]}}
        wanted = "Parameter 'operation.opParams.parameters' must be an object"
        assert await said(infolink, appId="7", operation=wrong) == wanted
        for job_id in ("x" * 201, "a\nb", "\x7f", [], 1.5):
            wanted = "Parameter 'jobId' is invalid: 1 to 200 characters, no control characters"
            assert await said(infolink, appId="7", operation=RUN, jobId=job_id) == wanted
        assert await infolink.visit.executions() == 0


async def test_null_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        nothing = {"isAsync": None, "noResultSchema": None, "jobId": None}
        operation = {"opName": "RunScenario", "opParams": {"scenario": "Main", "parameters": None}}
        reply = await infolink.post({"apiKey": infolink.key, "appId": 7, "operation": operation} | nothing)
        assert len(reply.json["result"]["jobId"]) == 36


async def test_an_app_is_a_project_and_one_that_nobody_has_is_the_callers_own(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await an_app(infolink.visit, "8", "there")
        await infolink.visit.defined("main", project="there", ids={"infolink": "Main"})
        there = infolink.with_key(await infolink.visit.key(project="there", name="there"))
        own = (await there.execute(appId="8")).json["result"]["jobId"]
        assert message(await there.look(own, app="7")) == f"Job '{own}' does not exist in app 7"
        assert message(await infolink.look(own, app="8")) == f"Job '{own}' does not exist in app 8"
        assert message(await infolink.look(own, app="nowhere")) == f"Job '{own}' does not exist in app nowhere"
        started = (await infolink.execute(appId="12")).json["result"]["jobId"]
        assert (await infolink.look(started, app="12")).json["result"]["status"] == "queued"
        assert message(await infolink.look(started, app="13")) == f"Job '{started}' does not exist in app 13"
        assert (await infolink.look(started, app="7")).json["result"]["status"] == "queued"


async def test_with_a_setting_only_apps_that_are_projects_exist(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False, any_app="false") as infolink:
        assert (await infolink.execute()).json["status"] == "success"
        assert message(await infolink.execute(appId="12")) == "App '12' does not exist"
        await an_app(infolink.visit, "12", "there")
        assert message(await infolink.execute(appId="12")) == "App '12' does not exist"


async def test_a_scenario_that_the_caller_may_not_see_is_not_there(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await infolink.visit.defined("other")
        narrow = infolink.with_key(await infolink.visit.key("executions:run:other", name="narrow"))
        assert (await narrow.execute("other")).json["status"] == "success"
        hidden, absent = await narrow.execute("Main"), await narrow.execute("Nope")
        assert hidden.body.replace(b"Main", b"Nope") == absent.body


async def test_a_job_stands_for_another_operation(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        loads = {"infolink": {"operation": "LoadOrders"}}
        parameters = {"region": {"type": "text"}}
        await infolink.visit.defined("orders", dialects=loads, parameters=parameters)
        operation = {"opName": "LoadOrders", "opParams": {"region": "north"}}
        assert (await infolink.post({"apiKey": infolink.key, "appId": "7", "operation": operation})).status == 200
        assert (await infolink.visit.execution(1)).params == {"region": "north"}
        unknown = await said(infolink, appId="7", operation={"opName": "SetVariable"})
        assert unknown == "Operation 'SetVariable' is not supported"


async def test_parameters_go_by_name_and_those_that_the_job_does_not_declare_are_ignored(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        declared = {"n": {"type": "int", "max": 5}, "day": {"type": "date", "default": "2031-04-07"}}
        await infolink.visit.defined("load", parameters=declared)
        await infolink.execute("load", {"n": 3, "stranger": [1]})
        assert (await infolink.visit.execution(1)).params == {"n": 3, "day": "2031-04-07"}
        refused = message(await infolink.execute("load", {"n": 9}))
        assert refused == "Parameter 'n' of scenario 'load' is invalid: at most 5"


async def test_with_a_setting_parameters_that_the_job_does_not_declare_are_refused(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False, unknown_parameters="reject") as infolink:
        refused = message(await infolink.execute(parameters={"stranger": 1}))
        assert refused.startswith("Parameter 'stranger' of scenario 'Main' is invalid: the job declares no such")


async def test_a_job_that_takes_no_start_says_why(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        visit = infolink.visit
        await visit.defined("off", enabled=False)
        await visit.defined("nightly", starts="schedule", schedule={"cron": "0 2 * * *"})
        await visit.defined("alone", limits={"running": 1, "when_full": "reject"})
        await visit.defined("keyed", require_key=True)
        assert message(await infolink.execute("off")) == "Scenario 'off' is disabled"
        assert message(await infolink.execute("nightly")) == "Scenario 'nightly' runs on a schedule"
        await infolink.execute("alone")
        assert message(await infolink.execute("alone")) == "Scenario 'alone' is already running"
        assert message(await infolink.execute("keyed")) == "Scenario 'keyed' needs a jobId or an Idempotency-Key"
        assert (await infolink.execute("keyed", jobId="k")).json["status"] == "success"


async def test_with_a_setting_refusals_have_their_real_status_and_the_same_body(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False, http_status_on_error="real") as infolink:
        await infolink.visit.defined("off", enabled=False)
        bare = await infolink.post({"apiKey": infolink.key})
        assert (bare.status, message(bare)) == (400, "Parameter 'appId' is required")
        assert (await infolink.execute("Nope")).status == 404
        assert (await infolink.look("zzz")).status == 404
        assert (await infolink.execute("off")).status == 409


async def test_what_no_door_knows_is_answered_in_the_envelope(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        for path in ("/api/v1/oauth2/token.jsp", "/infolink/", "/infolink/api/v1/nothing.jsp"):
            reply = await infolink.caller.post(path, {})
            assert (reply.status, message(reply)) == (404, "Unknown path")
        large = await infolink.post(b'{"a": "' + b"x" * (1 << 20) + b'"}')
        assert (large.status, message(large)) == (413, "Request body is too large")
        head = await infolink.caller.call("HEAD", "/api/v1/stop.jsp?appId=7&jobId=a")
        assert (head.status, head.headers["allow"]) == (405, "GET, OPTIONS, POST")
        for path in ("/api/v1/stopJob.jsp", STATUS):
            assert (await infolink.caller.put(path, {})).status == 405


@pytest.mark.parametrize("refusal", [StorageFull, QueueFull, Unavailable])
async def test_a_store_that_cannot_take_it_now_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: type[Fault]
) -> None:
    async with a_client(tmp_path, serving=False) as infolink:

        async def full(*_: Any) -> None:
            raise refusal("Not now.")

        monkeypatch.setattr(SqliteStore, "start", full)
        reply = await infolink.execute()
        assert (reply.status, message(reply)) == (503, "Service unavailable, nothing was started")
        assert int(reply.headers["retry-after"]) > 0


async def test_a_defect_is_said_in_the_envelope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        monkeypatch.setattr(SqliteStore, "start", None)
        reply = await infolink.execute()
        assert (reply.status, message(reply)) == (500, "Internal error")
