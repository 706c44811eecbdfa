"""Every row of the failure table, in the order in which they are checked."""

from pathlib import Path
from typing import Any

import pytest

from runbell.dialects.dvsum import faults
from runbell.dialects.dvsum.faults import RULES
from runbell.domain.fault import Fault
from runbell.domain.faults import FAULTS, Unavailable
from runbell.domain.principals import Quota
from runbell.http.site import Site
from runbell.http.terms import Terms
from runbell.operations import define_job, delete, pause
from runbell.ports.store import Ref
from tests.dialects.visiting import DialectVisit, a_dialect_visit
from tests.house_of_cards import ADMIN

pytestmark = pytest.mark.anyio
EXECUTE = "/integration/jobs/{}/execute"
DETAILS = "/integration/jobs/{}/details"


async def told(visit: DialectVisit, method: str, path: str, **headers: str) -> tuple[int, str, str]:
    """Status, code and message; nothing else stands in a refusal, and it is JSON."""
    return said(await visit.call.call(method, path, headers=headers))


def said(reply: Any) -> tuple[int, str, str]:
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert set(reply.json) == {"code", "message", "request_id"}
    assert reply.json["request_id"] == reply.headers["x-request-id"]
    return reply.status, reply.json["code"], reply.json["message"]


def test_every_fault_of_the_house_has_a_rule_and_a_refusal_is_never_a_success() -> None:
    own = [one for one in vars(faults).values() if isinstance(one, type) and one.__module__ == faults.__name__]
    of_the_door = {one.code for one in own if issubclass(one, Fault)}
    assert len(of_the_door) == 9
    assert set(RULES) == {fault.code for fault in FAULTS} | of_the_door
    assert all(400 <= rule.status < 600 for rule in RULES.values())


@pytest.mark.parametrize("text", ["[job_id]", "0", "-5", "1.5", "five", "+5", "%D9%A3", "00", "5%20"])
async def test_an_id_is_a_whole_number(tmp_path: Path, text: str) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        status, code, message = await told(visit, "POST", EXECUTE.format(text))
        assert (status, code) == (400, "INVALID_ID")
        assert message.endswith("is not a job id; a job id is a whole number")
        status, code, message = await told(visit, "GET", DETAILS.format(text))
        assert (status, code) == (400, "INVALID_ID")
        assert message.endswith("is not an execution id; an execution id is a whole number")


