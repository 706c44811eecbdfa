"""Lists: pages by cursor, filters, and nothing that is not offered."""

from pathlib import Path

import pytest

from .visit import a_visit

pytestmark = pytest.mark.anyio


async def test_pages_follow_one_another_without_a_gap(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        await visit.defined("other")
        for _ in range(5):
            await visit.started("load")
            visit.house.clock.at += 1
            await visit.started("other")
        seen, path = [], "/api/v1/executions?job=load&limit=2"
        while path:
            reply = await visit.call.get(path)
            seen += [item["number"] for item in reply.json["items"]]
            assert reply.json["has_more"] == (reply.json["next_cursor"] is not None)
            link = reply.headers.get("link", "")
            assert ('rel="next"' in link) == reply.json["has_more"]
            path = link.partition(">")[0].removeprefix("<") if reply.json["has_more"] else ""
        assert seen == [9, 7, 5, 3, 1]
        oldest = await visit.call.get("/api/v1/executions?order=created_at&limit=1")
        assert oldest.json["items"][0]["number"] == 1
        assert "steps" not in oldest.json["items"][0]


async def test_filters_narrow_the_list(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("load")
        first = await visit.ended()
        visit.house.clock.at += 60_000
        visit.house.script.fails("a")
        second = await visit.ended()
        for query, numbers in {
            "status=succeeded": [1],
            "status=failed,lost": [2],
            "status=queued": [],
            "job=load": [2, 1],
            "job=none": [],
            "trigger=api": [2, 1],
            "actor=key:admin": [2, 1],
            "actor=key:nobody": [],
            f"created_at.gte={second['created_at']}": [2],
            f"created_at.lt={second['created_at']}": [1],
            f"created_at.lt={first['created_at']}": [],
            "project=default": [2, 1],
            "limit=0": [2, 1],
        }.items():
            reply = await visit.call.get(f"/api/v1/executions?{query}")
            assert [item["number"] for item in reply.json["items"]] == numbers, query


async def test_what_the_list_does_not_offer_is_refused_with_what_it_does(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for query, pointer in {
            "statsu=failed": "?statsu",
            "tags=x": "?tags",
            "params.=1": "?params.",
            "count=all": "?count",
            "status=done": "?status",
            "trigger=hand": "?trigger",
            "order=number": "?order",
            "limit=-1": "?limit",
            "limit=x": "?limit",
            "created_at.gte=soon": "?created_at.gte",
            "status=queued&status=lost": "?status",
        }.items():
            reply = await visit.call.get(f"/api/v1/executions?{query}")
            assert (reply.status, reply.code) == (422, "invalid_field"), query
            assert reply.json["errors"][0]["pointer"] == pointer
        said = (await visit.call.get("/api/v1/executions?tags=x")).json["detail"]
        assert "created_at.gte" in said
        assert "status" in said


async def test_a_plus_sign_that_became_a_blank_is_explained(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        path = "/api/v1/executions?created_at.gte=2026-01-01T00:00:00"
        assert "%2B" in (await visit.call.get(f"{path}+01:00")).json["detail"]
        assert "%2B" not in (await visit.call.get(path)).json["detail"]
        assert (await visit.call.get(f"{path}%2B01:00")).status == 200


async def test_the_executions_of_one_job_are_listed_under_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        path = await visit.defined("load")
        await visit.defined("other")
        for name in ("load", "other", "load", "load"):
            await visit.started(name)
        listed = (await visit.call.get(path)).json["links"]["executions"]
        first = await visit.call.get(f"{listed}?limit=2")
        assert [item["number"] for item in first.json["items"]] == [4, 3]
        assert f"<{listed}?limit=2&cursor=" in first.headers["link"]
        onward = first.json["next_cursor"]
        assert [one["number"] for one in (await visit.call.get(f"{listed}?cursor={onward}")).json["items"]] == [1]
        same = await visit.call.get(f"/api/v1/executions?job=load&cursor={onward}")
        assert [one["number"] for one in same.json["items"]] == [1]
        assert (await visit.call.get(f"{listed}?status=succeeded&count=exact")).json["count"] == 0
        assert (await visit.call.get(f"/api/v1/jobs/other/executions?cursor={onward}")).code == "bad_cursor"
        assert (await visit.call.get(f"{listed}?job=other")).code == "invalid_field"
        narrow = await visit.caller("executions:read:other")
        hidden, absent = await narrow.get(listed), await narrow.get("/api/v1/jobs/nope/executions")
        assert (hidden.status, absent.status) == (404, 404)
        assert len((await narrow.get("/api/v1/jobs/other/executions")).json["items"]) == 1
        assert (await (await visit.caller("executions:run")).get(listed)).status == 403
        await visit.call.delete(path)
        assert len((await visit.call.get(listed)).json["items"]) == 3


async def test_a_cursor_is_good_only_for_its_own_list(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for _ in range(3):
            await visit.started()
        cursor = (await visit.call.get("/api/v1/executions?job=load&limit=1")).json["next_cursor"]
        good = await visit.call.get(f"/api/v1/executions?job=load&limit=2&page_token={cursor}")
        assert [item["number"] for item in good.json["items"]] == [2, 1]
        flipped = ("A" if cursor[0] != "A" else "B") + cursor[1:]
        for query in (
            f"cursor={cursor}",
            f"job=other&cursor={cursor}",
            f"job=load&status=queued&cursor={cursor}",
            f"job=load&cursor={flipped}",
            f"job=load&cursor={cursor[:-4]}",
            "job=load&cursor=x",
            "job=load&cursor=%20%20",
            "job=load&cursor=%E2%82%AC",
            "job=load&cursor=" + "A" * 8_000,
        ):
            reply = await visit.call.get(f"/api/v1/executions?{query}")
            assert (reply.status, reply.code) == (400, "bad_cursor"), query
        assert (await visit.call.get(f"/api/v1/jobs?cursor={cursor}")).code == "bad_cursor"


async def test_another_project_is_not_there(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        made = await visit.started("load", {"key": "k"})
        stranger = await visit.caller(project="elsewhere")
        assert (await stranger.get("/api/v1/executions")).json["items"] == []
        assert (await stranger.get("/api/v1/jobs")).json["items"] == []
        for path in (made["links"]["self"], "/api/v1/executions/1", "/api/v1/executions/key:k", "/api/v1/jobs/load"):
            theirs, nobodys = await stranger.get(path), await stranger.get(path.replace("1", "9").replace("load", "no"))
            assert (theirs.status, nobodys.status) == (404, 404), path
        assert (await stranger.post("/api/v1/jobs/load:run", {})).status == 404
        assert (await stranger.get("/api/v1/executions?project=default")).code == "not_found"
