"""Every refusal in the vendor's words."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain import faults
from runbell.domain.fault import Fault
from runbell.ports.job_table import PauseJob
from tests.dialects.adverity.visit import a_visit

pytestmark = pytest.mark.anyio
RANGE = {"start": "2031-01-01", "end": "2031-01-31"}
FETCH = "/api/datastreams/7/fetch_fixed/"
NOT_A_MOMENT = "Enter a valid date or timestamp."


def of_field(name: str, said: str) -> dict[str, Any]:
    return {"detail": "Invalid input.", "errors": {name: [said]}, name: [said]}


async def test_without_credentials_and_with_wrong_ones(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        nobody = at.visit.with_key(None)
        for headers in ({}, {"authorization": "Basic YTpi"}, {"authorization": "Token"}, {"x_api_key": "abc"}):
            reply = await nobody.get("/api/jobs/", **headers)
            assert reply.status == 401
            assert reply.json == {"detail": "Authentication credentials were not provided."}
            assert reply.headers["www-authenticate"] == "Token"
        for wrong in ("Token wrong", "Bearer wrong", "Token rb_key_1_2_3"):
            reply = await nobody.get("/api/jobs/", authorization=wrong)
            assert (reply.status, reply.json) == (401, {"detail": "Invalid token."})
            assert reply.headers["www-authenticate"] == "Token"


@pytest.mark.parametrize("path", ["/api/jobs/999999999/", "/api/jobs/999999999/imported/", "/api/jobs/abc/",
    "/api/jobs/-1/", "/api/jobs/99999999999999999999999/", "/api/datastreams/999/", "/api/datastreams/999/jobs/",
    "/api/datastreams/x/", "/api/stacks/99/", "/api/extracts/1/", "/api/extracts/1/download/", "/api/nothing/",
    "/api/v2/jobs", "/api/errors/", "/api/jobs/1/2/3", "/api/jobs//"])  # fmt: skip
async def test_what_is_not_there_is_not_found(tmp_path: Path, path: str) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        reply = await at.call.get(path)
        assert (reply.status, reply.json) == (404, {"detail": "Not found."})
        if path.endswith("999999999/"):
            reply = await at.call.call("POST", f"{path}stop/")
            assert (reply.status, reply.json) == (404, {"detail": "Not found."})


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("?datastream_id=abc", "datastream_id", "A valid integer is required."),
        ("?stack=1.5/", "stack", "A valid integer is required."),
        ("?start=2031-13-01", "start", NOT_A_MOMENT),
        ("?start=yesterday", "start", NOT_A_MOMENT),
        ("?end=2031-02-30T00:00:00Z", "end", NOT_A_MOMENT),
        ("?end=20310201", "end", NOT_A_MOMENT),
        ("?start=2031-02-02&end=2031-02-01", "end", "end must not be before start."),
    ],
)
async def test_filters_that_cannot_be_read(tmp_path: Path, query: str, field: str, said: str) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        reply = await at.call.get(f"/api/jobs/{query}")
        assert (reply.status, reply.json) == (400, of_field(field, said))


@pytest.mark.parametrize("path", ["/api/jobs/", "/api/datastreams/7/jobs/", "/api/datastreams/", "/api/stacks/",
                                  "/api/extracts/", "/api/columns/?datastream_id=7"])  # fmt: skip
async def test_a_page_beyond_the_last_is_invalid_and_the_first_never_is(tmp_path: Path, path: str) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        joint = "&" if "?" in path else "?"
        for page in ("99", "0", "-1", "x", "1.5", "", "99999999999999999999"):
            reply = await at.call.get(f"{path}{joint}page={page}")
            assert (reply.status, reply.json) == (404, {"detail": "Invalid page."}), page
        for page in ("1", "last"):
            assert (await at.call.get(f"{path}{joint}page={page}")).status == 200
        for size in ("0", "-1", "x", "5000", "9" * 30):
            assert (await at.call.get(f"{path}{joint}page_size={size}")).status == 200


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"start": "2031-01-01"}, {"end": "This field is required."}),
        ({}, {"start": "This field is required.", "end": "This field is required."}),
        (RANGE | {"start": "2031-13-01"}, {"start": NOT_A_MOMENT}),
        (RANGE | {"start": 20310101}, {"start": NOT_A_MOMENT}),
        (RANGE | {"start": ""}, {"start": NOT_A_MOMENT}),
        (RANGE | {"start": "0001-01-01T00:00:00+05:00"}, {"start": NOT_A_MOMENT}),
        (RANGE | {"end": "9999-12-31T23:59:59-05:00"}, {"end": NOT_A_MOMENT}),
        (RANGE | {"end": "2030-01-01"}, {"end": "end must not be before start."}),
        (RANGE | {"priority": "urgent"}, {"priority": '"high", "default", "low" or "backdata" expected.'}),
        (RANGE | {"callback": "ftp://x.example/"}, {"callback": "Enter a valid URL."}),
        (RANGE | {"callback": "https://"}, {"callback": "Enter a valid URL."}),
        (RANGE | {"callback": "http://x:99999/", "priority": 3},
         {"callback": "Enter a valid URL.", "priority": '"high", "default", "low" or "backdata" expected.'}),
    ],
)  # fmt: skip
async def test_a_fetch_says_all_that_is_wrong_with_its_fields(
    tmp_path: Path, fields: dict[str, Any], wrong: dict[str, str]
) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        reply = await at.call.post(FETCH, fields)
        said = {name: [text] for name, text in wrong.items()}
        assert (reply.status, reply.json) == (400, {"detail": "Invalid input.", "errors": said, **said})
        assert await at.visit.executions() == 0


async def test_bodies_that_cannot_be_read(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        for path in (FETCH, "/api/auth/token/"):
            reply = await at.call.post(path, b'{"start":')
            assert reply.status == 400
            assert reply.json["detail"].startswith("JSON parse error - ")
            reply = await at.call.post(path, [1])
            assert (reply.status, reply.json["errors"]) == (
                400, {"non_field_errors": ["Invalid data. Expected a dictionary."]},
            )  # fmt: skip
            reply = await at.form(path, "a,b", media="text/csv")
            assert (reply.status, reply.json) == (415, {"detail": 'Unsupported media type "text/csv" in request.'})
            reply = await at.form(path, "x" * ((1 << 20) + 1))
            assert (reply.status, reply.json) == (413, {"detail": "Request body is too large."})
            reply = await at.form(path, "a=%FF")
            assert reply.status == 400
            reply = await at.form(path, "--no--", media="multipart/form-data; boundary=x")
            assert reply.status == 400
            reply = await at.form(path, "no", media="multipart/form-data")
            assert reply.status == 400


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"enabled": False}, "Datastream 7 is disabled."),
        ({"starts": "schedule", "schedule": {"cron": "0 2 * * *"}}, "Datastream 7 runs on a schedule."),
        ({"require_key": True}, "Datastream 7 needs an Idempotency-Key."),
        ({"parameters": {"b": {"type": "int", "required": True}, "a": {"type": "int", "required": True},
                         "c": {"type": "int", "required": True, "default": 1}, "d": {"type": "int"}}},
         "Datastream 7 needs parameters that fetch_fixed cannot give: b, a."),
    ],
)  # fmt: skip
async def test_datastreams_that_cannot_fetch(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a", **more)
        reply = await at.call.post(FETCH, RANGE)
        assert (reply.status, reply.json) == (400, {"detail": said})
        assert await at.visit.executions() == 0


async def test_a_paused_datastream_that_refuses(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a", limits={"when_paused": "reject"})
        await at.visit.ports.store.pause_job(PauseJob(project="default", name="ads-north", paused=True, at=1))
        reply = await at.call.post(FETCH, RANGE)
        assert (reply.status, reply.json) == (400, {"detail": "Datastream 7 is paused."})


async def test_a_datastream_that_refuses_a_second_job(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a", limits={"running": 1, "when_full": "reject"})
        await at.fetched()
        reply = await at.call.post(FETCH, RANGE)
        assert (reply.status, reply.json) == (400, {"detail": "Datastream 7 already has a running job."})


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/api/jobs/", "GET, HEAD, OPTIONS"),
        ("POST", "/api/jobs", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/jobs/1/", "GET, HEAD, OPTIONS"),
        ("GET", "/api/jobs/1/stop/", "OPTIONS, POST"),
        ("PATCH", "/api/datastreams/7/fetch_fixed", "OPTIONS, POST"),
        ("GET", "/api/auth/token/", "OPTIONS, POST"),
    ],
)
async def test_methods_that_are_not_there(tmp_path: Path, method: str, path: str, allow: str) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        reply = await at.visit.with_key(None).call(method, path)
        assert (reply.status, reply.json) == (405, {"detail": f'Method "{method}" not allowed.'})
        assert reply.headers["allow"] == allow
        reply = await at.visit.with_key(None).call("OPTIONS", path)
        assert reply.status == 200
        assert reply.headers["allow"] == allow
        assert reply.json["renders"] == ["application/json"]
        assert "application/json" in reply.json["parses"]


async def test_visible_and_not_permitted_is_forbidden_and_invisible_is_not_found(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        await at.visit.defined("theirs", project="other", ids={"adverity": 9})
        mine, foreign = await at.fetched(), await at.fetched(9)
        reader = await at.visit.caller("executions:read", "jobs:read", name="reader")
        forbidden = (403, {"detail": "You do not have permission to perform this action."})
        for path in (f"/api/jobs/{mine}/stop/", FETCH):
            reply = await reader.post(path, RANGE)
            assert (reply.status, reply.json) == forbidden
        runner = await at.visit.caller("executions:run", name="runner")
        for path in ("/api/jobs/", f"/api/jobs/{mine}/", "/api/datastreams/7/jobs/", "/api/datastreams/7/"):
            reply = await runner.get(path)
            assert (reply.status, reply.json) == forbidden
        absent = (404, {"detail": "Not found."})
        for path in (f"/api/jobs/{foreign}/", f"/api/jobs/{foreign}/imported/", "/api/datastreams/9/",
                     "/api/datastreams/9/jobs/"):  # fmt: skip
            reply = await reader.get(path)
            assert (reply.status, reply.json) == absent
        for path in (f"/api/jobs/{foreign}/stop/", "/api/datastreams/9/fetch_fixed/"):
            reply = await reader.post(path, RANGE)
            assert (reply.status, reply.json) == absent
        assert await at.listed("", reader) == [mine]
        assert await at.listed("?datastream_id=9", reader) == []


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (faults.Unavailable("x"), 503, "Service unavailable. Nothing was started."),
        (faults.Unavailable("x", about={"unsettled": True}), 503,
         "Service unavailable. Whether anything was started is not known."),
        (faults.QueueFull("x"), 503, "Service unavailable. Nothing was started."),
        (faults.StorageFull("x"), 503, "Service unavailable. Nothing was started."),
        (faults.QuotaExceeded("x", retry_after_s=3), 429,
         "Request was throttled. Expected available in 3 seconds."),
        (faults.InvalidDefinition("x"), 400, "Datastream 7 is disabled."),
        (faults.IdempotencyInProgress("x"), 409, "The same request is still being processed"),
        (ValueError("secret"), 500, "Internal server error."),
    ],
)  # fmt: skip
async def test_refusals_of_the_house_in_the_vendors_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int, said: str
) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")

        async def refuse(_: object) -> None:
            raise fault

        monkeypatch.setattr(at.visit.ports.store, "start", refuse)
        reply = await at.call.post(FETCH, RANGE)
        assert (reply.status, reply.json) == (status, {"detail": said})
        assert ("retry-after" in reply.headers) == (status in {409, 429, 503})
        assert isinstance(fault, Fault) or b"secret" not in reply.body
