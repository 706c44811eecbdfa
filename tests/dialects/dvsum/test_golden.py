"""The vendor's own commands, with their placeholders bound and nothing else changed."""

from base64 import b64encode
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from runbell.dialects import native
from tests.dialects.visiting import FORM, SECRET, DialectVisit, a_dialect_visit, basic
from tests.http.calling import Caller

pytestmark = pytest.mark.anyio
JSON = "application/json"


async def ready(visit: DialectVisit) -> str:
    """The job 48213 and an OAuth client; answers an access token."""
    await visit.defined("nightly-quality", "email-blanks", "row-count", ids={"dvsum": 48213})
    await visit.client()
    reply = await visit.form("/oauth2/token", {"grant_type": "client_credentials"}, authorization=basic())
    assert reply.status == 200, reply
    assert reply.json == {"access_token": reply.json["access_token"], "token_type": "Bearer", "expires_in": 3600}
    assert reply.headers["cache-control"] == "no-store"
    return str(reply.json["access_token"])


async def test_a_job_is_executed_and_looked_at_with_a_token(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        token = await ready(visit)
        visit.house.script.held |= {"email-blanks", "row-count"}
        stranger, said = visit.with_key(None), {"authorization": f"Bearer {token}", "content_type": JSON}

        begun = await stranger.call("POST", "/integration/jobs/48213/execute", headers=said)
        assert begun.status == 200
        assert begun.headers["content-type"] == "application/json; charset=utf-8"
        number = begun.json["execution_id"]
        execution = await visit.execution(number)
        assert begun.json == {
            "execution_id": number, "job_id": 48213, "job_name": "nightly-quality", "status": "Queued",
            "is_finished": False, "message": "Job execution started", "created_at": begun.json["created_at"],
            "details_url": f"http://localhost/integration/jobs/{number}/details",
        }  # fmt: skip
        assert (execution.trigger.surface, execution.trigger.kind) == ("dvsum", "api")

        await visit.house.until_running("email-blanks")
        now = await stranger.call("GET", f"/integration/jobs/{number}/details", headers=said)
        assert (now.status, now.json["status"], now.json["is_finished"]) == (200, "Running", False)
        assert (now.json["result"], now.json["exit_code"], now.json["end_time"]) == (None, None, None)
        assert [rule["rule_status"] for rule in now.json["rules"]] == ["Running", "Valid"]

        visit.house.script.release("email-blanks")
        await visit.house.until_running("row-count")
        visit.house.script.release("row-count")
        await visit.house.until(execution)
        end = (await stranger.call("GET", f"/integration/jobs/{number}/details", headers=said)).json
        assert (end["status"], end["is_finished"]) == ("Completed", True)
        assert (end["result"], end["exit_code"], end["triggered_by"], end["trigger_type"]) == (
            "Passed", "OK", "etl", "API",
        )  # fmt: skip
        assert end["gateway_type"] == "ON_PREM"
        assert end["exceptions"] == {"total": 0, "downloadable": 0, "limit": 10000, "truncated": False}
        assert end["download"] is None
        assert [(rule["rule_id"], rule["rule_status"]) for rule in end["rules"]] == [
            ("email-blanks", "Passed"), ("row-count", "Passed"),
        ]  # fmt: skip


async def test_the_earlier_revision_of_the_page_still_works(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 48213})
        said = {"x_api_key": await visit.key(), "authorization": "default", "content_type": JSON}
        begun = await visit.with_key(None).call("POST", "/integration/jobs/48213/execute", headers=said)
        assert begun.status == 200
        path = f"/integration/jobs/{begun.json['execution_id']}/details"
        assert (await visit.with_key(None).call("GET", path, headers=said)).json["triggered_by"] == "loader"


@pytest.mark.parametrize(
    ("authorization", "key", "status"),
    [
        ("Bearer {good}", None, 200), ("bearer {good}", None, 200), ("BEARER  {good}", "bad", 200),
        (None, "{good}", 200), ("", "{good}", 200), ("default", "{good}", 200), ("Basic eDp5", "{good}", 200),
        ("Bearer", "{good}", 200), ("Bearer bad", "{good}", 401), ("default", "bad", 401), ("default", None, 401),
        (None, None, 401), ("Bearer ", "{good}", 401),
    ],
)  # fmt: skip
async def test_a_bearer_decides_alone_and_otherwise_the_key_does(
    tmp_path: Path, authorization: str | None, key: str | None, status: int
) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        good = await visit.key()
        given = {"authorization": authorization, "x_api_key": key}
        said = {name: text.format(good=good) for name, text in given.items() if text is not None}
        reply = await visit.with_key(None).call("POST", "/integration/jobs/5/execute", headers=said)
        assert reply.status == status, reply
        assert status == 200 or reply.json["code"] == "UNAUTHORIZED"


