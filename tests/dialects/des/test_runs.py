"""Runs of DES: their parameters, how they stand, who may see them, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.fault import Fault
from runbell.domain.faults import QueueFull, QuotaExceeded, StorageFull, Unavailable
from runbell.domain.principals import Project
from runbell.ports.identity_table import PutProject
from runbell.ports.store import Ref
from runbell.stores.sqlite import SqliteStore

from .calling import BODY, JOB, Des, a_client, an_account, code

pytestmark = pytest.mark.anyio

NOWHERE = "0b0f5c1e-3a3d-4a52-9a6d-0c1f5f6f9e21"
TYPES: dict[str, dict[str, Any]] = {
    "i": {"type": "int"}, "d": {"type": "decimal"}, "b": {"type": "bool"}, "t": {"type": "datetime"},
    "day": {"type": "date"}, "s": {"type": "text"}, "e": {"type": "enum", "choices": ["a", "b"]},
    "m": {"type": "multi", "choices": ["a", "b"]}, "j": {"type": "json"}, "n": {"type": "int", "max": 5},
}  # fmt: skip


async def a_job(des: Des, name: str = "typed", **members: Any) -> str:
    """A job; its GUID."""
    await des.visit.defined(name, "a", **members)
    record = await des.visit.ports.store.job("default", name)
    assert record is not None
    return record.id


async def sent(des: Des, job: str, entry: Any, name: str) -> Any:
    """What a job gets for an entry."""
    reply = await des.post("startjob", {"jobId": job, "parameters": {name: entry}})
    assert reply.status == 200, reply.body
    execution = await des.visit.ports.store.execution("default", Ref(number=await des.visit.executions()))
    assert execution is not None
    return execution.params[name]


@pytest.mark.parametrize(
    ("name", "number", "text", "value"),
    [
        ("i", 2, " +12 ", 12), ("i", "INTEGER", "-9223372036854775808", -(2**63)), ("i", "2", "007", 7),
        ("d", 3, " 1.250 ", "1.25"), ("d", 2, "7", "7"), ("d", "Decimal", "-1.5e2", "-150"), ("d", 3, ".5", "0.5"),
        ("b", 5, "TRUE", True), ("b", "boolean", " 0 ", False), ("b", None, "1", True),
        ("t", 4, "2021-10-19T06:16:47Z", "2021-10-19T06:16:47.000Z"),
        ("t", 4, " 2021-10-19 ", "2021-10-19T00:00:00.000Z"),
        ("t", "DateTime", "2021-10-19T08:16:47.25+02:00", "2021-10-19T06:16:47.250Z"),
        ("t", 4, "2021-10-19T06:16:47", "2021-10-19T06:16:47.000Z"), ("day", 4, "2031-04-07", "2031-04-07"),
        ("day", 4, "2031-04-07T00:00:00+02:00", "2031-04-07"), ("s", 1, " as is ", " as is "), ("s", 1, "", ""),
        ("s", 6, NOWHERE, NOWHERE), ("s", 0, "x", "x"), ("s", "unspecified", "x", "x"), ("e", "string", "a", "a"),
        ("m", 1, '["a", "b"]', ["a", "b"]), ("j", 1, ' {"a": [1]} ', {"a": [1]}),
    ],
)  # fmt: skip
async def test_a_text_becomes_the_value_of_its_type(
    tmp_path: Path, name: str, number: Any, text: str, value: Any
) -> None:
    async with a_client(tmp_path, serving=False) as des:
        job = await a_job(des, parameters=TYPES)
        assert await sent(des, job, {"type": number, "valueStringEncoded": text}, name) == value


WRONG: list[tuple[str, Any, str]] = [
    *[
        ("i", {"valueStringEncoded": text}, "ParameterValue")
        for text in ("12x", "", "1.0", "1 2", "1_000", "9" * 30, "٣")
    ],
    *[("d", {"valueStringEncoded": text}, "ParameterValue") for text in ("1,5", "1.000.0", "NaN", "Infinity", "")],
    *[("b", {"valueStringEncoded": text}, "ParameterValue") for text in ("yes", "", "2")],
    *[
        ("t", {"valueStringEncoded": text}, "ParameterValue")
        for text in ("yesterday", "2021-13-01", "0001-01-01T00:00+14:00")
    ],
    ("day", {"valueStringEncoded": "2031-04-07T00:00:01"}, "ParameterValue"),
    ("e", {"valueStringEncoded": "c"}, "ParameterValue"),
    ("j", {"valueStringEncoded": "{"}, "ParameterValue"),
    ("n", {"valueStringEncoded": "6"}, "ParameterValue"),
    *[("i", {"type": number, "valueStringEncoded": "1"}, "ParameterType") for number in (1, 3, 4, 5, 6, 7, "String")],
    ("s", {"type": 2, "valueStringEncoded": "1"}, "ParameterType"),
    *[("i", {"type": number, "valueStringEncoded": "1"}, "InvalidField") for number in (True, 1.5, [], "Number", -1)],
    *[("i", entry, "InvalidField") for entry in (5, "5", [], True)],
    ("i", {"valueStringEncoded": 5}, "InvalidField"),
    ("i", {"useAutoValue": "yes"}, "InvalidField"),
    ("i", None, "ParameterNull"),
    ("i", {"type": 2, "valueStringEncoded": None}, "ParameterNull"),
    ("i", {}, "ParameterNull"),
    ("x", {"valueStringEncoded": "1"}, "ParameterUnknown"),
    ("x", None, "ParameterUnknown"),
    ("I", {"valueStringEncoded": "1"}, "ParameterUnknown"),
    ("i", {"useAutoValue": True}, "AutoValueNotSupported"),
    ("i", {"useAutoValue": True, "valueStringEncoded": "1"}, "AutoValueWithValue"),
]


async def test_what_does_not_fit_is_refused_with_its_code_and_its_parameter(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        job = await a_job(des, parameters=TYPES)
        for name, entry, word in WRONG:
            reply = await des.post("startjob", {"jobId": job, "parameters": {name: entry}})
            assert code(reply) == (400, word), (name, entry, reply.body)
            (detail,) = reply.json["details"]
            assert (detail["parameter"], detail["code"]) == (name, word), (name, entry)
            assert detail["message"] == reply.json["message"]
        assert await des.visit.executions() == 0


async def test_all_faults_of_a_request_are_told_at_once(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        wrong = {"integerParameter": None, "dateParameter": {"type": 2, "valueStringEncoded": "x"}, "more": 1}
        reply = await des.given(**wrong, nullDecimal="left out")
        assert code(reply) == (400, "InvalidParameters")
        found = {detail["parameter"]: detail["code"] for detail in reply.json["details"]}
        assert found == {
            "integerParameter": "ParameterNull", "dateParameter": "ParameterType", "more": "InvalidField",
            "nullDecimal": "ParameterRequired",
        }  # fmt: skip
        two = await des.post("startjob", {"jobId": "x", "parameters": []})
        assert code(two) == (400, "InvalidField")
        assert len(two.json["details"]) == 2
        same = await des.given(integerParameter="left out", nullDecimal="left out")
        assert code(same) == (400, "ParameterRequired")
        assert len(same.json["details"]) == 2


async def test_a_parameter_that_may_be_null_takes_both_spellings(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        for null in (None, {}, {"type": 3, "valueStringEncoded": None}, {"VALUESTRINGENCODED": None}):
            assert (await des.given(nullDecimal=null)).status == 200, null
            execution = await des.visit.execution(await des.visit.executions())
            assert execution.params["nullDecimal"] is None


async def test_an_auto_value_is_what_the_last_successful_run_handed_back(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        kept = {"DBGenFrom": {"type": "int", "required": True, "nullable": True, "keep": True, "default": 41}}
        job = await a_job(des, parameters=kept)
        assert await sent(des, job, {"type": 2, "valueStringEncoded": None, "useAutoValue": True}, "DBGenFrom") == 41
        execution = await des.visit.execution(1)
        assert execution.kept == ("DBGenFrom",)


async def test_with_a_setting_parameters_that_the_job_does_not_declare_are_ignored(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False, unknown_parameters="ignore") as des:
        assert (await des.given(other={"valueStringEncoded": "1"})).status == 200


async def test_names_of_members_may_be_in_any_letter_case_and_parameters_may_not(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        job = await a_job(des, parameters=TYPES)
        body = {"JOBID": "{" + job.upper() + "}", "Parameters": {"i": {"TYPE": 2, "ValueStringEncoded": "1"}}, "x": 1}
        reply = await des.post("startjob", body)
        assert (reply.status, reply.json["jobId"]) == (200, job)
        twice = b'{"jobId": "%s", "JobId": "%s"}' % (job.encode(), job.encode())
        assert code(await des.post("startjob", twice)) == (400, "MalformedJson")
        for body in (b"", b"[]", b"null", b'{"jobId": 1,}', b"\xff", b'{"a":1} /* no end'):
            assert code(await des.post("startjob", body)) == (400, "MalformedJson")
        assert code(await des.post("startjob", {})) == (400, "MissingField")
        assert code(await des.post("startjob", {"jobId": None})) == (400, "MissingField")
        large = await des.post("startjob", b'{"a": "' + b"x" * (1 << 20) + b'"}')
        assert code(large) == (400, "BodyTooLarge")


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
        run = (await des.post("queryrunstatus", {"jobRunId": guid(fired.id)})).json
        assert (run["triggeringAuthServerUserId"], run["triggeringAuthServerUserName"]) == (None, None)
        other = await des.visit.house.start("plain")
        run = (await des.post("queryrunstatus", {"jobRunId": guid(other.id)})).json
        assert (len(run["triggeringAuthServerUserId"]), run["triggeringAuthServerUserName"]) == (32, "admin")


def guid(execution: str) -> str:
    """The GUID of an execution's id."""
    from runbell.domain import ids

    return str(ids.to_uuid(execution))


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
