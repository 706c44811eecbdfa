"""Every fault that the native table has a row for is provoked at the door, or it is said who provokes it instead."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from runbell.dialects.native.faults import RULES
from runbell.http.body import MAX_BODY
from tests.house.sources import ROOT
from tests.http.calling import Reply

from .test_logs import wrote
from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio
API = "/api/v1"
START = f"{API}/jobs/load/executions"
Provocation = Callable[[Visit], Awaitable[Reply]]
PROVOCATIONS: dict[str, Provocation] = {}
ELSEWHERE = {
    "header_too_large": ("the connection refuses it, before there is a door", "tests/end_to_end/test_connections.py"),
    "idempotency_in_progress": ("a commit has to take five seconds", "tests/operations/test_idempotency.py"),
    "internal": ("it takes a defect", "tests/http/test_door.py"),
    "queue_full": ("it takes the store's limit, which a house of cards has not", "tests/stores/sqlite/test_backlog.py"),
    "storage_full": ("it takes a disk that is full", "tests/stores/sqlite/test_batch.py"),
}
"""What cannot be provoked by a caller at a door in this process: why, and the file that holds it."""


def provokes(code: str) -> Callable[[Provocation], Provocation]:
    """Register how a fault is provoked."""

    def declare(how: Provocation) -> Provocation:
        assert code not in PROVOCATIONS
        PROVOCATIONS[code] = how
        return how

    return declare


def asking(code: str, method: str, path: str, value: Any = None, **headers: str) -> None:
    """Register a fault that one request provokes."""
    PROVOCATIONS[code] = lambda visit: visit.call.send(method, path, value, **headers)


def starting(code: str, body: Any = None, **members: Any) -> None:
    """Register a fault that the start of a job with these members provokes."""

    async def provoke(visit: Visit) -> Reply:
        path = await visit.defined("odd", **members)
        return await visit.call.post(f"{path}/executions", body or {})

    PROVOCATIONS[code] = provoke


asking("malformed", "POST", START, b"{")
asking("bad_cursor", "GET", f"{API}/executions?cursor=x")
asking("invalid_token", "GET", f"{API}/jobs", authorization="Bearer rb_key_no_such_key")
asking("not_found", "GET", f"{API}/jobs/none")
asking("method_not_allowed", "PUT", f"{API}/executions", {})
asking("precondition_required", "PATCH", f"{API}/jobs/load", {"title": "x"})
asking("revision_mismatch", "PUT", f"{API}/jobs/load", {"steps": [{"name": "b", "command": ["true"]}]}, if_match='"99"')
asking("body_too_large", "POST", START, b" " * (MAX_BODY + 1))
asking("unsupported_media_type", "POST", START, b"<a/>", content_type="application/xml")
asking("invalid_definition", "PUT", f"{API}/jobs/bad", {"steps": []})
asking("unknown_field", "POST", START, {"parms": {}})
asking("invalid_field", "POST", START, {"priority": "high"})
starting("idempotency_key_required", require_key=True)
starting("job_disabled", enabled=False)
starting("job_scheduled", starts="schedule", schedule={"every": "1h"})
starting("invalid_params", {"params": {"n": "x"}}, parameters={"n": {"type": "int"}})


@provokes("unauthenticated")
async def _(visit: Visit) -> Reply:
    return await visit.anonymous().get(f"{API}/jobs")


@provokes("insufficient_scope")
async def _(visit: Visit) -> Reply:
    return await (await visit.caller("jobs:read")).post(START, {})


@provokes("not_acceptable")
async def _(visit: Visit) -> Reply:
    return await visit.call.get(f"{(await visit.started())['links']['self']}/logs", accept="text/html")


@provokes("bad_range")
async def _(visit: Visit) -> Reply:
    made = await visit.started()
    wrote(visit, made, "a line")
    return await visit.call.get(f"{made['links']['self']}/logs/raw", range="bytes=9000-")


@provokes("unavailable")
async def _(visit: Visit) -> Reply:
    await visit.house.engine.drain(0)
    return await visit.call.get("/readyz")


@provokes("gone")
async def _(visit: Visit) -> Reply:
    path = (await visit.started())["links"]["self"]
    await visit.call.post(f"{path}/stop")
    assert (await visit.call.delete(path)).status == 204
    return await visit.call.get(path)


@provokes("not_finished")
async def _(visit: Visit) -> Reply:
    return await visit.call.delete((await visit.started())["links"]["self"])


@provokes("not_restartable")
async def _(visit: Visit) -> Reply:
    path = (await visit.started())["links"]["self"]
    await visit.call.post(f"{path}/stop")
    return await visit.call.post(f"{path}/restart", {})


@provokes("events_expired")
async def _(visit: Visit) -> Reply:
    for _ in range(3):
        await visit.started()
        visit.house.clock.at += 1
    await visit.ports.store.prune_events(visit.house.clock.at - 1, 10)
    return await visit.call.get(f"{API}/events?after=1")


@provokes("key_taken")
async def _(visit: Visit) -> Reply:
    await visit.started("load", {"key": "mine"})
    return await visit.call.post(START, {"key": "mine"})


@provokes("idempotency_key_reused")
async def _(visit: Visit) -> Reply:
    await visit.started("load", {}, idempotency_key="once")
    return await visit.call.post(START, {"tags": ["other"]}, idempotency_key="once")


@provokes("already_running")
async def _(visit: Visit) -> Reply:
    path = await visit.defined("alone", limits={"running": 1, "when_full": "reject"})
    await visit.started("alone")
    return await visit.call.post(f"{path}/executions", {})


@provokes("job_paused")
async def _(visit: Visit) -> Reply:
    path = await visit.defined("held", limits={"when_paused": "reject"})
    assert (await visit.call.post(f"{path}/pause")).status == 200
    return await visit.call.post(f"{path}/executions", {})


@provokes("in_use")
async def _(visit: Visit) -> Reply:
    await visit.call.put(f"{API}/projects/aside", {})
    await visit.call.put(f"{API}/users/ada", {"roles": {"aside": "viewer"}})
    return await visit.call.delete(f"{API}/projects/aside")


@provokes("quota_exceeded")
async def _(visit: Visit) -> Reply:
    for _ in range(200):
        reply = await visit.anonymous().get(f"{API}/jobs", authorization="Bearer rb_key_no_such_key")
        if reply.status == 429:
            break
    return reply


@pytest.mark.parametrize("code", sorted(PROVOCATIONS))
async def test_a_fault_is_answered_as_the_table_and_the_document_say(code: str, tmp_path: Path) -> None:
    """The caller holds every answer against the document; here it is held against the table."""
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        reply = await PROVOCATIONS[code](visit)
        rule, problem = RULES[code], reply.json
        assert (reply.status, reply.code) == (rule.status, code), reply
        assert (problem["status"], problem["resubmit"]) == (rule.status, rule.resubmit)
        assert problem["detail"].endswith((".", "?", "`")), problem
        assert problem["request_id"] == reply.headers["x-request-id"]
        assert (problem["retry_after"] is not None) == ("retry-after" in reply.headers)
        assert rule.retry_after_s is None or "retry-after" in reply.headers


def test_no_fault_is_left_out() -> None:
    assert PROVOCATIONS.keys() | ELSEWHERE.keys() == RULES.keys()
    assert not PROVOCATIONS.keys() & ELSEWHERE.keys()


@pytest.mark.parametrize("code", sorted(ELSEWHERE))
def test_what_cannot_be_provoked_here_is_held_where_it_is_said_to_be(code: str) -> None:
    why, file = ELSEWHERE[code]
    name = "".join(word.capitalize() for word in code.split("_"))
    text = (ROOT / file).read_text()
    assert why
    assert code in text or name in text, f"{file} says nothing of {code}"
