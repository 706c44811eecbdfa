"""A datastream that fetches by itself: its schedule, its next run, and what its fetches look like."""

from pathlib import Path

import pytest

from runbell.engine.due_schedules import DueSchedules

from .visit import MIDDAY, a_visit

pytestmark = pytest.mark.anyio


async def test_a_scheduled_datastream_says_when_it_runs_and_its_jobs_when_they_were_due(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined(schedule={"cron": "0 13 * * *"})
        stream = (await at.call.get("/api/datastreams/7/")).json
        assert stream["next_run"] == "2031-04-07T13:00:00Z"
        assert [one["cron_preset"] for one in stream["schedules"]] == ["0 13 * * *"]
        at.visit.house.clock.at = MIDDAY + 3_600_000 + 7_000
        await DueSchedules(at.visit.ports).once()
        (job,) = (await at.call.get("/api/jobs/")).json["results"]
        assert (job["scheduled"], job["manual"]) == ("2031-04-07T13:00:00Z", False)
        assert (await at.call.get("/api/datastreams/7/")).json["next_run"] == "2031-04-08T13:00:00Z"
        refused = await at.call.post("/api/datastreams/7/fetch_fixed/", {"start": "2031-01-01", "end": "2031-01-31"})
        assert (refused.status, refused.json) == (400, {"detail": "Datastream 7 runs on a schedule."})
