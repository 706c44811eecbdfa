"""The ready calls of a job, over the API."""

from pathlib import Path
from typing import Any

import pytest

from runbell.dialects import dvsum
from runbell.http.site import Site

from .visit import a_visit

pytestmark = pytest.mark.anyio
URLS = "/api/v1/jobs/load/urls"
DAY = {"day": {"type": "date", "required": True}, "limit": {"type": "int", "default": 5}}


async def test_the_calls_of_this_door_hold_what_a_start_must_name(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(parameters=DAY)
        told = (await visit.call.get(URLS, host="jobs.example.test")).json
        assert (told["dialects"], told["hindrance"]) == (["native"], None)
        calls = {call["name"]: call for call in told["calls"]}
        assert list(calls) == ["start", "look", "stop", "result", "log"]
        start = calls["start"]
        assert start["url"] == "http://jobs.example.test/api/v1/jobs/load/executions"
        assert (start["method"], start["body"]) == ("POST", '{"params":{"day":"2031-04-07"}}')
        assert set(start["texts"]) == {"curl", "python", "powershell"}
        assert calls["stop"]["url"].endswith("/api/v1/executions/[execution_id]/stop")
        made = await visit.call.call(
            "POST", start["url"].removeprefix("http://jobs.example.test"), pieces=[start["body"].encode()],
            headers={"content_type": start["headers"]["Content-Type"]},
        )  # fmt: skip
        assert made.status == 202


async def test_the_dvsum_door_shows_the_two_urls_of_the_vendor(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as first:
        talk = dvsum.door(first.ports, {}, Site()).converse
    async with a_visit(tmp_path, serving=False, doors=[talk]) as visit:
        await visit.defined(ids={"dvsum": 48213})
        told = (await visit.call.get(f"{URLS}?credentials=key", host="jobs.example.test")).json
        assert told["dialects"] == ["native", "dvsum"]
        calls = [call for call in told["calls"] if call["dialect"] == "dvsum"]
        assert [(call["method"], call["url"]) for call in calls] == [
            ("POST", "http://jobs.example.test/integration/jobs/48213/execute"),
            ("GET", "http://jobs.example.test/integration/jobs/[execution_id]/details"),
        ]
        said = {"Authorization": "default", "x-api-key": "$RUNBELL_KEY", "Content-Type": "application/json"}
        assert [call["headers"] for call in calls] == [said, said]
        assert {call["token_url"] for call in calls} == {"http://jobs.example.test/oauth2/token"}
        await visit.defined(parameters=DAY)
        assert (await visit.call.get(URLS)).json["dialects"] == ["native"]


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"enabled": False}, "disabled"),
        ({"schedule": {"cron": "0 2 * * *"}}, "schedule"),
        ({"require_key": True}, None),
    ],
)
async def test_it_says_why_a_start_would_be_refused(tmp_path: Path, members: dict[str, Any], word: str | None) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(**members)
        told = (await visit.call.get(URLS)).json
        assert word in told["hindrance"] if word else told["hindrance"] is None
        assert ("Idempotency-Key" in told["calls"][0]["headers"]) == ("require_key" in members)


async def test_a_paused_job_that_refuses_and_a_retired_one_say_so(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(limits={"when_paused": "reject"})
        await visit.call.post("/api/v1/jobs/load/pause")
        assert "is paused" in (await visit.call.get(URLS)).json["hindrance"]
        await visit.call.delete("/api/v1/jobs/load")
        assert "was retired" in (await visit.call.get(URLS)).json["hindrance"]


async def test_only_who_may_see_the_job_sees_its_calls(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        assert (await (await visit.caller("executions:run")).get(URLS)).status == 403
        assert (await (await visit.caller("jobs:read:other", name="b")).get(URLS)).status == 404
        assert (await visit.call.get(f"{URLS}?credentials=password")).code == "invalid_field"
