"""Files for `file` parameters: handed in, named by a start, read by its steps, and gone when nobody needs them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.job import DAY_MS
from runbell.operations.hand_in import let_go
from tests.dialects.native.visit import Visit, a_visit
from tests.http.calling import Reply

pytestmark = pytest.mark.anyio
CONTENT = b"day,price\n2031-04-07,12.50\n" * 100
JOB = {"parameters": {"prices": {"type": "file"}}}
STEP = {"name": "load", "command": ["cat", "{prices}"]}


@pytest.fixture
async def visit(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Visit]:
    async with a_visit(tmp_path, file_bytes=1_000_000) as opened:
        yield opened


async def handed_in(visit: Visit, *pieces: bytes, **how: Any) -> Reply:
    headers = {"content_type": "application/octet-stream", **how.pop("headers", {})}
    return await visit.call.call("POST", "/api/v1/files", pieces=pieces or (CONTENT,), headers=headers, **how)


def on_disk(visit: Visit) -> list[str]:
    return sorted(path.name for path in visit.ports.artifacts.uploads.path("0" * 26).parent.glob("*"))


async def test_a_file_is_handed_in_and_a_step_is_given_its_path(visit: Visit) -> None:
    named = {"content_disposition": r'attachment; filename="../pri\"ces.csv"'}
    reply = await handed_in(visit, CONTENT[:100], CONTENT[100:], headers=named, length=False)
    assert (reply.status, reply.json["name"], reply.json["size"]) == (201, 'pri"ces.csv', len(CONTENT))
    assert reply.json["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    await visit.defined("load", STEP, **JOB)
    ended = await visit.ended("load", {"params": {"prices": reply.json["id"]}})
    assert (ended["status"], ended["params"]) == ("succeeded", {"prices": reply.json["id"]})
    [order] = visit.house.script.orders
    assert order.argv is not None
    path = Path(order.argv[1])
    assert (await asyncio.to_thread(path.read_bytes)) == CONTENT
    assert (await asyncio.to_thread(path.stat)).st_mode & 0o777 == 0o400
    assert order.params == {"prices": str(path)}
    again = await visit.call.post(f"/api/v1/executions/{ended['number']}/rerun", {})
    assert again.status in {200, 202}


async def test_the_name_may_be_written_in_any_script(visit: Visit) -> None:
    reply = await handed_in(visit, headers={"content_disposition": "attachment; filename*=UTF-8''pr%C3%A9cis.csv"})
    assert reply.json["name"] == "précis.csv"
    assert (await handed_in(visit)).json["name"] == "file"


async def test_a_reference_that_names_nothing_is_refused_before_anything_starts(visit: Visit) -> None:
    await visit.defined("load", STEP, **JOB)
    for wrong in ("file_00000000000000000000000000", "prices.csv", 7, "file_x"):
        reply = await visit.call.post("/api/v1/jobs/load/executions", {"params": {"prices": wrong}})
        assert (reply.status, reply.code, reply.json["errors"][0]["pointer"]) == (
            422, "invalid_params", "/params/prices",
        ), wrong  # fmt: skip
    other = await visit.caller(project="elsewhere", name="stranger")
    foreign = await other.call("POST", "/api/v1/files", pieces=[CONTENT], headers={})
    reply = await visit.call.post("/api/v1/jobs/load/executions", {"params": {"prices": foreign.json["id"]}})
    assert reply.json["errors"][0]["code"] == "unknown_file"


async def test_what_is_too_large_leaves_nothing_behind(visit: Visit) -> None:
    for length in (True, False):
        reply = await handed_in(visit, *[b"x" * 400_000] * 5, length=length)
        assert (reply.status, reply.code) == (413, "body_too_large")
        assert reply.received <= 3
    assert on_disk(visit) == []
    assert (await handed_in(visit, headers={"content_encoding": "gzip"})).status == 415


async def test_what_nobody_used_goes_after_a_day_and_what_was_used_stays_with_its_execution(visit: Visit) -> None:
    unused, used = (await handed_in(visit)).json["id"], (await handed_in(visit)).json["id"]
    await visit.defined("load", STEP, **JOB)
    ended = await visit.ended("load", {"params": {"prices": used}})
    assert await let_go(visit.ports) == 0
    visit.house.clock.at += DAY_MS + 1
    assert await let_go(visit.ports) == 1
    assert on_disk(visit) == [used.removeprefix("file_")]
    reply = await visit.call.post("/api/v1/jobs/load/executions", {"params": {"prices": unused}})
    assert reply.json["errors"][0]["code"] == "unknown_file"
    assert (await visit.call.delete(f"/api/v1/executions/{ended['number']}")).status == 204
    assert await let_go(visit.ports) == 1
    assert on_disk(visit) == []


async def test_handing_in_needs_the_right_to_start_and_leaves_a_line_in_the_audit_log(visit: Visit) -> None:
    reader = await visit.caller("executions:read")
    refused = await reader.call("POST", "/api/v1/files", pieces=[CONTENT], headers={})
    assert (refused.status, refused.code) == (403, "insufficient_scope")
    made = (await handed_in(visit)).json["id"]
    lines = (await visit.call.get("/api/v1/audit?action=files.put")).json["items"]
    assert [line["object"] for line in lines] == [made]
