"""The examples of the vendor's pages, placeholders bound and nothing else changed."""

import json
import re
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.status import Status
from tests.http.calling import Caller

from .calling import BODY, HOST, JOB, a_client, code

pytestmark = pytest.mark.anyio
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def test_a_service_account_gets_a_token_that_names_the_service_and_the_organisation(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        reply = await des.sign_in()
        found = reply.json
        assert list(found) == ["token_type", "access_token", "expires_in", "svc", "org_id", "refresh_token"]
        said = {name: found[name] for name in ("token_type", "expires_in", "svc", "org_id")}
        svc = "http://des.example.test/"
        assert said == {"token_type": "Bearer", "expires_in": 28800, "svc": svc, "org_id": "CAFE01"}
        payload = found["access_token"].split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert (claims["svc"], claims["org_id"], claims["scope"]) == (svc, "CAFE01", "des offline_access")
        assert claims["exp"] - claims["iat"] == 28800
        assert (claims["user_id"], claims["sub"]) == ("7c1e0f6a52b94d0f8a6be01f33d2a9c4", "Nightly loader")
        assert {"iss", "aud"} <= claims.keys()


async def test_the_body_of_the_page_with_its_comment_starts_the_job(tmp_path: Path) -> None:
    async with a_client(tmp_path) as des:
        des.visit.house.script.held.add("extract")
        reply = await des.post("startjob", BODY, content_type="application/json")
        assert (reply.status, list(reply.json), reply.json["jobId"]) == (200, ["jobId", "jobRunId"], JOB)
        run = reply.json["jobRunId"]
        assert GUID.fullmatch(run)
        execution = await des.visit.execution(1)
        assert execution.params == {
            "integerParameter": 123456, "dateParameter": "2021-10-19T06:16:47.000Z", "nullDecimal": None,
            "nullParameter2": None,
        }  # fmt: skip
        await des.visit.house.until_running("extract")
        found = (await des.post("queryrunstatus", {"jobRunId": run})).json
        created = found.pop("createdUtc")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", created)
        assert found == {
            "jobId": JOB, "jobRunId": run, "finished": False, "success": False, "status": "Running",
            "triggeringAuthServerUserId": "7c1e0f6a52b94d0f8a6be01f33d2a9c4",
            "triggeringAuthServerUserName": "Nightly loader", "finishedUtc": None, "outputFiles": None,
        }  # fmt: skip
        des.visit.house.script.release("extract")
        await des.visit.house.until(execution, Status.SUCCEEDED)
        found = (await des.post("queryjobrunstatus", {"jobRunId": run, "jobId": JOB})).json
        ended = {name: found[name] for name in ("finished", "success", "status", "outputFiles")}
        assert ended == {"finished": True, "success": True, "status": None, "outputFiles": []}
        assert found["finishedUtc"] is not None


async def test_jobs_are_listed_with_the_definition_of_their_parameters(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        template = {"des": {"template": "POSUsageExport"}}
        first = {"type": "int", "required": True, "nullable": True, "keep": True, "description": "first record"}
        parameters = {"DBGenFrom": first, "Flag": {"type": "bool", "default": False}}
        await des.visit.defined("usage2", title="Another", dialects=template, parameters=parameters, enabled=False)
        found = (await des.post("queryjobs", {})).json
        assert (found["totalCount"], [job["name"] for job in found["jobs"]]) == (2, ["Another", "usage"])
        another, usage = found["jobs"]
        assert (another["templateName"], another["enabled"], usage["templateName"]) == (
            "POSUsageExport",
            False,
            "usage",
        )
        assert another["parameters"] == [
            {"name": "DBGenFrom", "description": "first record", "type": 2, "required": True, "nullable": True,
             "supportsAutoValue": True, "defaultValueStringEncoded": None},
            {"name": "Flag", "description": None, "type": 5, "required": False, "nullable": False,
             "supportsAutoValue": False, "defaultValueStringEncoded": "false"},
        ]  # fmt: skip
        assert (usage["jobId"], [one["type"] for one in usage["parameters"]]) == (JOB, [2, 4, 3, 1])


REFUSALS: list[tuple[dict[str, Any], int, str]] = [
    ({"integerParameter": "left out"}, 400, "ParameterRequired"),
    ({"integerParameter": None}, 400, "ParameterNull"),
    ({"integerParameter": {"type": 4, "valueStringEncoded": "123456"}}, 400, "ParameterType"),
    ({"integerParameter": {"type": 2, "valueStringEncoded": "12x"}}, 400, "ParameterValue"),
    ({"nullDecimal": "left out"}, 400, "ParameterRequired"),
    ({"other": {"valueStringEncoded": "1"}}, 400, "ParameterUnknown"),
]


@pytest.mark.parametrize(("changed", "status", "word"), REFUSALS)
async def test_the_refusals_of_startjob(tmp_path: Path, changed: Any, status: int, word: str) -> None:
    async with a_client(tmp_path, serving=False) as des:
        assert code(await des.given(**changed)) == (status, word)
        assert await des.visit.executions() == 0


async def test_a_type_may_be_left_out_and_so_may_what_is_not_required(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        assert (await des.given(integerParameter={"valueStringEncoded": "123456"})).status == 200
        assert (await des.given(nullParameter2="left out")).status == 200
        assert (await des.visit.execution(2)).params.keys() == {"integerParameter", "dateParameter", "nullDecimal"}


async def test_no_token_a_bad_body_and_an_unknown_job(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        for header in ("", "Bearer x", f"Bearer {des.token[:-2]}", "Basic abc"):
            reply = await des.post("startjob", BODY, authorization=header)
            assert code(reply) == (401, "Unauthorized")
            assert reply.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert code(await des.post("startjob", b"{")) == (400, "MalformedJson")
        unknown = BODY.replace(b"43f87799", b"43f87798")
        assert code(await des.post("startjob", unknown)) == (400, "JobNotFound")


async def test_a_path_may_begin_with_two_slashes_in_any_letter_case_with_a_slash_at_its_end(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        plain = Caller(des.caller.app)  # the document has one spelling only
        token = f"Bearer {des.token}"
        for path in ("//api/v1/StartJob/", "/API/v1/startjob", "//api/V1/STARTJOB", "/api/v1/startjob/"):
            headers = {"authorization": token, "host": HOST}
            assert (await plain.call("POST", path, pieces=[BODY], headers=headers)).status == 200, path


async def test_the_files_of_a_run_are_none_in_every_form(tmp_path: Path) -> None:
    async with a_client(tmp_path) as des:
        await des.visit.defined("plain", "a")
        record = await des.visit.ports.store.job("default", "plain")
        assert record is not None
        run = await des.start(record.id)
        await des.visit.house.until(await des.visit.execution(1))
        found = await des.post("getrunfiles", {"jobRunId": run})
        assert found.json == {"jobId": record.id, "jobRunId": run, "files": []}
        zipped = await des.post("getrunfiles", {"jobRunId": run}, accept="application/zip")
        assert (zipped.status, zipped.body[:2]) == (200, b"PK")
        raw = await des.post("getrunfiles", {"jobRunId": run}, accept="application/octet-stream")
        assert code(raw) == (400, "SeveralFiles")
        named = await des.post("getrunfiles", {"jobRunId": run, "fileNames": ["a.json"]})
        assert code(named) == (400, "FileNotFound")