async def test_the_message_shows_the_placeholder_that_was_not_replaced(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        assert (await told(visit, "POST", EXECUTE.format("[job_id]")))[2] == (
            "'[job_id]' is not a job id; a job id is a whole number"
        )


@pytest.mark.parametrize("number", ["99999999", str(2**53), str(2**64), "9" * 400])
async def test_what_is_not_there_is_not_found_however_large_its_number(tmp_path: Path, number: str) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        assert await told(visit, "POST", EXECUTE.format(number)) == (
            404, "JOB_NOT_FOUND", f"Job {number[:100]} does not exist",
        )  # fmt: skip
        assert await told(visit, "GET", DETAILS.format(number)) == (
            404, "EXECUTION_NOT_FOUND", f"Execution {number[:100]} does not exist",
        )  # fmt: skip


async def test_credentials_come_first_and_say_how_to_come_back(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        none = await visit.with_key(None).post(EXECUTE.format("[job_id]"))
        assert said(none)[:2] == (401, "UNAUTHORIZED")
        assert "error" not in none.headers["www-authenticate"]
        bad = await visit.with_key("nobody").get(DETAILS.format("x"))
        assert said(bad)[:2] == (401, "UNAUTHORIZED")
        assert bad.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_what_the_caller_may_not_see_is_told_like_what_is_not_there(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined("theirs", project="finance", ids={"dvsum": 7})
        await visit.defined("mine", ids={"dvsum": 8})
        number = (await visit.call.post(EXECUTE.format(7))).json["execution_id"]
        mine = (await visit.call.post(EXECUTE.format(8))).json["execution_id"]
        other = await visit.caller("executions:run", "executions:read")
        assert said(await other.post(EXECUTE.format(7))) == (404, "JOB_NOT_FOUND", "Job 7 does not exist")
        assert said(await other.get(DETAILS.format(number)))[:2] == (404, "EXECUTION_NOT_FOUND")
        assert (await other.get(DETAILS.format(mine))).status == 200
        narrow = await visit.caller("executions:run:other", name="narrow")
        assert said(await narrow.post(EXECUTE.format(8)))[:2] == (404, "JOB_NOT_FOUND")
        assert said(await narrow.get(DETAILS.format(mine)))[:2] == (404, "EXECUTION_NOT_FOUND")
        assert (await visit.executions(), await visit.executions("finance")) == (1, 1)


async def test_who_may_see_a_job_but_not_start_it_is_told_so(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 48213})
        reader = await visit.caller("executions:read", "jobs:read")
        assert said(await reader.post(EXECUTE.format(48213))) == (403, "FORBIDDEN", "You may not execute job 48213")
        starter = await visit.caller("executions:run", name="starter")
        number = (await starter.post(EXECUTE.format(48213))).json["execution_id"]
        assert said(await starter.get(DETAILS.format(number))) == (
            403, "FORBIDDEN", f"You may not see execution {number}",
        )  # fmt: skip


CRON = {"cron": "0 2 * * *"}
DAY = {"day": {"type": "date", "required": True}, "limit": {"type": "int", "required": True, "default": 5}}


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"schedule": CRON}, "JOB_IS_SCHEDULED", "Job 5 runs on a schedule and cannot be executed via API"),
        ({"enabled": False}, "JOB_DISABLED", "Job 5 is disabled"),
        ({"enabled": False, "schedule": CRON}, "JOB_DISABLED", "Job 5 is disabled"),
        ({"parameters": DAY}, "JOB_NEEDS_PARAMETERS", "Job 5 needs the parameters: day"),
    ],
)
async def test_a_job_that_cannot_be_executed_says_why(
    tmp_path: Path, members: dict[str, Any], code: str, message: str
) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5}, **members)
        assert await told(visit, "POST", EXECUTE.format(5)) == (409, code, message)
        assert await visit.executions() == 0


@pytest.mark.parametrize("members", [{"schedule": CRON, "starts": "both"}, {"schedule": CRON, "starts": "api"}])
async def test_a_scheduled_job_starts_when_its_definition_says_so(tmp_path: Path, members: dict[str, Any]) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5}, **members)
        assert (await visit.call.post(EXECUTE.format(5))).status == 200


async def test_a_required_parameter_with_a_default_is_served_by_it(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5}, parameters={"limit": DAY["limit"]})
        number = (await visit.call.post(EXECUTE.format(5))).json["execution_id"]
        assert (await visit.execution(number)).params == {"limit": 5}


async def test_a_job_that_refuses_a_second_start_says_that_it_runs(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5}, limits={"running": 1, "when_full": "reject"})
        await visit.call.post(EXECUTE.format(5))
        assert await told(visit, "POST", EXECUTE.format(5)) == (409, "JOB_ALREADY_RUNNING", "Job 5 is already running")


async def test_a_paused_job_that_refuses_says_so_and_another_waits(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5}, limits={"when_paused": "reject"})
        await visit.defined("other", ids={"dvsum": 6})
        for name in ("load", "other"):
            await pause.pause(visit.ports, ADMIN, name)
        assert await told(visit, "POST", EXECUTE.format(5)) == (409, "JOB_PAUSED", "Job 5 is paused")
        assert (await visit.call.post(EXECUTE.format(6))).json["status"] == "Queued"


