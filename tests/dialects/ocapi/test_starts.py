"""Starting: bodies, refusals, system jobs, restarts, idempotency."""

import json
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.status import Status
from runbell.operations import pause
from tests.house_of_cards import ADMIN

from .visit import CUSTOMERS, JOBS, a_visit, client, ended

pytestmark = pytest.mark.anyio


def told(*parameters: tuple[str, Any]) -> bytes:
    return json.dumps({"parameters": [{"name": name, "value": value} for name, value in parameters]}).encode()


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"parameters":[]}', b'{"parameters":null}'])
async def test_a_start_without_parameters(tmp_path: Path, body: bytes) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        reply = await client(visit).call("POST", CUSTOMERS, pieces=[body])
        assert reply.status == 200 and "parameters" not in reply.json


async def test_values_are_texts_whatever_they_were(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        limits = {"when_full": "allow"}
        types = {"text": "text", "whole": "int", "flag": "bool", "any": "json", "hidden": "text"}
        declared: dict[str, Any] = {name: {"type": kind} for name, kind in types.items()}
        declared["hidden"]["secret"] = True
        await visit.defined("typed", parameters=declared, limits=limits)
        path = f"{JOBS}/typed/executions"
        for given, kept, shown in (
            (("text", "first"), "first", "first"), (("text", None), "", ""), (("text", 7), "7", "7"),
            (("text", {"a": [1]}), '{"a":[1]}', '{"a":[1]}'), (("whole", "12"), 12, "12"), (("whole", 12), 12, "12"),
            (("flag", "true"), True, "true"), (("flag", False), False, "false"),
            (("any", '{"a":1}'), {"a": 1}, '{"a":1}'),
        ):  # fmt: skip
            reply = await client(visit).call("POST", path, pieces=[told(("text", "before"), given)])
            assert reply.status == 200, (given, reply)
            name = given[0]
            execution = await visit.execution(int(reply.json["id"]))
            assert execution.params[name] == kept
            assert {"_type": "job_execution_parameter", "name": name, "value": shown} in reply.json["parameters"]
        reply = await client(visit).call("POST", path, pieces=[told(("hidden", "xyzzy"), ("whole", ""))])
        assert reply.json["parameters"] == [{"_type": "job_execution_parameter", "name": "hidden", "value": "*****"}]


@pytest.mark.parametrize(
    ("body", "kind", "arguments"),
    [
        (b'{"foo":1}', "UnknownPropertyException", {"document": "job_execution_request", "path": "foo"}),
        (b'{"parameters":[{"name":"region","colour":1}]}', "UnknownPropertyException",
         {"document": "job_execution_request", "path": "parameters[0].colour"}),
        (b'{"parameters":[{"name":" region"}]}', "PropertyConstraintViolationException",
         {"document": "job_execution_request", "path": "parameters[0].name", "value": " region"}),
        (b'{"parameters":[{"value":"x"}]}', "PropertyConstraintViolationException",
         {"document": "job_execution_request", "path": "parameters[0].name", "value": ""}),
        (b'{"parameters":[{"name":"nope","value":"x"}]}', "PropertyConstraintViolationException",
         {"document": "job_execution_request", "path": "parameters.nope", "value": "x"}),
        (b'{"parameters":"x"}', "PropertyConstraintViolationException",
         {"document": "job_execution_request", "path": "parameters", "value": "x"}),
        (b"[]", "PropertyConstraintViolationException",
         {"document": "job_execution_request", "path": "$", "value": ""}),
        (b'{"parameters"', "BodyDecodingException", {"body": '{"parameters"'}),
        (b'{"parameters":[{"name":"region","value":"\\u0000"}]}', "BodyDecodingException",
         {"body": '{"parameters":[{"name":"region","value":"\\u0000"}]}'}),
    ],
)  # fmt: skip
async def test_a_body_that_does_not_fit_is_refused_and_nothing_starts(
    tmp_path: Path, body: bytes, kind: str, arguments: dict[str, str]
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        fault = await client(visit).fault("POST", CUSTOMERS, 400, body)
        assert (fault["type"], fault["arguments"]) == (kind, arguments)
        assert await visit.executions() == 0


async def test_a_value_has_a_thousand_characters_at_most(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        fault = await client(visit).fault("POST", CUSTOMERS, 400, told(("region", "x" * 1_001)))
        assert fault["arguments"]["path"] == "parameters[0].value"
        assert (await client(visit).call("POST", CUSTOMERS, pieces=[told(("region", "x" * 1_000))])).status == 200


async def test_undeclared_parameters_may_be_ignored(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, unknown_parameters="ignore") as visit:
        reply = await client(visit).call("POST", CUSTOMERS, pieces=[told(("nope", "x"), ("region", "north"))])
        assert [one["name"] for one in reply.json["parameters"]] == ["region"]


async def test_a_second_start_is_refused_while_the_first_has_not_ended(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        assert (await client(visit).call("POST", CUSTOMERS)).status == 200
        fault = await client(visit).fault("POST", CUSTOMERS, 400)
        assert fault == {
            "arguments": {"jobId": "CustomerImportJob"}, "type": "JobAlreadyRunningException",
            "message": "The job with ID 'CustomerImportJob' is already running.",
        }  # fmt: skip
        await visit.defined("CustomerImportJob", limits={"running": 1, "when_full": "queue"})
        assert (await client(visit).call("POST", CUSTOMERS)).status == 200


async def test_a_job_that_may_not_start(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("off", enabled=False)
        await visit.defined("timed", starts="schedule", schedule={"every": "1h"})
        await visit.defined("keyed", require_key=True)
        await visit.defined("paused", limits={"when_paused": "reject"})
        await pause.pause(visit.ports, ADMIN, "paused")
        fault = await client(visit).fault("POST", f"{JOBS}/off/executions", 400)
        assert fault["type"] == "JobInvalidException" and fault["arguments"]["jobId"] == "off"
        assert fault["message"] == f"The job with ID 'off' is invalid: {fault['arguments']['cause']}"
        for job in ("timed", "keyed", "paused"):
            fault = await client(visit).fault("POST", f"{JOBS}/{job}/executions", 409)
            assert fault == {
                "arguments": {"jobId": job}, "type": "JobExecutionException",
                "message": f"The job with ID '{job}' could not be executed.",
            }  # fmt: skip


async def test_the_status_of_a_job_that_could_not_be_executed_can_be_chosen(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, job_execution_exception_status="400") as visit:
        await visit.defined("keyed", require_key=True)
        assert (await client(visit).fault("POST", f"{JOBS}/keyed/executions", 400))["type"] == "JobExecutionException"


async def test_a_scope_of_sites_becomes_the_scopes_of_the_start(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("sites", {"name": "a", "command": ["true"], "for_each": "scopes"}, scopes=["A", "B", "C"])
        path = f"{JOBS}/sites/executions"
        fault = await client(visit).fault("POST", path, 400, told(("SiteScope", '{"named_sites":["A","X"]}')))
        assert fault["arguments"]["path"] == "parameters.SiteScope"
        reply = await client(visit).call("POST", path, pieces=[told(("SiteScope", '{"named_sites":["C","A"]}'))])
        assert reply.json["execution_scopes"] == ["C", "A"]
        assert reply.json["parameters"][0]["value"] == '{"named_sites":["C","A"]}'
        assert (await visit.execution(int(reply.json["id"]))).scopes == ("C", "A")


async def test_a_restart_says_the_sites_that_the_first_start_was_given(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("sites", {"name": "a", "command": ["true"], "for_each": "scopes"}, scopes=["A", "B", "C"])
        visit.house.script.fails("a")
        path, call = f"{JOBS}/sites/executions", client(visit)
        first = await call.call("POST", path, pieces=[told(("SiteScope", '{"named_sites":["C"]}'))])
        await ended(visit, first)
        again = await call.call("POST", f"{path}?restart_execution_id={first.json['id']}")
        assert again.json["parameters"] == first.json["parameters"]
        assert again.json["execution_scopes"] == ["C"]


async def test_a_system_job_takes_a_body_of_its_own_and_is_answered_with_202(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        declared = {"file_name": {"type": "text", "required": True}, "mode": {"type": "text"}}
        await visit.defined("sfcc-site-archive-import", parameters=declared, limits={"when_full": "allow"})
        path = f"{JOBS}/sfcc-site-archive-import/executions"
        form = told(("ImportFile", "a.zip"))
        for body, shown in (
            (b'{"file_name":"a.zip","mode":"merge"}', {"ImportFile": "a.zip", "ImportMode": "merge"}),
            (form, {"ImportFile": "a.zip"}),
        ):
            reply = await client(visit).call("POST", path, pieces=[body])
            assert (reply.status, reply.json["execution_status"], reply.json["status"]) == (202, "pending", "PENDING")
            assert not {"start_time", "duration", "end_time", "exit_status"} & set(reply.json)
            assert {one["name"]: one["value"] for one in reply.json["parameters"]} == shown
        looked = await client(visit).call("GET", f"{path}/{reply.json['id']}")
        assert looked.json["status"] == "RUNNING"
        assert (await client(visit).fault("POST", f"{JOBS}/sfcc-nope/executions", 404))[
            "type"
        ] == "JobNotFoundException"


async def test_an_index_job_wants_a_scope(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        name = "sfcc-search-index-product-full-update"
        await visit.defined(name, parameters={"site_scope": {"type": "text"}}, limits={"when_full": "allow"})
        path = f"{JOBS}/{name}/executions"
        assert (await client(visit).fault("POST", path, 400))["type"] == "MissingSiteScopeParameterException"
        fault = await client(visit).fault("POST", path, 400, b'{"site_scope":{"named_sites":[]}}')
        assert fault["type"] == "InvalidSiteScopeParameterException"
        for scope in (b'{"named_sites":["A"]}', b'{"all_storefront_sites":true}', b'"all_storefront_sites"'):
            reply = await client(visit).call("POST", path, pieces=[b'{"site_scope":' + scope + b"}"])
            assert reply.status == 202, reply


async def test_a_restart_goes_on_from_what_failed(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        visit.house.script.fails("Step2")
        call = client(visit)
        path = await ended(visit, await call.call("POST", CUSTOMERS))
        failed = (await call.call("GET", path)).json
        assert (failed["status"], failed["execution_status"]) == ("ERROR", "finished")
        assert failed["exit_status"] == {"_type": "status", "code": "ERROR", "message": "It broke.", "status": "error"}
        again = f"{CUSTOMERS}?restart_execution_id={failed['id']}"
        reply = await call.call("POST", again, headers={"idempotency_key": "k"})
        assert (reply.status, reply.json["is_restart"]) == (200, True)
        assert (await call.call("POST", again, headers={"idempotency_key": "k"})).json["id"] == reply.json["id"]
        assert (await visit.execution(int(reply.json["id"]))).trigger.surface == "ocapi"
        good = await ended(visit, reply)
        steps = (await call.call("GET", good)).json["step_executions"]
        assert [(step["step_id"], step["status"]) for step in steps] == [("Step1", "OK"), ("Step2", "OK")]
        restarted = f"{CUSTOMERS}?restart_execution_id="
        assert (await call.fault("POST", f"{restarted}{reply.json['id']}", 400))["type"] == "JobNotRestartableException"
        assert (await call.fault("POST", f"{restarted}99", 400))["type"] == "JobRestartException"
        assert (await call.fault("POST", f"{restarted}x", 400))["type"] == "MalformedParameterException"
        assert (await visit.execution(int(reply.json["id"]))).status is Status.SUCCEEDED
        anew = await call.call("POST", CUSTOMERS, headers={"idempotency_key": "k"})
        assert (anew.json["is_restart"], anew.json["id"] == reply.json["id"]) == (False, False)


async def test_the_same_start_twice_under_one_key_is_one_execution(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        first = await client(visit).call("POST", CUSTOMERS, headers={"idempotency_key": "k1"})
        again = await client(visit).call("POST", CUSTOMERS, headers={"idempotency_key": "k1"})
        assert first.json["id"] == again.json["id"]
        other = told(("region", "north"))
        fault = await client(visit).fault("POST", CUSTOMERS, 400, other, idempotency_key="k1")
        assert fault["type"] == "IdempotencyKeyReusedException"
        assert await visit.executions() == 1
