"""The parameters of a run: a text becomes the value of its type, and what does not fit is refused."""

from pathlib import Path
from typing import Any

import pytest

from runbell.ports.store import Ref

from .calling import JOB, Des, a_client, code
from .jobs import NOWHERE, a_job

pytestmark = pytest.mark.anyio

TYPES: dict[str, dict[str, Any]] = {
    "i": {"type": "int"}, "d": {"type": "decimal"}, "b": {"type": "bool"}, "t": {"type": "datetime"},
    "day": {"type": "date"}, "s": {"type": "text"}, "e": {"type": "enum", "choices": ["a", "b"]},
    "m": {"type": "multi", "choices": ["a", "b"]}, "j": {"type": "json"}, "n": {"type": "int", "max": 5},
}  # fmt: skip


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
        for members in (JOB, f"{{{JOB.upper()}}}"):
            alone = await des.post("startjob", {"jobId": members, "parameters": []})
            assert (code(alone), len(alone.json["details"])) == ((400, "InvalidField"), 1)
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
