"""Lists over all the projects that a key reaches, and what stands beside jobs."""

from pathlib import Path

import pytest

from runbell.domain.principals import Project
from runbell.http.site import Site
from runbell.ports.identity_table import PutProject
from tests.dialects.adverity.visit import AdverityVisit, a_visit

pytestmark = pytest.mark.anyio


async def three_projects(at: AdverityVisit) -> tuple[int, int, int]:
    """One job each of datastream 7 in `default`, 8 in `north` (the stack 40), 9 in `south`."""
    store, now = at.visit.ports.store, at.visit.house.clock.at
    await store.put_project(
        PutProject(project=Project(name="north", number=0, id="n", ids={"adverity": 40}, created_at=now))
    )
    await at.defined("a")
    await at.visit.defined("n", project="north", ids={"adverity": 8})
    await at.visit.defined("s", project="south", ids={"adverity": 9})
    return await at.fetched(7), await at.fetched(8), await at.fetched(9)


async def test_a_key_sees_the_projects_it_may_act_in_and_no_others(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        d, n, s = await three_projects(at)
        assert await at.listed() == [s, n, d]
        one = await at.visit.caller("executions:read", project="north", name="one")
        assert await at.listed("", one) == [n]
        assert (await at.job(n, one))["datastream"]["stack_id"] == 40
        assert (await one.get("/api/stacks/")).json["count"] == 1
        assert (await one.get("/api/stacks/1/")).status == 404
        assert (await one.get("/api/datastreams/")).status == 403
        stacks = (await at.call.get("/api/stacks/?page_size=2")).json
        assert (stacks["count"], [stack["name"] for stack in stacks["results"]]) == (3, ["default", "north"])


async def test_a_key_narrowed_to_one_job_sees_that_job_alone(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        await at.defined("b", name="ads-south", number=8)
        mine, other = await at.fetched(8), await at.fetched(7)
        await at.until_ended(mine)
        await at.until_ended(other)
        narrow = await at.visit.caller("executions:read:ads-south", "jobs:read:ads-south", name="narrow")
        assert await at.listed("?start=2031-01-01", narrow) == [mine]
        assert await at.listed("", narrow) == []
        assert (await narrow.get(f"/api/jobs/{other}/")).status == 404
        shown = (await narrow.get("/api/datastreams/")).json
        assert [one["id"] for one in shown["results"]] == [8]
        everywhere = await at.visit.caller("executions:read:ads-south", name="wide", project="default")
        assert await at.listed("?end=2032-01-01&datastream_id=7", everywhere) == []


async def test_stacks_filter_with_or_without_slash_and_unknown_ones_find_nothing(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        d, n, s = await three_projects(at)
        assert await at.listed("?stack=40/") == [n]
        assert await at.listed("?stack=1") == [d]
        south = (await at.call.get("/api/stacks/")).json["results"][-1]["id"]
        assert await at.listed(f"?stack={south}&datastream_id=9") == [s]
        for empty in ("?stack=40&datastream_id=7", "?stack=2", "?datastream_id=999", "?datastream_id=-7",
                      "?datastream_id=99999999999999999999", "?type=enrichment"):  # fmt: skip
            reply = await at.call.get(f"/api/jobs/{empty}")
            assert (reply.status, reply.json["count"]) == (200, 0), empty
        assert await at.listed("?type=fetch&type=") == [s, n, d]
        assert await at.listed("?stack=&datastream_id=&start=&end=&manual=perhaps") == [s, n, d]


async def test_lists_are_ordered_as_asked(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        await at.defined("b", name="ads-south", number=8)
        at.visit.house.script.held.add("a")
        first = await at.running()
        at.visit.house.clock.at += 5_000
        second = await at.fetched(8)
        await at.until_ended(second)
        at.visit.house.clock.at += 5_000
        at.visit.house.script.release("a")
        await at.until_ended(first)
        since = "?start=2031-01-01&ordering="
        assert await at.listed(f"{since}id") == [first, second]
        assert await at.listed(f"{since}-job_start") == [second, first]
        assert await at.listed(f"{since}job_end") == [second, first]
        assert await at.listed(f"{since}-job_end,id") == [first, second]
        assert await at.listed(f"{since}scheduled") == [first, second]
        assert await at.listed(f"{since}nonsense") == [second, first]


async def test_the_jobs_of_a_datastream_in_all_states_and_in_a_range(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        ended = await at.fetched()
        await at.until_ended(ended)
        running = await at.running()
        waiting = await at.fetched()
        reply = await at.call.get("/api/datastreams/7/jobs/")
        assert [job["id"] for job in reply.json["results"]] == [waiting, running, ended]
        reply = await at.call.get("/api/datastreams/7/jobs?start=2031-04-07&page_size=1")
        assert (reply.json["count"], reply.json["results"][0]["id"]) == (2, running)
        assert reply.json["next"].startswith("http://localhost/api/datastreams/7/jobs?")


async def test_datastreams_and_stacks_are_shown(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a", title="Ads north", description="From the north.")
        await at.until_ended(await at.fetched())
        page = (await at.call.get("/api/datastreams/")).json
        one = (await at.call.get("/api/datastreams/7/")).json
        assert page == {"count": 1, "next": None, "previous": None, "results": [one]}
        assert (one["id"], one["name"], one["slug"], one["description"]) == (7, "Ads north", "ads-north",
                                                                             "From the north.")  # fmt: skip
        assert (one["enabled"], one["last_fetch"], one["next_run"], one["schedules"]) == (
            True, "2031-04-07T12:00:00Z", None, [],
        )  # fmt: skip
        assert (await at.call.get("/api/stacks/1")).json == one["stack"]


async def test_there_are_no_extracts_and_no_columns_yet(tmp_path: Path) -> None:
    empty = {"count": 0, "next": None, "previous": None, "results": []}
    async with a_visit(tmp_path, serving=False) as at:
        for path in ("/api/extracts/?job_id=1/", "/api/extracts", "/api/columns/?datastream_id=7"):
            reply = await at.call.get(path)
            assert (reply.status, reply.json) == (200, empty)
        reply = await at.call.get("/api/extracts/?job_id=x")
        assert (reply.status, reply.json["job_id"]) == (400, ["A valid integer is required."])
        reply = await at.call.get("/api/columns/")
        assert (reply.status, reply.json["datastream_id"]) == (400, ["This field is required."])


async def test_addresses_begin_where_the_caller_sees_this_door(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        root = (await at.call.get("/api/")).json
        assert root["jobs"] == "http://localhost/api/jobs/"
        assert set(root) == {"jobs", "datastreams", "stacks", "extracts", "columns"}
        await at.defined("a")
        number = await at.fetched()
        job = (await at.call.get(f"/adverity/api/jobs/{number}")).json
        assert job["url"] == f"http://localhost/adverity/api/jobs/{number}/"
        assert job["datastream"]["absolute_url"] == "http://localhost/console/jobs/ads-north"
        page = (await at.call.get("/adverity/api/jobs/?page_size=1&datastream_id=7/")).json
        assert page["next"] is None
        await at.fetched()
        page = (await at.call.get("/adverity/api/jobs/?page_size=1&datastream_id=7/")).json
        assert page["next"].startswith("http://localhost/adverity/api/jobs/?")


async def test_addresses_begin_with_the_public_url_where_there_is_one(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, site=Site(public_url="https://jobs.example.com/")) as at:
        assert (await at.call.get("/api")).json["jobs"] == "https://jobs.example.com/api/jobs/"


async def test_head_and_keys_that_are_no_rights_anywhere(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        reply = await at.call.call("HEAD", "/api/jobs/")
        assert (reply.status, reply.body) == (200, b"")
        runner = await at.visit.caller("executions:run", name="runner")
        assert (await runner.get("/api/jobs/")).status == 403