async def test_a_key_is_sent_as_it_is_shown_and_not_taken_for_a_token(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        token = await ready(visit)
        path = "/integration/jobs/48213/execute"
        assert (await visit.with_key(None).call("POST", path, headers={"x_api_key": token})).status == 401


@pytest.mark.parametrize(("seconds", "status"), [(3_599, 200), (3_600, 401)])
async def test_a_token_is_good_for_one_hour(tmp_path: Path, seconds: int, status: int) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        token = await ready(visit)
        visit.house.clock.at += seconds * 1_000
        reply = await visit.with_key(token).post("/integration/jobs/48213/execute")
        assert reply.status == status
        if status == 401:
            assert reply.json["code"] == "UNAUTHORIZED"
            assert "The access token has expired" in reply.json["message"]
            assert reply.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_token_is_good_at_this_door_only(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        token = await ready(visit)
        assert (await Caller(native.door(visit.ports).app, token).get("/api/v1/jobs")).status == 401
        native_token = await issued(visit)
        assert (await visit.with_key(native_token).post("/integration/jobs/48213/execute")).status == 401


async def issued(visit: DialectVisit) -> str:
    """A token of the native door for the same client."""
    pieces = [b"grant_type=client_credentials"]
    said = {"authorization": "Basic " + b64encode(f"etl:{quote_plus(SECRET)}".encode()).decode(), "content_type": FORM}
    reply = await Caller(native.door(visit.ports).app).call("POST", "/oauth/token", pieces=pieces, headers=said)
    return str(reply.json["access_token"])


async def test_what_a_client_sends_beside_it_has_no_effect(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        more = {"x_tenant_id": "acme", "accept": "application/json", "content_length": "0", "content_type": JSON}
        reply = await visit.call.call("POST", "/Integration/jobs/5/execute/?x=1&x=2", headers=more)
        assert reply.status == 200
        for body in (b"{", b"\xff\x00", b'{"day": 7}', b"x" * (1 << 20)):
            reply = await visit.call.send("POST", "/integration/jobs/5/execute", body, content_encoding="br")
            assert reply.status == 200, reply
        assert await visit.executions() == 5
        await visit.call.call("GET", f"/integration/jobs/{reply.json['execution_id']}/details", headers=more)


async def test_the_door_stands_under_its_prefix_too(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        begun = await visit.call.post("/dvsum/integration/jobs/5/execute", host="jobs.example.test:7878")
        number = begun.json["execution_id"]
        url = f"http://jobs.example.test:7878/dvsum/integration/jobs/{number}/details"
        assert begun.json["details_url"] == url
        assert (await visit.call.get(f"/dvsum/integration/jobs/{number}/details")).status == 200


async def test_a_job_without_a_given_number_has_the_one_of_the_house_and_only_one(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined("plain")
        await visit.defined("given", ids={"dvsum": 48213})
        own = await visit.number("plain")
        assert (await visit.call.post(f"/integration/jobs/{own}/execute")).json["job_id"] == own
        hidden = await visit.number("given")
        assert (await visit.call.post(f"/integration/jobs/{hidden}/execute")).json["code"] == "JOB_NOT_FOUND"


async def test_a_second_start_waits_and_each_is_an_execution_of_its_own(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        await visit.defined(ids={"dvsum": 5})
        visit.house.script.held.add("a")
        first = (await visit.call.post("/integration/jobs/5/execute")).json["execution_id"]
        await visit.house.until_running("a")
        second = (await visit.call.post("/integration/jobs/5/execute")).json["execution_id"]
        assert first != second
        assert (await visit.execution(second)).own_limit == 1
        assert (await visit.call.get(f"/integration/jobs/{second}/details")).json["status"] == "Queued"
        visit.house.script.release("a")
        await visit.house.until_running("a")
        visit.house.script.release("a")
        await visit.house.until(await visit.execution(second))


async def test_the_same_idempotency_key_is_the_same_execution(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        first = await visit.call.post("/integration/jobs/5/execute", idempotency_key="a")
        again = await visit.call.post("/integration/jobs/5/execute", {"ignored": 1}, idempotency_key="a")
        assert first.json == again.json
        assert await visit.executions() == 1
