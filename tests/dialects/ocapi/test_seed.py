"""The samples of the vendor's page, command by command."""

from pathlib import Path

import pytest

from runbell.domain.outcome import Succeeded
from runbell.domain.status import ExitStatus

from . import seed
from .visit import CUSTOMERS, a_visit, client, ended

pytestmark = pytest.mark.anyio

HEADERS = {
    "content-type": "application/json;charset=UTF-8",
    "cache-control": "no-cache,no-store,must-revalidate",
    "expires": "Thu, 01-Jan-1970 00:00:00 GMT",
}


async def test_the_sample_of_a_start(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        reply = await client(visit).call("POST", CUSTOMERS)
        assert reply.status == 200
        assert reply.headers.items() >= HEADERS.items()
        seed.check(reply.json, seed.started())
        assert reply.json["log_file_path"] == f"/Sites/LOGS/jobs/CustomerImportJob/{reply.json['log_file_name']}"


async def test_the_sample_of_a_look_whole(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        pipeline = {"command": ["true"], "type": "ExecutePipeline", "info": seed.START_END,
                    "description": seed.PIPELINE}  # fmt: skip
        function = {"command": ["true"], "type": "ExecuteScriptModule"}
        await visit.defined(
            seed.INNER, {"name": "Step1", **pipeline}, {"name": "Step2", **function, "info": seed.RETURNS}
        )
        await visit.defined(
            "CustomerImportJob", {"name": "Step1", **pipeline},
            {"name": "Step2", **function, "info": "testScriptModuleStep.ds#execute", "description": seed.FUNCTION},
            {"name": "Step3", "job": seed.INNER, "for_each": ["SiteGenesis-DE", "SiteGenesis"]},
        )  # fmt: skip
        said = Succeeded(ExitStatus("SUCCESS", "Step was successful!"))
        visit.house.script.plays["Step3 - Step2"] += [lambda _: said] * 2
        call = client(visit)
        path = await ended(visit, await call.call("POST", CUSTOMERS))
        reply = await call.call("GET", path)
        assert reply.status == 200
        assert reply.headers.items() >= HEADERS.items()
        seed.check(reply.json, seed.FINISHED)
        numbers = [int(step["id"]) for step in reply.json["step_executions"]]
        assert numbers == sorted(set(numbers))


async def test_the_samples_of_what_is_not_there(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        call = client(visit)
        for method, path, kind, arguments, message in (
            ("POST", "Nope/executions", "JobNotFoundException", {"jobId": "Nope"}, "No job with ID 'Nope' was found."),
            ("GET", "CustomerImportJob/executions/90", "JobExecutionNotFoundException", {"executionId": "90"},
             "No Job execution with ID '90' was found."),
            ("DELETE", "CustomerImportJob/executions/85", "JobExecutionNotFoundException", {"executionId": "85"},
             "No Job execution with ID '85' was found."),
        ):  # fmt: skip
            fault = await call.fault(method, f"/dw/data/v17_4/jobs/{path}", 404)
            assert fault == {"arguments": arguments, "type": kind, "message": message}


async def test_the_sample_of_a_deletion(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        call = client(visit)
        path = await ended(visit, await call.call("POST", CUSTOMERS))
        reply = await call.call("DELETE", path, headers={"content_type": "application/json;charset=UTF-8"})
        assert (reply.status, reply.body) == (204, b"")
        for method in ("DELETE", "GET"):
            assert (await call.fault(method, path, 404))["type"] == "JobExecutionNotFoundException"
