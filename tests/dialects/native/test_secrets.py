"""Secrets over the native API: set and seen, never read; and secret parameters, which nothing shows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runbell.ports.audit_table import AuditQuery
from tests.dialects.native.visit import Visit, a_visit

pytestmark = pytest.mark.anyio
PATH = "/api/v1/secrets/warehouse.password"
TOKEN = {"token": {"type": "text", "secret": True, "pattern": "[a-z0-9]+"}}


@pytest.fixture
async def visit(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Visit]:
    async with a_visit(tmp_path) as opened:
        yield opened


async def test_a_secret_is_set_and_seen_without_its_value(visit: Visit) -> None:
    made = await visit.call.put(PATH, {"value": "hunter2"})
    assert (made.status, made.headers["location"], made.headers["etag"]) == (201, PATH, '"1"')
    await visit.defined("load", secrets={"PW": "warehouse.password"})
    again = await visit.call.put(PATH, {"value": "hunter3"})
    assert (again.status, again.json["revision"]) == (200, 2)
    seen = await visit.call.get(PATH)
    listed = await visit.call.get("/api/v1/secrets")
    assert seen.json == listed.json["items"][0]
    assert (seen.json["name"], seen.json["jobs"], seen.json["last_used_at"]) == ("warehouse.password", ["load"], None)
    assert not any(b"hunter" in reply.body for reply in (made, again, seen, listed))


async def test_a_secret_is_changed_and_deleted_with_if_match(visit: Visit) -> None:
    await visit.call.put(PATH, {"value": "hunter2"})
    assert (await visit.call.put(PATH, {"value": "x"}, **{"if-match": '"7"'})).status == 412
    assert (await visit.call.delete(PATH, **{"if-match": '"7"'})).status == 412
    assert (await visit.call.delete(PATH)).status == 204
    assert (await visit.call.get(PATH)).status == 404
    assert (await visit.call.delete(PATH)).status == 404


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (".hidden", {"value": "hunter2"}),
        ("a" * 101, {"value": "hunter2"}),
        ("ok", {"value": ""}),
        ("ok", {"value": "hunter2" * 10_000}),
        ("ok", {"value": 7}),
        ("ok", {}),
        ("ok", {"value": "hunter2", "more": 1}),
    ],
)
async def test_what_is_no_secret_is_refused_without_repeating_it(visit: Visit, name: str, body: object) -> None:
    reply = await visit.call.put(f"/api/v1/secrets/{name}", body)
    assert reply.status == 422
    assert b"hunter2" not in reply.body


async def test_it_takes_its_own_right_and_its_own_project(visit: Visit) -> None:
    await visit.call.put(PATH, {"value": "hunter2"})
    without = await visit.caller("jobs:read", "jobs:write", "executions:run")
    for reply in (await without.get(PATH), await without.get("/api/v1/secrets"), await without.delete(PATH)):
        assert reply.status == 403
    elsewhere = await visit.caller(project="elsewhere", name="elsewhere")
    assert (await elsewhere.get("/api/v1/secrets")).json["items"] == []
    assert (await elsewhere.get(PATH)).status == 404


async def test_pages_go_on_where_the_last_one_ended(visit: Visit) -> None:
    for name in ("a", "b", "c"):
        await visit.call.put(f"/api/v1/secrets/{name}", {"value": "hunter2"})
    first = (await visit.call.get("/api/v1/secrets?limit=2")).json
    rest = (await visit.call.get(f"/api/v1/secrets?limit=2&cursor={first['next_cursor']}")).json
    assert [one["name"] for one in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert not rest["has_more"]


async def test_the_audit_log_tells_of_secrets_but_not_their_values(visit: Visit) -> None:
    await visit.call.put(PATH, {"value": "hunter2"})
    await visit.call.delete(PATH)
    lines = (await visit.ports.store.audit(AuditQuery(project="default"))).items
    said = [line.entry.action for line in lines if line.entry.object == "warehouse.password"]
    assert sorted(said) == ["secrets.delete", "secrets.put"]
    assert "hunter2" not in repr(lines)


async def test_no_answer_shows_a_secret_parameter(visit: Visit) -> None:
    path = await visit.defined("load", parameters=TOKEN)
    headers = {"idempotency-key": '"one"'}
    started = await visit.call.post(f"{path}/executions", {"params": {"token": "hunter2"}}, prefer="wait=5", **headers)
    assert started.json["params"] == {"token": {"secret": True}}
    own = started.json["links"]["self"]
    replies = [
        started,
        await visit.call.post(f"{path}/executions", {"params": {"token": "hunter2"}}, **headers),
        await visit.call.post(f"{path}/executions", {"params": {"token": "hunter3"}}, **headers),
        await visit.call.post(f"{path}/executions", {"params": {"token": "hunter2!"}}),
        await visit.call.post(f"{path}/executions", {"params": {"token": "hunter2"}, "strange": "hunter2"}),
        await visit.call.post(f"{own}/rerun", {}, prefer="wait=5"),
        await visit.call.get(own),
        await visit.call.get("/api/v1/executions"),
        await visit.call.get(path),
        await visit.call.post(f"{path}/executions:plan", {"params": {"token": "hunter2"}}),
        await visit.call.post(f"{own}/rerun:plan", {"params": {"token": "hunter4"}}),
        await visit.call.post(f"{own}/rerun:plan", {"mode": "current"}),
        await visit.call.get(f"{own}/explain"),
        await visit.call.get(f"{own}/diff?with=current"),
    ]
    assert [reply.status for reply in replies] == [200, 200, 422, 422, 422, 200, 200, 200, 200, 200, 200, 200, 200, 200]
    assert replies[9].json["params"]["token"]["value"] == {"secret": True}
    assert replies[11].json["diff"] == replies[13].json["params"] == []
    assert not any(b"rbv1" in reply.body for reply in replies)
    assert not any(b"hunter" in reply.body for reply in replies)
