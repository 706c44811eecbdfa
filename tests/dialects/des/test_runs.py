"""Runs of DES: how they stand, who may see them, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.fault import Fault
from runbell.domain.faults import QueueFull, QuotaExceeded, StorageFull, Unavailable
from runbell.domain.principals import Project
from runbell.operations import foreign
from runbell.ports.identity_table import PutProject
from runbell.stores.sqlite import SqliteStore

from .calling import BODY, JOB, Des, a_client, an_account, code
from .jobs import NOWHERE, a_job

pytestmark = pytest.mark.anyio


async def test_a_job_that_takes_no_start_says_why(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        off = await a_job(des, "off", enabled=False)
        nightly = await a_job(des, "nightly", starts="schedule", schedule={"cron": "0 2 * * *"})
        alone = await a_job(des, "alone", limits={"running": 1, "when_full": "reject"})
        keyed = await a_job(des, "keyed", require_key=True)
        assert code(await des.post("startjob", {"jobId": off})) == (400, "JobDisabled")
        assert code(await des.post("startjob", {"jobId": nightly})) == (400, "JobScheduled")
        await des.start(alone)
        assert code(await des.post("startjob", {"jobId": alone})) == (400, "JobAlreadyRunning")
        assert code(await des.post("startjob", {"jobId": keyed})) == (400, "IdempotencyKeyRequired")
        run = await des.start(keyed, idempotency_key="k")
        assert await des.start(keyed, idempotency_key="k") == run
        other = await des.post("startjob", {"jobId": keyed, "parameters": {}}, idempotency_key="k")
        assert code(other) == (400, "IdempotencyKeyReused")


async def test_each_start_is_a_run_and_further_ones_wait(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        plain = await a_job(des, "plain")
        assert await des.start(plain) != await des.start(plain)
        assert (await des.visit.execution(2)).own_limit == 1


async def test_a_run_of_another_job_or_of_nobody_is_not_there(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        run = await des.start(await a_job(des, "plain"))
        assert code(await des.post("queryrunstatus", {"jobRunId": run, "jobId": JOB})) == (400, "JobRunNotFound")
        assert code(await des.post("queryrunstatus", {"jobRunId": NOWHERE})) == (400, "JobRunNotFound")
        assert code(await des.post("queryrunstatus", {"jobRunId": "x"})) == (400, "InvalidField")
        assert code(await des.post("queryrunstatus", {"jobId": JOB})) == (400, "MissingField")
        assert code(await des.post("getrunfiles", {"jobRunId": run})) == (400, "RunNotSuccessful")
        queued = (await des.post("queryrunstatus", {"jobRunId": run.upper()})).json
        assert (queued["status"], queued["finished"], queued["success"]) == ("Queued", False, False)


async def test_a_failed_run_says_why_and_a_schedules_run_names_nobody(tmp_path: Path) -> None:
    async with a_client(tmp_path) as des:
        job = await a_job(des, "plain")
        des.visit.house.script.fails("a")
        run = await des.start(job)
        await des.visit.house.until(await des.visit.execution(1))
        failed = (await des.post("queryrunstatus", {"jobRunId": run})).json
        said = {name: failed[name] for name in ("finished", "success", "status", "outputFiles")}
        assert said == {"finished": True, "success": False, "status": "It broke.", "outputFiles": None}
        fired = await des.visit.house.start("plain", kind="schedule")
        run = (await des.post("queryrunstatus", {"jobRunId": foreign.execution_guid(fired)})).json
        assert (run["triggeringAuthServerUserId"], run["triggeringAuthServerUserName"]) == (None, None)
        other = await des.visit.house.start("plain")
        run = (await des.post("queryrunstatus", {"jobRunId": foreign.execution_guid(other)})).json
        assert (len(run["triggeringAuthServerUserId"]), run["triggeringAuthServerUserName"]) == (32, "admin")


async def test_what_belongs_to_others_is_answered_like_what_is_not_there(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        await des.visit.defined("secret", "a", project="there")
        record = await des.visit.ports.store.job("there", "secret")
        assert record is not None
        hidden = await des.post("startjob", {"jobId": record.id}, x_request_id="r")
        absent = await des.post("startjob", {"jobId": NOWHERE}, x_request_id="r")
        assert (hidden.status, hidden.body) == (absent.status, absent.body) == (400, absent.body)
        assert record.id not in str((await des.post("queryjobs")).json)


async def test_whoever_lacks_a_right_is_told_so_for_what_he_sees(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        run = await des.start(await a_job(des, "plain"))
        viewer = await an_account(
            des.visit, "viewer", id="8c1e0f6a-52b9-4d0f-8a6b-e01f33d2a9c4", roles={"default": "viewer"}
        )
        token = (await des.sign_in(username=viewer.name)).json["access_token"]
        weak = Des(des.visit, des.caller, token)
        assert code(await weak.post("startjob", {"jobId": JOB})) == (403, "Forbidden")
        assert code(await weak.post("queryjobs")) == (403, "Forbidden")
        assert (await weak.post("queryrunstatus", {"jobRunId": run})).status == 200


async def test_with_a_setting_what_is_not_there_is_404(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False, strict_http="true") as des:
        assert code(await des.post("startjob", {"jobId": NOWHERE})) == (404, "JobNotFound")
        assert code(await des.post("queryrunstatus", {"jobRunId": NOWHERE})) == (404, "JobRunNotFound")


async def test_jobs_are_listed_page_by_page_and_by_their_ids(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        other = await a_job(des, "another")
        page = (await des.post("queryjobs", {"skip": 1, "take": 1})).json
        assert (page["totalCount"], [job["name"] for job in page["jobs"]]) == (2, ["usage"])
        assert [job["jobId"] for job in (await des.post("queryjobs", {"jobIds": [other]})).json["jobs"]] == [other]
        for body in (b"", b"/* nothing */"):
            assert (await des.post("queryjobs", body)).json["totalCount"] == 2
        headers = {"authorization": f"Bearer {des.token}", "host": "des.example.test"}
        assert (await des.caller.call("GET", "/api/v1/queryjobs", headers=headers)).json["totalCount"] == 2
        for wrong in ({"take": 0}, {"take": 1001}, {"skip": -1}, {"skip": "x"}, {"jobIds": "x"}, {"jobIds": ["x"]}):
            assert code(await des.post("queryjobs", wrong)) == (400, "InvalidField"), wrong


async def test_unknown_paths_and_methods_are_answered_in_the_words_of_des(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        assert code(await des.post("/des/api/v1/nothing")) == (404, "NotFound")
        got = await des.caller.get("/api/v1/startjob")
        assert (code(got), got.headers["allow"]) == ((405, "MethodNotAllowed"), "OPTIONS, POST")


@pytest.mark.parametrize("refusal", [StorageFull, QueueFull, Unavailable, QuotaExceeded])
async def test_what_cannot_be_taken_now_may_be_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: type[Fault]
) -> None:
    async with a_client(tmp_path, serving=False) as des:

        async def full(*_: Any) -> None:
            raise refusal("Not now.")

        monkeypatch.setattr(SqliteStore, "start", full)
        reply = await des.post("startjob", BODY)
        assert code(reply) == (503, "Unavailable")
        assert int(reply.headers["retry-after"]) > 0


async def test_a_defect_is_said_in_the_words_of_des(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_client(tmp_path, serving=False) as des:
        monkeypatch.setattr(SqliteStore, "start", None)
        assert code(await des.post("startjob", BODY)) == (500, "InternalError")


async def test_another_organisation_may_have_no_code(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        known = Project(name="default", number=1, id="default", created_at=0)
        await des.visit.ports.store.put_project(PutProject(project=known))
        assert (await des.sign_in(org_id="whatever")).json["org_id"] == "whatever"