async def test_a_retired_job_is_not_there(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        number = (await visit.call.post(EXECUTE.format(5))).json["execution_id"]
        await define_job.retire(visit.ports, ADMIN, "load")
        assert (await told(visit, "POST", EXECUTE.format(5)))[:2] == (404, "JOB_NOT_FOUND")
        assert (await visit.call.get(DETAILS.format(number))).json["job_id"] == 5


async def test_a_deleted_execution_is_told_like_one_that_never_was(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        await visit.defined(ids={"dvsum": 5})
        number = (await visit.call.post(EXECUTE.format(5), idempotency_key="k")).json["execution_id"]
        await visit.house.until(await visit.execution(number))
        await delete.delete(visit.ports, ADMIN, Ref(number=number))
        assert await told(visit, "GET", DETAILS.format(number)) == (
            404, "EXECUTION_NOT_FOUND", f"Execution {number} does not exist",
        )  # fmt: skip
        gone = said(await visit.call.post(EXECUTE.format(5), idempotency_key="k"))
        assert gone == (
            404, "EXECUTION_NOT_FOUND", "The execution that this key made was deleted; use a new key.",
        )  # fmt: skip


async def test_an_unknown_path_and_a_wrong_method_are_told_in_the_same_shape(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        assert await told(visit, "GET", "/integration/nothing") == (
            404, "NOT_FOUND", "There is nothing at this address; /openapi/dvsum.json lists what there is",
        )  # fmt: skip
        assert (await told(visit, "GET", "/runJob?jobId=5"))[:2] == (404, "NOT_FOUND")
        wrong = await visit.call.get(EXECUTE.format(5))
        assert said(wrong)[:2] == (405, "METHOD_NOT_ALLOWED")
        assert "POST" in wrong.headers["allow"]
        assert (await told(visit, "POST", "/integration/jobs/%zz/execute"))[:2] == (400, "INVALID_REQUEST")


async def test_a_body_over_one_mebibyte_starts_nothing(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        big = b"x" * ((1 << 20) + 1)
        assert said(await visit.call.send("POST", EXECUTE.format(5), big))[:2] == (413, "BODY_TOO_LARGE")
        assert await visit.executions() == 0


async def test_the_format_of_downloads_is_csv_or_json(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        path = DETAILS.format((await visit.call.post(EXECUTE.format(5))).json["execution_id"])
        assert (await visit.call.get(f"{path}?exception_format=json")).status == 200
        assert await told(visit, "GET", f"{path}?exception_format=xml") == (
            400, "INVALID_PARAMETER", "Parameter 'exception_format' must be csv or json",
        )  # fmt: skip


async def test_no_download_opens_because_no_key_was_ever_given_out(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        number = (await visit.call.post(EXECUTE.format(5))).json["execution_id"]
        stranger, key = visit.with_key(None), await visit.key()
        for there in (number, 99):
            path = f"/integration/exceptions/{there}/download"
            assert said(await stranger.get(path))[:2] == (401, "DOWNLOAD_KEY_REQUIRED")
            assert said(await stranger.get(path, x_api_key=key))[:2] == (403, "DOWNLOAD_KEY_INVALID")
            assert said(await stranger.get(f"{path}?signature=00"))[:2] == (403, "SIGNATURE_INVALID")


async def test_whoever_asks_too_often_hears_when_to_come_again(tmp_path: Path) -> None:
    often = Site(terms=Terms(quota=Quota(2, 60)))
    async with a_dialect_visit(tmp_path, "dvsum", serving=False, site=often) as visit:
        replies = [await visit.call.get(DETAILS.format(1)) for _ in range(3)]
        assert [reply.status for reply in replies] == [404, 404, 429]
        assert said(replies[-1])[1] == "RATE_LIMITED"
        assert int(replies[-1].headers["retry-after"]) > 0


async def test_a_start_that_cannot_be_stored_is_not_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})

        async def down(_: Any) -> Any:
            raise Unavailable("The database cannot be written now; nothing was stored.")

        with monkeypatch.context() as patch:
            patch.setattr(visit.ports.store, "start", down)
            reply = await visit.call.post(EXECUTE.format(5))
        assert said(reply)[:2] == (503, "UNAVAILABLE")
        assert int(reply.headers["retry-after"]) > 0
        assert await visit.executions() == 0


async def test_a_defect_says_nothing_of_the_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})

        async def broken(*_: Any) -> Any:
            raise RuntimeError("secret inside")

        with monkeypatch.context() as patch:
            patch.setattr(visit.ports.store, "start", broken)
            status, code, message = said(await visit.call.post(EXECUTE.format(5)))
        assert (status, code) == (500, "INTERNAL_ERROR")
        assert "secret inside" not in message
