"""The older call that starts a job and waits: off unless a server says otherwise."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.outcome import Succeeded
from runbell.domain.status import ExitStatus
from tests.dialects.visiting import a_dialect_visit

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("how", ["bearer", "header", "query"])
async def test_with_a_key_it_runs_the_job_and_says_how_it_went(tmp_path: Path, how: str) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", runjob="key") as visit:
        await visit.defined("load", {"name": "a", "title": "First", "command": ["true"]}, "b", ids={"dvsum": 5})
        visit.house.script.plays["b"].append(lambda _: Succeeded(ExitStatus("OK", "12 rows")))
        key = await visit.key()
        call = visit.with_key(key if how == "bearer" else None)
        path = "/runJob?jobId=5" + (f"&apiKey={key}" if how == "query" else "")
        reply = await call.get(path, **({"x_api_key": key} if how == "header" else {}))
        assert reply.status == 200, reply
        assert reply.json == {
            "return_code": 0, "return_remark": "First: Passed; b: 12 rows", "execution_id": reply.json["execution_id"],
        }  # fmt: skip


async def test_a_failed_job_is_bad_and_names_the_rule(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", runjob="key") as visit:
        await visit.defined(ids={"dvsum": 5})
        visit.house.script.fails("a")
        reply = await visit.call.get("/runjob?jobId=5")
        assert (reply.json["return_code"], reply.json["return_remark"]) == (-2, "a: It broke.")


async def test_a_rule_that_failed_is_bad_even_where_the_job_went_on(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", runjob="key") as visit:
        failing = {"name": "a", "command": ["true"], "continue_on_error": True}
        await visit.defined("load", failing, {"name": "b", "command": ["true"], "needs": []}, ids={"dvsum": 5})
        visit.house.script.fails("a")
        reply = await visit.call.get("/runJob?jobId=5")
        assert reply.json["return_code"] == -2


async def test_the_job_goes_on_when_the_wait_is_over(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", runjob="key", runjob_timeout="1", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        reply = await visit.call.get("/runJob?jobId=5")
        assert (reply.status, reply.json["code"]) == (504, "STILL_RUNNING")
        assert await visit.executions() == 1


async def test_without_a_key_it_is_refused_and_nothing_starts(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", runjob="key", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        for path in ("/runJob?jobId=5", "/runJob?jobId=5&apiKey=guessed", "/runJob"):
            assert (await visit.with_key(None).get(path)).status == 401
        assert await visit.executions() == 0


async def test_a_job_is_named_by_its_number(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", runjob="key", serving=False) as visit:
        wrong = {"/runJob": (400, "INVALID_PARAMETER"), "/runJob?jobId=": (400, "INVALID_ID"),
                 "/runJob?jobId=x": (400, "INVALID_ID"), "/runJob?jobId=99": (404, "JOB_NOT_FOUND")}  # fmt: skip
        for path, told in wrong.items():
            reply = await visit.call.get(path)
            assert (reply.status, reply.json["code"]) == told
        assert (await visit.call.get("/runJob?jobId=99")).json["message"] == "Job 99 does not exist"


async def test_a_look_at_the_headers_starts_nothing(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", runjob="key", runjob_timeout="1", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        assert (await visit.call.call("HEAD", "/runJob?jobId=5")).status == 405
        assert await visit.executions() == 0


@pytest.mark.parametrize(
    ("said", "status"), [({"runjob": "open"}, 200), ({"runjob": "key"}, 404), ({"gateway": "cloud"}, 404), (None, 404)]
)
async def test_an_open_server_runs_for_anybody_what_is_marked_as_open(
    tmp_path: Path, said: dict[str, Any] | None, status: int
) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", runjob="open") as visit:
        await visit.defined(ids={"dvsum": 5}, **({"dialects": {"dvsum": said}} if said else {}))
        reply = await visit.with_key(None).get("/runJob?jobId=5")
        assert reply.status == status
        assert await visit.executions() == (status == 200)
        if status == 200:
            assert (await visit.execution(reply.json["execution_id"])).trigger.actor == "anonymous"


async def test_a_marked_job_is_not_open_where_the_server_asks_for_a_key(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", runjob="key", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5}, dialects={"dvsum": {"runjob": "open"}})
        assert (await visit.with_key(None).get("/runJob?jobId=5")).status == 401
