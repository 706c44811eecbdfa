"""Looking, deleting, logs: each status, who may see what, and what a state or a right refuses."""

import re
from pathlib import Path

import pytest

from runbell.domain.status import Status
from runbell.operations import stop
from runbell.ports.store import Ref
from tests.house_of_cards import ADMIN

from .visit import CUSTOMERS, JOBS, a_visit, client, ended, stranger

pytestmark = pytest.mark.anyio
WEBDAV = "/on/demandware.servlet/webdav/Sites"


async def test_what_is_queued_running_and_stopping_all_shows_that_it_runs(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        visit.house.script.held.add("Step1")
        call = client(visit)
        number = int((await call.call("POST", CUSTOMERS)).json["id"])
        await visit.house.until_running("Step1")
        visit.house.clock.at += 1_500
        running = (await call.call("GET", f"{CUSTOMERS}/{number}")).json
        assert (running["execution_status"], running["status"], running["duration"]) == ("running", "RUNNING", 1_500)
        assert not {"end_time", "exit_status"} & set(running)
        assert [step["status"] for step in running["step_executions"]] == ["RUNNING"]
        fault = await call.fault("DELETE", f"{CUSTOMERS}/{number}", 403)
        assert fault == {
            "arguments": {"executionId": str(number)}, "type": "JobExecutionNotFinishedException",
            "message": f"The job execution with ID '{number}' is not finished.",
        }  # fmt: skip
        await stop.stop(visit.ports, ADMIN, Ref(number=number), "graceful", "No more.")
        await visit.house.until(await visit.execution(number))
        ended_ = (await call.call("GET", f"/s/-/dw/data/v20_1/jobs/CustomerImportJob/executions/{number}")).json
        assert (ended_["execution_status"], ended_["status"]) == ("aborted", "ABORTED")
        assert ended_["exit_status"] == {
            "_type": "status", "code": "ABORTED", "message": "No more.", "status": "error"
        }  # fmt: skip
        assert ended_["status_metadata"] == {"_type": "status_metadata", "client_id": "admin", "reason": "No more."}
        assert ended_["effective_duration"] == ended_["duration"]


async def test_what_waits_for_its_time_shows_pending_and_what_never_ran_shows_discarded(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        later = await visit.house.start("CustomerImportJob", start_after=visit.house.clock.at + 60_000)
        call = client(visit)
        shown = (await call.call("GET", f"{CUSTOMERS}/{later.number}")).json
        assert (shown["execution_status"], shown["status"]) == ("pending", "PENDING")
        assert not {"start_time", "duration"} & set(shown)
        await stop.stop(visit.ports, ADMIN, Ref(number=later.number), "graceful", "")
        shown = (await call.call("GET", f"{CUSTOMERS}/{later.number}")).json
        assert (shown["execution_status"], shown["status"]) == ("aborted", "DISCARDED")
        assert (shown["exit_status"]["code"], shown["step_executions"]) == ("DISCARDED", [])


async def test_words_of_the_documents_where_that_is_asked_for(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, verbatim_status="true", job_exit_code="own") as visit:
        shown = (await client(visit).call("POST", CUSTOMERS)).json
        assert (shown["execution_status"], shown["status"]) == ("pending", "PENDING")
        assert not {"start_time", "duration"} & set(shown)


async def test_a_job_that_failed_shows_error_and_its_own_code_in_the_message(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        visit.house.script.fails("Step2", code="NO_DATA")
        path = await ended(visit, await client(visit).call("POST", CUSTOMERS))
        shown = (await client(visit).call("GET", path)).json
        assert shown["exit_status"] == {
            "_type": "status", "code": "ERROR", "message": "NO_DATA: It broke.", "status": "error"
        }  # fmt: skip
        assert shown["step_executions"][1]["exit_status"] == {
            "_type": "status", "code": "NO_DATA", "message": "It broke.", "status": "error"
        }  # fmt: skip


async def test_one_element_per_step_and_scope_with_the_latest_attempt(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("tries", {"name": "a", "command": ["true"], "retry": {"attempts": 2, "delay": "0s"}})
        visit.house.script.fails("a", 1)
        path = await ended(visit, await client(visit).call("POST", f"{JOBS}/tries/executions"))
        steps = (await client(visit).call("GET", path)).json["step_executions"]
        assert [(step["status"], step["execution_scope"], step["step_type_info"]) for step in steps] == [
            ("OK", "Organization", "true")
        ]


async def test_a_job_goes_by_the_id_it_was_given_encoded_or_not(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("plain", ids={"ocapi": "Kunden:Import/€"}, description="From the shop.")
        path = f"{JOBS}/Kunden:Import%2F%E2%82%AC/executions"
        shown = (await client(visit).call("POST", path)).json
        assert (shown["job_id"], shown["job_description"]) == ("Kunden:Import/€", "From the shop.")
        assert re.fullmatch(r"Job-Kunden_Import__-\d{17}\.log", shown["log_file_name"])
        assert (await client(visit).call("GET", f"{path}/{shown['id']}")).status == 200
        for wrong in (f"{JOBS}/plain/executions/{shown['id']}", f"{CUSTOMERS}/{shown['id']}", f"{path}/0{shown['id']}"):
            assert (await client(visit).fault("GET", wrong, 404))["type"] == "JobExecutionNotFoundException"


async def test_a_state_that_was_read_before_guards_a_deletion(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        call = client(visit)
        started = await call.call("POST", CUSTOMERS)
        path = await ended(visit, started)
        old, new = started.json["_resource_state"], (await call.call("GET", path)).json["_resource_state"]
        assert old != new
        fault = await call.fault("DELETE", path, 409, x_dw_resource_state=old)
        assert fault["type"] == "ResourceStateConflictException"
        assert (await call.call("DELETE", f"{path}?_resource_state={old}")).status == 409
        assert (await call.call("DELETE", path, headers={"x_dw_resource_state": new})).status == 204


async def test_what_may_not_be_seen_is_not_there_and_what_may_not_be_done_is_forbidden(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ended(visit, await client(visit).call("POST", CUSTOMERS))
        elsewhere = client(visit, await visit.key(project="elsewhere"))
        other = client(visit, await visit.key("executions:read:other", name="narrow"))
        for call in (elsewhere, other):
            for method in ("GET", "DELETE"):
                assert (await call.fault(method, path, 404))["type"] == "JobExecutionNotFoundException"
            assert (await call.fault("POST", CUSTOMERS, 404))["type"] == "JobNotFoundException"
        reader = client(visit, await visit.key("executions:read", "jobs:read", name="reader"))
        assert (await reader.call("GET", path)).status == 200
        for method, at in (("DELETE", path), ("POST", CUSTOMERS)):
            fault = await reader.fault(method, at, 403)
            assert (fault["type"], fault["arguments"]) == ("ClientAccessForbiddenException", {"clientId": "reader"})


async def test_a_log_is_read_under_the_addresses_of_the_file_server(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        call = client(visit)
        started = await call.call("POST", CUSTOMERS)
        await ended(visit, started)
        home = visit.ports.artifacts.home((await visit.execution(int(started.json["id"]))).id)
        home.mkdir(parents=True, exist_ok=True)
        (home / "log").write_text("first line\nsecond line\n")
        name = started.json["log_file_name"]
        for path in (f"{WEBDAV}/Impex/log/{name}", f"{WEBDAV}/LOGS/jobs/CustomerImportJob/{name}"):
            reply = await call.call("GET", path)
            assert (reply.status, reply.body) == (200, b"first line\nsecond line\n")
            assert reply.headers["content-type"] == "text/plain; charset=utf-8"
            part = await call.call("GET", path, headers={"range": "bytes=6-9"})
            assert (part.status, part.body) == (206, b"line")
            assert (await stranger(visit).call("GET", path)).status == 401
        hidden = client(visit, await visit.key(project="elsewhere"))
        narrow = client(visit, await visit.key("executions:read:other", "logs:read:other", name="narrow"))
        for caller, path in (
            (narrow, f"{WEBDAV}/Impex/log/{name}"),
            (hidden, f"{WEBDAV}/Impex/log/{name}"), (call, f"{WEBDAV}/Impex/log/nothing.log"),
            (call, f"{WEBDAV}/LOGS/jobs/Other/{name}"), (call, f"{WEBDAV}/Impex/log/Job-x-99999999999999999.log"),
        ):  # fmt: skip
            reply = await caller.call("GET", path)
            assert (reply.status, reply.headers["content-type"]) == (404, "text/plain; charset=utf-8"), path


async def test_executions_of_one_millisecond_have_logs_of_their_own(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("Loose", limits={"when_full": "allow"})
        await visit.defined("Other", limits={"when_full": "allow"})
        call, starts = client(visit), f"{JOBS}/Loose/executions"
        first, second = [(await call.call("POST", starts)).json for _ in range(2)]
        visit.house.clock.at += 1
        third = (await call.call("POST", starts)).json
        await call.call("POST", f"{JOBS}/Other/executions")
        names = [one["log_file_name"] for one in (first, second, third)]
        assert all(re.fullmatch(r"Job-Loose-\d{17}\.log", name) for name in names)
        at = first["start_time"].translate(str.maketrans("", "", "-:TZ."))
        assert [int(name[-21:-4]) for name in names] == [int(at), int(at) + 1, int(at) + 2]
        for one in (first, second, third):
            again = (await call.call("GET", f"{starts}/{one['id']}")).json
            assert again["log_file_name"] == one["log_file_name"]
            assert one["log_file_path"].endswith("/Loose/" + one["log_file_name"])
            home = visit.ports.artifacts.home((await visit.execution(int(one["id"]))).id)
            home.mkdir(parents=True)
            (home / "log").write_text(f"the log of {one['id']}\n")
            reply = await call.call("GET", f"{WEBDAV}/Impex/log/{one['log_file_name']}")
            assert (reply.status, reply.body.decode()) == (200, f"the log of {one['id']}\n")


async def test_that_there_is_an_api_is_said_to_anybody(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        reply = await stranger(visit).call("GET", "/s/-/dw/meta/v1/rest", headers={"authorization": "Bearer "})
        assert (reply.status, reply.body) == (200, b'{"_v":"1","_type":"api_meta"}')


async def test_every_look_is_answered_while_the_execution_is_there(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        started = (await client(visit).call("POST", CUSTOMERS)).json
        path, seen = f"{CUSTOMERS}/{started['id']}", set()
        for _ in range(50):
            reply = await client(visit).call("GET", path)
            assert reply.status == 200
            seen.add(reply.json["status"])
        await visit.house.until(await visit.execution(int(started["id"])))
        assert (await client(visit).call("GET", path)).json["status"] == "OK" and seen <= {"RUNNING", "OK"}
        assert (await visit.execution(int(started["id"]))).status is Status.SUCCEEDED
