"""The vendor's own commands, word for word: https://docs.adverity.com/guides/management-api/listing-jobs.html"""

from pathlib import Path

import pytest

from tests.dialects.adverity.visit import MIDDAY, a_visit

pytestmark = pytest.mark.anyio
DAY_MS = 86_400_000
LABELS = {"Scheduled", "Running", "Success", "Cancelled", "Failed", "Discarded", "Stale"}


@pytest.mark.parametrize("path", ["/api/jobs/", "/api/jobs"])
@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "BEARER"])
async def test_all_running_and_scheduled_jobs_are_listed(tmp_path: Path, path: str, scheme: str) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        running = await at.running()
        waiting = await at.fetched()
        key = await at.visit.key(name="someone")
        stranger = at.visit.with_key(None)
        reply = await stranger.get(path, authorization=f"{scheme} {key}")
        assert reply.status == 200
        assert {name: reply.json[name] for name in ("count", "next", "previous")} == {
            "count": 2, "next": None, "previous": None,
        }  # fmt: skip
        shown = {job["id"]: job["state_label"] for job in reply.json["results"]}
        assert shown == {running: "Running", waiting: "Scheduled"}


@pytest.mark.parametrize("query", ["?datastream_id=7/", "?datastream_id=7", "?datastream_id=7//"])
async def test_the_jobs_of_one_datastream(tmp_path: Path, query: str) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        await at.defined("a", name="ads-south", number=8)
        wanted, other = await at.fetched(7), await at.fetched(8)
        reply = await at.call.get(f"/api/jobs/{query}")
        assert [(job["id"], job["datastream"]["id"]) for job in reply.json["results"]] == [(wanted, 7)]
        assert await at.listed() == [other, wanted]


async def test_past_jobs_within_a_range_of_dates(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        made = []
        for day in range(3):
            at.visit.house.clock.at = MIDDAY + day * DAY_MS  # noon of the 7th, 8th and 9th of April 2031
            made.append(await at.fetched())
            await at.until_ended(made[-1])
        assert await at.listed() == []
        assert await at.listed("?start=2031-04-07&end=2031-04-08") == [made[1], made[0]]
        assert await at.listed("?start=2031-04-08") == [made[2], made[1]]
        assert await at.listed("?end=2031-04-07") == [made[0]]
        assert await at.listed("?start=2031-04-10") == []
        assert await at.listed("?start=2031-04-07&end=2031-04-09&datastream_id=7/&ordering=id") == made
        assert await at.listed("?start=2031-04-07&datastream_id=8") == []


async def test_past_jobs_within_a_range_of_times_to_the_second(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        midnight = MIDDAY + DAY_MS // 2
        at.visit.house.clock.at = midnight - 1  # 23:59:59.999
        last = await at.fetched()
        await at.until_ended(last)
        at.visit.house.clock.at = midnight
        first = await at.fetched()
        await at.until_ended(first)
        assert await at.listed("?start=2031-04-07T00:00:00Z&end=2031-04-07T23:59:59Z") == [last]
        assert await at.listed("?start=2031-04-08T00:00:00Z&end=2031-04-08T23:59:59Z") == [first]
        for spelled in ("2031-04-08%2000:00:00", "2031-04-08T02:00:00%2B02:00", "2031-04-08T02:00:00+02:00",
                        "2031-04-08T00:00:00.000Z", "2031-04-08t00:00z"):  # fmt: skip
            assert await at.listed(f"?start={spelled}") == [first], spelled


async def test_the_status_of_a_job_in_progress_and_of_one_that_has_ended(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a", title="Ads north")
        number = await at.running()
        at.visit.house.clock.at += 3_000
        reply = await at.call.get(f"/api/jobs/{number}/imported/")
        assert reply.status == 200
        shown = reply.json
        assert shown.pop("imported") == []
        stack = {
            "id": 1, "name": "default", "slug": "default", "url": "http://localhost/api/stacks/1/", "parent": None,
            "parent_id": None, "counts": {"connections": 0, "datastreams": 1},
        }  # fmt: skip
        assert shown == {
            "id": number, "url": f"http://localhost/api/jobs/{number}/", "job_start": "2031-04-07T12:00:00Z",
            "job_end": None, "range_start": "2031-01-01T00:00:00Z", "range_end": "2031-01-31T23:59:59Z",
            "scheduled": "2031-04-07T12:00:00Z", "progress": 0, "duration": "3s", "state": 1, "state_label": "Running",
            "state_color": "orange", "issues": [], "manual": True,
            "datastream": {
                "id": 7, "stack_id": 1, "stack": stack, "name": "Ads north", "slug": "ads-north",
                "app_label": "runbell", "absolute_url": "http://localhost/console/jobs/ads-north",
                "change_url": "http://localhost/console/jobs/ads-north/edit",
                "extracts_url": "http://localhost/api/extracts/?datastream_id=7",
                "fetch_url": "http://localhost/api/datastreams/7/fetch_fixed/",
            },
        }  # fmt: skip
        assert shown == await at.job(number)
        at.visit.house.script.release("a")
        await at.until_ended(number)
        ended = (await at.call.get(f"/api/jobs/{number}/imported/")).json
        assert (ended["state"], ended["state_label"], ended["progress"]) == (2, "Success", 1)
        assert ended["job_end"] == "2031-04-07T12:00:03Z"


async def test_a_job_is_stopped_and_ends_as_discarded(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        number = await at.running()
        reply = await at.call.call("POST", f"/api/jobs/{number}/stop/")
        assert reply.status == 200
        assert (reply.json["status"], reply.json["id"]) == ("ok", number)
        assert reply.json["message"] == f"Job {number} is being stopped."
        await at.until_ended(number)
        job = await at.job(number)
        assert (job["state"], job["state_label"], job["state_color"]) == (5, "Discarded", "gray")
        assert job["job_end"] is not None
        assert await at.listed() == []


async def test_a_fetch_is_started_and_polled_to_its_end(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        reply = await at.call.post("/api/datastreams/7/fetch_fixed/", {"start": "2031-01-01", "end": "2031-01-31"})
        assert reply.status == 200
        number = reply.json["jobs"][0]["id"]
        assert reply.json == {
            "status": "ok", "message": "Fetch started.", "start": "2031-01-01T00:00:00Z",
            "end": "2031-01-31T23:59:59Z",
            "jobs": [{"id": number, "url": f"http://localhost/api/jobs/{number}/"}],
        }  # fmt: skip
        await at.until_ended(number)
        job = await at.job(number)
        assert (job["state"], job["state_label"]) == (2, "Success")
        assert job["job_end"]


async def test_pages_lead_to_each_other_by_whole_addresses(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        made = []
        for _ in range(3):
            made.append(await at.fetched())
            await at.until_ended(made[-1])
        found, address = [], "http://localhost/api/jobs/?start=2031-01-01&page_size=1&unknown=x"
        while address:
            assert address.startswith("http://localhost/api/jobs/?")
            page = (await at.call.get(address.removeprefix("http://localhost"))).json
            assert page["count"] == 3
            found += [job["id"] for job in page["results"]]
            address = page["next"]
            assert address is None or ("start=2031-01-01" in address and f"page={len(found) + 1}" in address)
        assert found == made[::-1]
        assert page["previous"] is not None
        assert "page=2" in page["previous"]
        assert (await at.call.get("/api/jobs/?start=2031-01-01&page_size=2&page=last")).json["results"][0][
            "id"
        ] == made[0]
