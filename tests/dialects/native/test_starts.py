"""Starts: the complete contract of an accepted execution."""

from pathlib import Path
from typing import Any

import pytest

from runbell.ports.store import Ref

from .visit import a_visit

pytestmark = pytest.mark.anyio


async def test_a_start_is_accepted_with_its_place_and_its_tag(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", "fetch", "store")
        reply = await visit.call.post("/api/v1/jobs/load/executions", {})
        body = reply.json
        assert reply.status == 202
        assert reply.headers["location"] == f"/api/v1/executions/{body['id']}" == body["links"]["self"]
        assert (reply.headers["etag"], reply.headers["retry-after"]) == ('"1"', "1")
        assert body["status"] == "queued"
        assert body["trigger"] == {"kind": "api", "actor": "key:admin", "surface": "native", "schedule": None}
        assert [(step["name"], step["status"]) for step in body["steps"]] == [
            ("fetch", "pending"),
            ("store", "pending"),
        ]
        assert (body["exceptions"], body["expires_at"]) == ({"count": 0, "truncated": False}, None)


async def test_the_first_answer_and_the_look_that_follows_are_the_same(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", "fetch", {"name": "each", "command": ["true"], "for_each": ["EU", "NA"]})
        made = await visit.started()
        visit_again = (await visit.call.get(made["links"]["self"])).json
        assert visit_again == made
        assert [step["scope"] for step in made["steps"]] == [None, "EU", "NA"]


async def test_the_verb_is_another_spelling_of_the_same_start(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        first = await visit.call.post("/api/v1/jobs/load/executions", {}, idempotency_key='"k"')
        again = await visit.call.post("/api/v1/jobs/load:run", {}, idempotency_key="k")
        assert again.json["id"] == first.json["id"]
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers


async def test_a_start_without_a_body_is_a_start(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        assert (await visit.call.call("POST", "/api/v1/jobs/load:run")).status == 202


async def test_whoever_waits_gets_the_end(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load", "a")
        visit.house.script.returns("a", '{"rows": 3}')
        reply = await visit.call.post("/api/v1/jobs/load/executions", {}, prefer="wait=20")
        assert reply.status == 200
        assert (reply.headers["preference-applied"], reply.json["status"]) == ("wait=20", "succeeded")
        assert reply.json["result"] == {"rows": 3}
        assert "retry-after" not in reply.headers


async def test_a_wait_that_is_too_short_is_an_acceptance_and_no_error(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        reply = await visit.call.post("/api/v1/jobs/load/executions?wait=0", {})
        assert (reply.status, reply.json["status"], reply.headers["preference-applied"]) == (202, "queued", "wait=0")


async def test_a_caller_who_wants_little_gets_no_body(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        reply = await visit.call.post("/api/v1/jobs/load/executions", {}, prefer="return=minimal, respond-async")
        assert (reply.status, reply.body) == (202, b"")
        assert reply.headers["preference-applied"] == "respond-async, return=minimal"
        assert reply.headers["location"].startswith("/api/v1/executions/run_")


async def test_the_members_of_a_start_are_kept(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(
            "load",
            {"name": "a", "command": ["true"], "for_each": "scopes"},
            scopes=["EU", "NA"],
            parameters={"n": {"type": "int"}, "note": {"type": "text", "nullable": True}},
        )
        asked = {
            "params": {"n": 9007199254740993, "note": None}, "key": "a/b ✓", "tags": ["x"], "priority": -3,
            "timeout_ms": 5000, "scopes": ["NA"], "start_after": "2031-04-07T04:00:00+02:00",
            "start_by": "2031-04-08T00:00:00Z", "version": 1, "key_policy": {"open": "existing"},
        }  # fmt: skip
        body = await visit.started("load", asked)
        assert body["params"] == {"n": "9007199254740993", "note": None}
        assert (body["key"], body["tags"], body["priority"]) == ("a/b ✓", ["x"], -3)
        assert (body["start_after"], body["start_by"]) == ("2031-04-07T02:00:00.000Z", "2031-04-08T00:00:00.000Z")
        assert (body["status"], [step["scope"] for step in body["steps"]]) == ("scheduled", ["NA"])
        found = await visit.call.get("/api/v1/executions/key:a%2Fb%20%E2%9C%93")
        assert found.json["id"] == body["id"]


async def test_a_taken_key_names_the_execution_that_holds_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        first = await visit.started("load", {"key": "k"})
        reply = await visit.call.post("/api/v1/jobs/load/executions", {"key": "k"})
        assert (reply.status, reply.code) == (409, "key_taken")
        assert reply.json["execution"] == first["links"]["self"]
        assert reply.json["resubmit"] == "never"


async def test_the_same_key_with_another_body_is_refused_and_points_at_the_member(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", parameters={"n": {"type": "int"}})
        first = await visit.started("load", {"params": {"n": 1}}, idempotency_key="k")
        reply = await visit.call.post("/api/v1/jobs/load/executions", {"params": {"n": 2}}, idempotency_key="k")
        assert (reply.status, reply.code) == (422, "idempotency_key_reused")
        assert [wrong["pointer"] for wrong in reply.json["errors"]] == ["/params/n"]
        assert reply.json["execution"] == first["links"]["self"]


@pytest.mark.parametrize(
    "members",
    [
        {"enabled": False},
        {"parameters": {"n": {"type": "int", "required": True}}},
        {"require_key": True, "enabled": False},
    ],
)
async def test_the_same_request_is_the_same_execution_whatever_became_of_its_job(
    tmp_path: Path, members: dict[str, Any]
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        first = await visit.started("load", {}, idempotency_key="k")
        await visit.defined("load", **members)
        assert (await visit.started("load", {}, idempotency_key="k"))["id"] == first["id"]
        assert (await visit.call.post("/api/v1/jobs/load/executions", {}, idempotency_key="l")).status >= 400
        other = await visit.call.post("/api/v1/jobs/load/executions", {"tags": ["x"]}, idempotency_key="k")
        assert other.code == "idempotency_key_reused"


async def test_no_params_and_empty_params_are_two_bodies_and_the_difference_is_named(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        await visit.started("load", {}, idempotency_key="k")
        reply = await visit.call.post("/api/v1/jobs/load/executions", {"params": {}}, idempotency_key="k")
        assert [wrong["pointer"] for wrong in reply.json["errors"]] == ["/params"]


async def test_the_alias_in_the_body_is_the_header(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        first = await visit.started("load", {"request_id": "k"})
        second = await visit.started("load", {}, idempotency_key="k")
        assert first["id"] == second["id"]
        reply = await visit.call.post("/api/v1/jobs/load/executions", {"request_id": "a"}, idempotency_key="b")
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/request_id")


async def test_other_clients_neither_hit_nor_see_a_key(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        first = await visit.started("load", {}, idempotency_key="k")
        other = await visit.caller()
        second = await other.post("/api/v1/jobs/load/executions", {}, idempotency_key="k")
        assert second.json["id"] != first["id"]


async def test_unknown_members_are_refused_unless_the_caller_is_lenient(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        reply = await visit.call.post("/api/v1/jobs/load/executions", {"parms": {}, "project": "other"})
        assert (reply.status, reply.code) == (422, "unknown_field")
        assert [wrong["pointer"] for wrong in reply.json["errors"]] == ["/parms", "/project"]
        lenient = await visit.started("load", {"parms": {}}, prefer="handling=lenient")
        assert lenient["ignored"] == ["/parms"]
        look = (await visit.call.get(lenient["links"]["self"])).json
        assert "ignored" not in look


async def test_every_wrong_parameter_is_named_at_once(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined(
            "load", parameters={"n": {"type": "int", "max": 9}, "d": {"type": "date", "required": True}}
        )
        reply = await visit.call.post("/api/v1/jobs/load/executions", {"params": {"n": 10, "x": 1}})
        assert (reply.status, reply.code) == (422, "invalid_params")
        assert {wrong["pointer"] for wrong in reply.json["errors"]} == {"/params/n", "/params/d", "/params/x"}


@pytest.mark.parametrize(
    ("members", "status", "code"),
    [
        ({"enabled": False}, 409, "job_disabled"),
        ({"require_key": True}, 400, "idempotency_key_required"),
    ],
)
async def test_a_job_may_refuse_a_start(tmp_path: Path, members: dict[str, bool], status: int, code: str) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", **members)
        reply = await visit.call.post("/api/v1/jobs/load/executions", {})
        assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize("verb", ["rerun", "restart"])
async def test_a_disabled_job_refuses_to_run_again(tmp_path: Path, verb: str) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load")
        visit.house.script.fails("a")
        failed = await visit.started("load", {}, prefer="wait=5")
        await visit.defined("load", enabled=False)
        reply = await visit.call.post(f"{failed['links']['self']}/{verb}", {})
        assert (reply.status, reply.code) == (409, "job_disabled")


async def test_a_scope_that_is_named_twice_would_run_twice_at_once_and_is_refused(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", scopes=["EU", "NA"])
        reply = await visit.call.post("/api/v1/jobs/load/executions", {"scopes": ["EU", "NA", "EU"]})
        assert (reply.status, reply.code) == (422, "invalid_field")
        assert [(wrong["pointer"], wrong["code"]) for wrong in reply.json["errors"]] == [("/scopes/2", "duplicate")]


async def test_a_job_that_rejects_when_it_is_full_names_what_runs(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", limits={"running": 1, "when_full": "reject"})
        first = await visit.started()
        reply = await visit.call.post("/api/v1/jobs/load/executions", {})
        assert (reply.status, reply.code, reply.json["resubmit"]) == (409, "already_running", "same_request_safe")
        assert reply.json["execution"] == first["links"]["self"]


async def test_the_trace_of_the_caller_is_kept_when_it_is_one(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        good = f"00-{'a' * 32}-{'b' * 16}-01"
        for sent, kept in ((good, good), ("nonsense", None), (f"00-{'0' * 32}-{'b' * 16}-01", None)):
            body = await visit.started("load", {}, traceparent=sent)
            execution = await visit.house.ports.store.execution("default", Ref(number=body["number"]))
            assert execution is not None
            assert execution.traceparent == kept
