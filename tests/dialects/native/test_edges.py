"""The edges of the native door: quotas, pages of other origins, what may be asked, where everything is, refusals."""

import asyncio
import re
from pathlib import Path

import pytest
from msgspec import structs

from runbell.dialects.native.faults import RULES, write_fault
from runbell.dialects.native.meanings import MEANINGS
from runbell.domain.principals import Quota
from runbell.http.answer import json_answer
from runbell.http.door import Door
from runbell.http.request import Request
from runbell.http.route import Reply, Retiring, Route
from runbell.http.terms import Terms
from tests.http.calling import Caller
from tests.http.calling import Reply as Heard

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio
TWO = Terms(quota=Quota(2, 60))
PAGE = "https://app.example"


async def denied(visit: Visit) -> list[tuple[str, str, str, str]]:
    """Who was refused what, where and why, as the audit log has it, oldest first."""
    await visit.ports.denials.flush(visit.ports.store, 0)
    page = (await visit.call.get("/api/v1/audit?outcome=denied")).json
    return [(one["actor"], one["action"], one["object"], one["detail"]["code"]) for one in reversed(page["items"])]


async def test_a_quota_is_told_on_every_answer_and_refuses_in_the_words_of_the_draft(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, terms=TWO) as visit:
        good = await visit.call.get("/api/v1/jobs")
        assert (good.headers["ratelimit-policy"], good.headers["ratelimit"]) == (
            '"default";q=2;w=60', '"default";r=1;t=30'
        )  # fmt: skip
        missing = await visit.call.get("/api/v1/jobs/none")
        assert (missing.status, missing.headers["ratelimit"]) == (404, '"default";r=0;t=30')
        over = await visit.call.get("/api/v1/jobs")
        assert (over.status, over.code, over.headers["retry-after"]) == (429, "quota_exceeded", "30")
        assert over.headers["ratelimit"] == '"default";r=0;t=30'
        assert over.json["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
        assert (over.json["violated-policies"], over.json["resubmit"]) == (["default"], "same_request_safe")
        assert (await visit.anonymous().get("/healthz")).status == 200
        visit.house.clock.at += 30_000
        assert (await visit.call.get("/api/v1/jobs")).status == 200
        visit.house.clock.at += 60_000
        assert await denied(visit) == [("key:admin", "list_jobs", "/api/v1/jobs", "quota_exceeded")]


async def test_without_a_quota_nothing_is_said_of_one(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        assert not [name for name in (await visit.call.get("/api/v1/jobs")).headers if name.startswith("ratelimit")]


async def test_requests_under_way_are_counted_per_client_until_they_are_answered(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, terms=Terms(at_once=1)) as visit:
        await visit.defined()
        number = (await visit.started())["number"]
        gone = asyncio.Event()
        path = f"/api/v1/executions/{number}?wait=60"
        waiting = asyncio.create_task(visit.call.call("GET", path, hang_up=gone))
        async with asyncio.timeout(5):
            while (await visit.call.get("/api/v1/jobs")).status != 429:
                await asyncio.sleep(0)
        over = await visit.call.get("/api/v1/jobs")
        assert (over.status, over.headers["ratelimit-policy"]) == (429, '"at-once";q=1;qu="concurrent-requests"')
        assert (over.headers["retry-after"], over.json["violated-policies"]) == ("1", ["at-once"])
        other = await visit.caller("jobs:read")
        assert (await other.get("/api/v1/jobs")).status == 200
        gone.set()
        await waiting
        assert (await visit.call.get("/api/v1/jobs")).status == 200


async def test_refusals_of_rights_are_in_the_audit_log_with_what_was_asked_and_without_credentials(
    tmp_path: Path,
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        narrow = await visit.caller("jobs:read:other", name="narrow")
        await narrow.delete("/api/v1/jobs/load?project=default")
        await narrow.get("/api/v1/jobs/load")
        await narrow.get("/api/v1/jobs/load?project=elsewhere")
        await visit.anonymous().get("/api/v1/jobs", authorization="Bearer secret-of-somebody")
        await visit.anonymous().get("/api/v1/executions")
        assert await denied(visit) == [
            ("key:narrow", "retire_job", "/api/v1/jobs/load", "insufficient_scope"),
            ("key:narrow", "get_job", "/api/v1/jobs/load", "not_found"),
            ("anonymous", "list_jobs", "/api/v1/jobs", "invalid_token"),
            ("anonymous", "list_executions", "/api/v1/executions", "unauthenticated"),
        ]
        assert b"secret-of-somebody" not in (await visit.call.get("/api/v1/audit/export")).body


async def test_what_is_simply_not_there_is_no_refusal(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.get("/api/v1/jobs/none")
        await visit.call.get("/nowhere")
        assert await denied(visit) == []


async def test_options_lists_what_may_be_asked_and_needs_no_credentials(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        stranger = visit.anonymous()
        reply = await stranger.call("OPTIONS", "/api/v1/jobs/load")
        assert (reply.status, reply.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
        assert "access-control-allow-origin" not in reply.headers
        assert (await stranger.call("OPTIONS", "*")).status == 204
        assert (await stranger.call("OPTIONS", "/nowhere")).status == 404
        assert (await visit.call.call("TRACE", "/api/v1/jobs")).headers["allow"] == "GET, HEAD, OPTIONS"


async def test_pages_of_other_origins_may_call_only_when_they_are_named(tmp_path: Path) -> None:
    asked = {"origin": PAGE, "access_control_request_method": "POST"}
    async with a_visit(tmp_path, serving=False) as visit:
        for reply in (await visit.call.get("/api/v1/jobs", origin=PAGE),
                      await visit.call.call("OPTIONS", "/api/v1/jobs", headers=asked)):  # fmt: skip
            assert not [name for name in reply.headers if name.startswith("access-control")]
    async with a_visit(tmp_path / "named", serving=False, terms=Terms(origins=frozenset({PAGE}))) as visit:
        allowed = await visit.anonymous().call("OPTIONS", "/api/v1/jobs/load/executions", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == PAGE
        assert "POST" in allowed.headers["access-control-allow-methods"]
        assert "authorization" in allowed.headers["access-control-allow-headers"]
        refused = await visit.anonymous().get("/api/v1/jobs", origin=PAGE)
        assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, PAGE)
        for origin in ("https://evil.example", PAGE + ".evil", "null"):
            reply = await visit.call.get("/api/v1/jobs", origin=origin)
            assert "access-control-allow-origin" not in reply.headers
            assert reply.headers["vary"] == "Origin"
    async with a_visit(tmp_path / "any", serving=False, terms=Terms(origins=frozenset("*"))) as visit:
        reply = await visit.call.get("/api/v1/jobs", origin="https://any.example")
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in reply.headers


async def test_every_answer_says_where_its_document_is_and_not_what_serves_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for path in ("/version", "/nowhere", "/api/v1/jobs"):
            reply = await visit.anonymous().get(path)
            assert reply.headers["link"] == '</openapi.json>; rel="service-desc"'
            assert "server" not in reply.headers


async def test_the_catalogue_of_the_api_leads_to_what_is_there(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        stranger = visit.anonymous()
        reply = await stranger.get("/.well-known/api-catalog")
        assert reply.headers["content-type"].startswith("application/linkset+json; profile=")
        (links,) = reply.json["linkset"]
        for relation in ("service-desc", "status", "service-meta"):
            assert (await stranger.get(links[relation][0]["href"])).status == 200
        head = await stranger.call("HEAD", "/.well-known/api-catalog")
        assert (head.body, 'rel="api-catalog"' in head.headers["link"]) == (b"", True)


async def test_a_start_says_where_its_status_is(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        reply = await visit.call.post("/api/v1/jobs/load/executions", {})
        assert reply.headers["link"] == f'<{reply.headers["location"]}>; rel="status"'


async def test_what_is_not_there_is_named_as_it_was_asked_for(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for name in ("0", "77", "key:mine"):
            said = (await visit.call.get(f"/api/v1/executions/{name}")).json["detail"]
            assert f"no execution {name.removeprefix('key:')};" in said


async def test_every_problem_has_its_page(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for code, rule in RULES.items():
            page = await visit.anonymous().get(f"/problems/{code}")
            assert (page.status, page.json["status"]) == (200, rule.status)
            assert page.json["detail"] == MEANINGS[code]
    assert MEANINGS.keys() == RULES.keys()
    ours = re.compile(r"about\b|problems`|_s\b")
    assert [code for code, meaning in MEANINGS.items() if ours.search(meaning)] == []  # none speaks of our own members


async def test_a_route_on_its_way_out_says_so(tmp_path: Path) -> None:
    async def old(_: Request) -> Heard:
        return json_answer({})  # type: ignore[return-value]

    route = Route(method="GET", path="/old", endpoint=old, name="old", summary="Old", replies={200: Reply("It.")},  # type: ignore[arg-type]
                  open=True)  # fmt: skip
    retiring = Retiring(1_924_992_000, 1_956_528_000, "https://example.com/why")
    async with a_visit(tmp_path, serving=False) as visit:
        door = Door([structs.replace(route, retiring=retiring)], visit.ports, write_fault)
        reply = await Caller(door).get("/old")
    assert reply.headers["deprecation"] == "@1924992000"
    assert reply.headers["sunset"] == "Thu, 01 Jan 2032 00:00:00 GMT"
    assert reply.headers["link"] == '<https://example.com/why>; rel="deprecation"; type="text/html"'
