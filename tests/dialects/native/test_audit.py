"""The audit log at the door: every change leaves its line, a caller sees its project, the chain is checked."""

from pathlib import Path

import msgspec
import pytest

from runbell.domain.audit import Entry
from tests.builders import NOON

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio


async def lines(visit: Visit, **filters: str) -> list[tuple[str, str]]:
    """Action and object of the lines, oldest first."""
    asked = "&".join(f"{name}={value}" for name, value in filters.items())
    page = (await visit.call.get(f"/api/v1/audit?{asked}")).json
    return [(line["action"], line["object"]) for line in reversed(page["items"])]


async def test_every_change_leaves_a_line_that_says_who_did_it_from_where_and_in_which_request(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        job = await visit.defined()
        ended = await visit.ended()
        again = (await visit.call.post(f"/api/v1/executions/{ended['number']}/rerun", {}, prefer="wait=5")).json
        await visit.call.delete(f"/api/v1/executions/{again['number']}", x_request_id="the-deletion")
        await visit.call.delete(job)
        assert await lines(visit) == [
            ("jobs.put", "load"), ("executions.start", ended["id"]), ("executions.rerun", again["id"]),
            ("executions.delete", again["id"]), ("jobs.retire", "load"),
        ]  # fmt: skip
        (line,) = (await visit.call.get("/api/v1/audit?action=executions.delete")).json["items"]
        assert (line["actor"], line["address"], line["request_id"]) == ("key:admin", "127.0.0.1", "the-deletion")
        assert (line["outcome"], line["project"]) == ("done", "default")
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        await visit.defined()
        await visit.started(traceparent=trace)
        (line,) = (await visit.call.get("/api/v1/audit?limit=1")).json["items"]
        assert line["detail"] == {"job": "load", "traceparent": trace}


async def test_what_changes_nothing_leaves_no_line(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        before = await lines(visit)
        await visit.defined()
        await visit.call.post("/api/v1/jobs/load/executions", {"params": {"unknown": 1}})
        await visit.call.get("/api/v1/jobs/load")
        assert await lines(visit) == before


async def test_a_caller_sees_the_lines_of_its_project_and_one_for_all_projects_sees_all(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.house.ports.store.deny(
            [Entry(at=NOON, actor="key:a", action="x", project=project, object="o") for project in ("default", "b", "")]
        )
        of_all = await visit.caller("audit:read", everywhere=True)
        assert [line["project"] for line in (await of_all.get("/api/v1/audit")).json["items"]] == ["", "b", "default"]
        of_one = await visit.caller("audit:read", name="one")
        for caller, path in ((of_one, "/api/v1/audit"), (of_all, "/api/v1/audit?project=default")):
            assert [line["project"] for line in (await caller.get(path)).json["items"]] == ["default"]
        exported = (await of_one.get("/api/v1/audit/export")).body.splitlines()
        assert [msgspec.json.decode(line)["project"] for line in exported] == ["default"]
        nosy = await visit.caller("jobs:read")
        assert (await nosy.get("/api/v1/audit")).code == "insufficient_scope"


async def test_pages_lead_on_and_a_cursor_is_good_for_its_filters_only(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for name in ("a", "b", "c"):
            await visit.defined(name)
        first = (await visit.call.get("/api/v1/audit?limit=2&actor=key:admin")).json
        assert ([line["object"] for line in first["items"]], first["has_more"]) == (["c", "b"], True)
        onward = f"/api/v1/audit?limit=2&cursor={first['next_cursor']}"
        last = (await visit.call.get(f"{onward}&actor=key:admin")).json
        assert ([line["object"] for line in last["items"]], last["has_more"]) == (["a"], False)
        assert (await visit.call.get(onward)).code == "bad_cursor"
        assert (await visit.call.get("/api/v1/audit?outcome=maybe")).code == "invalid_field"


async def test_the_chain_is_checked_piece_by_piece_and_the_export_goes_on_after_a_line(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for name in ("a", "b", "c"):
            await visit.defined(name)
        found = (await visit.call.get("/api/v1/audit:check")).json
        assert found == {"intact": True, "broken_at": None, "lines": 3, "seq": 3, "head": found["head"], "more": False}
        on = await visit.call.get(f"/api/v1/audit:check?after=3&head={found['head']}")
        assert (on.json["lines"], on.json["intact"]) == (0, True)
        false = await visit.call.get(f"/api/v1/audit:check?after=2&head={found['head']}")
        assert (false.json["intact"], false.json["broken_at"]) == (False, 2)
        assert (await visit.call.get("/api/v1/audit:check?after=2")).code == "invalid_field"
        exported = (await visit.call.get("/api/v1/audit/export?after=2")).body.splitlines()
        assert [msgspec.json.decode(line)["seq"] for line in exported] == [3]
        assert msgspec.json.decode(exported[0])["hash"] == found["head"]
