"""Stopping: in the fetch stage, and only then."""

import asyncio
from pathlib import Path

import pytest

from runbell.domain.status import Status
from runbell.operations import look
from tests.dialects.adverity.visit import a_visit

pytestmark = pytest.mark.anyio
TOO_LATE = {"detail": "Only jobs in the fetch stage can be stopped."}


def step(name: str, stage: str, *needs: str) -> dict[str, object]:
    return {"name": name, "command": ["true"], "stage": stage, "needs": list(needs)}


async def test_a_job_that_has_not_started_is_stopped_at_once(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined(step("a", "load"))
        number = await at.fetched()
        reply = await at.call.call("POST", f"/api/jobs/{number}/stop", pieces=[b"whatever"])
        assert reply.status == 200
        assert (reply.json["message"], reply.json["state_label"]) == (f"Job {number} was stopped.", "Discarded")
        assert (reply.json["job_start"], reply.json["job_end"]) == (None, "2031-04-07T12:00:00Z")


async def test_a_stop_asked_for_twice_is_as_good_as_once(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        number = await at.running()
        hand = at.visit.house.script.running["a"]
        goes_at_last, hand.stop = hand.stop, lambda *, grace_ms: None  # type: ignore[method-assign]
        for _ in range(2):
            reply = await at.call.call("POST", f"/api/jobs/{number}/stop/")
            assert (reply.status, reply.json["status"]) == (200, "ok")
            assert reply.json["message"] == f"Job {number} is being stopped."
            assert (reply.json["state"], reply.json["job_end"]) == (1, None)
        goes_at_last(grace_ms=0)
        await at.until_ended(number)


@pytest.mark.parametrize("stage", ["load", "transform"])
async def test_a_job_past_the_fetch_stage_cannot_be_stopped(tmp_path: Path, stage: str) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a", step("b", stage, "a"))
        at.visit.house.script.held.add("b")
        number = await at.running("a")
        at.visit.house.script.release("a")
        await at.visit.house.until_running("b")
        reply = await at.call.call("POST", f"/api/jobs/{number}/stop/")
        assert (reply.status, reply.json) == (400, TOO_LATE)
        assert (await at.visit.execution(number)).status is Status.RUNNING
        at.visit.house.script.release("b")
        await at.until_ended(number)
        assert (await at.job(number))["state_label"] == "Success"


async def test_while_a_fetch_and_a_load_run_side_by_side_it_is_too_late(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined(step("a", "fetch"), step("b", "load"))
        at.visit.house.script.held.add("b")
        number = await at.running("a")
        await at.visit.house.until_running("b")
        assert (await at.call.call("POST", f"/api/jobs/{number}/stop/")).json == TOO_LATE
        at.visit.house.script.release("b")
        async with asyncio.timeout(5):  # until it is on the table that b has ended
            while (await at.call.call("POST", f"/api/jobs/{number}/stop/")).status != 200:
                await asyncio.sleep(0)
        await at.until_ended(number)
        assert (await at.job(number))["state_label"] == "Discarded"


async def test_between_two_tries_of_a_load_it_is_too_late_as_well(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a", step("b", "load", "a") | {"retry": {"attempts": 2, "delay": "1h"}})
        at.visit.house.script.fails("b")
        number = await at.fetched()
        await at.visit.house.until_waiting(await at.visit.execution(number))
        assert (await at.call.call("POST", f"/api/jobs/{number}/stop/")).json == TOO_LATE


async def test_a_job_that_ends_while_it_is_looked_at_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        number = await at.running()

        async def late(*_: object) -> frozenset[str]:
            at.visit.house.script.release("a")
            await at.until_ended(number)
            return frozenset()

        monkeypatch.setattr(look, "stages", late)
        reply = await at.call.call("POST", f"/api/jobs/{number}/stop/")
        assert (reply.status, reply.json) == (400, {"detail": f"Job {number} has already ended (Success)."})


@pytest.mark.parametrize("fails", [True, False])
async def test_an_ended_job_cannot_be_stopped(tmp_path: Path, fails: bool) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        if fails:
            at.visit.house.script.fails("a")
        number = await at.fetched()
        await at.until_ended(number)
        reply = await at.call.call("POST", f"/api/jobs/{number}/stop/")
        label = "Failed" if fails else "Success"
        assert (reply.status, reply.json) == (400, {"detail": f"Job {number} has already ended ({label})."})


async def test_a_stop_by_hand_is_cancelled_where_the_administrator_says_so(tmp_path: Path) -> None:
    async with a_visit(tmp_path, manual_stop_label="Cancelled") as at:
        await at.defined("a")
        number = await at.running()
        await at.call.call("POST", f"/api/jobs/{number}/stop/")
        await at.until_ended(number)
        job = await at.job(number)
        assert (job["state"], job["state_label"]) == (3, "Cancelled")


async def test_a_job_that_had_to_leave_for_a_newer_one_is_cancelled(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a", limits={"running": 1, "when_full": "stop_running"})
        number = await at.running()
        await at.fetched()
        await at.until_ended(number)
        assert (await at.job(number))["state_label"] == "Cancelled"
