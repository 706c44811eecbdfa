"""Jobs over the API: define, change, version, retire."""

from pathlib import Path
from typing import Any

import pytest

from .visit import a_visit

pytestmark = pytest.mark.anyio
DEFINITION = {"steps": [{"name": "a", "command": ["true"]}], "title": "One"}


async def test_a_job_is_made_then_changed_and_the_same_again_changes_nothing(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        made = await visit.call.put("/api/v1/jobs/load", DEFINITION)
        assert (made.status, made.headers["location"], made.headers["etag"]) == (201, "/api/v1/jobs/load", '"1"')
        assert (made.json["definition"], made.json["version"], made.json["source"]) == (DEFINITION, 1, "api")
        same = await visit.call.put("/api/v1/jobs/load", DEFINITION)
        assert (same.status, same.json["version"]) == (200, 1)
        changed = await visit.call.put("/api/v1/jobs/load", DEFINITION | {"title": "Two"})
        assert (changed.status, changed.json["version"]) == (200, 2)
        look = await visit.call.get("/api/v1/jobs/load")
        assert look.json == changed.json
        assert (await visit.call.get("/api/v1/jobs/load", if_none_match=look.headers["etag"])).status == 304


async def test_versions_are_listed_newest_first(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for title in "abc":
            await visit.call.put("/api/v1/jobs/load", DEFINITION | {"title": title})
        page = (await visit.call.get("/api/v1/jobs/load/versions?limit=2")).json
        assert [item["version"] for item in page["items"]] == [3, 2]
        rest = (await visit.call.get(f"/api/v1/jobs/load/versions?limit=2&cursor={page['next_cursor']}")).json
        assert ([item["version"] for item in rest["items"]], rest["next_cursor"]) == ([1], None)
        second = (await visit.call.get("/api/v1/jobs/load/versions/2")).json
        assert second["definition"]["title"] == "b"
        for number in ("4", "0", "x", "-1", "9" * 30, "%C2%B2"):
            assert (await visit.call.get(f"/api/v1/jobs/load/versions/{number}")).status == 404


async def test_an_old_revision_writes_nothing(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put("/api/v1/jobs/load", DEFINITION)
        await visit.call.put("/api/v1/jobs/load", DEFINITION | {"title": "Two"})
        for method in ("PUT", "PATCH", "DELETE"):
            reply = await visit.call.send(method, "/api/v1/jobs/load", {"title": "Three"} | DEFINITION, if_match='"1"')
            assert (reply.status, reply.code) == (412, "revision_mismatch"), method
        assert (await visit.call.get("/api/v1/jobs/load")).json["definition"]["title"] == "Two"


async def test_a_patch_changes_single_members_and_wants_a_revision(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        tag = (await visit.call.put("/api/v1/jobs/load", DEFINITION)).headers["etag"]
        reply = await visit.call.send("PATCH", "/api/v1/jobs/load", {"title": None, "tags": ["x"]})
        assert (reply.status, reply.code) == (428, "precondition_required")
        merge = {"content_type": "application/merge-patch+json", "if_match": tag}
        reply = await visit.call.send("PATCH", "/api/v1/jobs/load", {"title": None, "tags": ["x"]}, **merge)
        assert reply.json["definition"] == {"steps": DEFINITION["steps"], "tags": ["x"]}
        assert (await visit.call.send("PATCH", "/api/v1/jobs/none", {}, **merge)).status == 404


async def test_a_definition_that_cannot_run_is_refused_whole_with_every_fault(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        bad = {"steps": [{"name": "a", "command": ["true"], "retries": 3}], "schedule": {"every": "soon"}}
        reply = await visit.call.put("/api/v1/jobs/load", bad)
        assert (reply.status, reply.code) == (422, "invalid_definition")
        assert {wrong["pointer"] for wrong in reply.json["errors"]} >= {"/steps/0/retries", "/schedule/every"}
        assert (await visit.call.get("/api/v1/jobs/load")).status == 404
        for body in ([], "x", 1, None, {"job": "other", **DEFINITION}, {"project": "other", **DEFINITION}):
            assert (await visit.call.put("/api/v1/jobs/load", body)).status == 422, body
        for name in ("a%20b", ".a", "a%2Fb", "%C3%A9", "a" * 256):
            assert (await visit.call.put(f"/api/v1/jobs/{name}", DEFINITION)).status in {404, 422}, name


async def test_a_retired_job_refuses_starts_keeps_its_history_and_is_revived_by_a_put(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        made = await visit.started()
        reply = await visit.call.delete("/api/v1/jobs/load")
        assert (reply.status, reply.json["retired_at"] is not None) == (200, True)
        assert (await visit.call.post("/api/v1/jobs/load:run", {})).code == "not_found"
        assert (await visit.call.get(made["links"]["self"])).status == 200
        await visit.defined()
        assert (await visit.call.post("/api/v1/jobs/load:run", {})).status == 202
        assert (await visit.call.delete("/api/v1/jobs/none")).status == 404


async def test_jobs_are_listed_by_name_without_their_definitions(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for name in ("b", "c", "a"):
            await visit.defined(name)
        page = (await visit.call.get("/api/v1/jobs?limit=2")).json
        assert ([item["name"] for item in page["items"]], page["has_more"]) == (["a", "b"], True)
        assert "definition" not in page["items"][0]
        rest = (await visit.call.get(f"/api/v1/jobs?limit=2&cursor={page['next_cursor']}")).json
        assert ([item["name"] for item in rest["items"]], rest["has_more"]) == (["c"], False)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/jobs/load", {"steps": [{"name": "a", "command": ["true"]}]}),
        ("/api/v1/secrets/load", {"value": "v"}),
        ("/api/v1/projects/load", {}),
        ("/api/v1/users/load", {"roles": {"default": "viewer"}}),
    ],
)
async def test_a_put_makes_only_or_changes_only_when_the_caller_says_so(
    tmp_path: Path, path: str, body: dict[str, Any]
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        absent = await visit.call.put(path, body, if_match="*")
        assert (absent.status, absent.code) == (412, "revision_mismatch")
        assert (await visit.call.get(path)).status == 404
        assert (await visit.call.put(path, body, if_none_match='"1"')).code == "malformed"
        assert (await visit.call.put(path, body, if_none_match="*")).status == 201
        again = await visit.call.put(path, body, if_none_match="*")
        assert (again.status, again.code) == (412, "revision_mismatch")
        assert "already" in again.json["detail"]
        assert (await visit.call.put(path, body, if_match="*")).status == 200
