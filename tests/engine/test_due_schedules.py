"""Schedules fire: on time, once, by the stated policy when late, across restarts and clocks that jump."""

import json
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.execution import Execution
from runbell.domain.faults import Internal, Unavailable
from runbell.domain.log import stamp
from runbell.engine.due_schedules import DueSchedules
from runbell.operations import define_job, look, pause, schedules
from runbell.operations.fire import fire
from runbell.ports.event_table import EventQuery
from runbell.ports.fire import Fire
from runbell.ports.schedule_table import Realign
from runbell.ports.store import ExecutionQuery
from tests.builders import NOON
from tests.house_of_cards import ADMIN, House, a_house

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
FULL = NOON // (5 * MINUTE) * 5 * MINUTE
HOURLY = {"every": "1h"}
pytestmark = pytest.mark.anyio


async def made(house: House, job: str = "tick") -> list[Execution]:
    page = await house.ports.store.executions(ExecutionQuery(project="default", job=job, oldest_first=True, limit=500))
    return page.items


async def told(house: House) -> list[tuple[str, Any]]:
    page = await house.ports.store.events(EventQuery(project="default", after=0, limit=500))
    return [(event.type, event.data) for event in page.items]


async def fires(house: House, at: int) -> int:
    """What a caretaker of a server that has just begun does at that moment."""
    house.clock.at = at
    return await DueSchedules(house.ports).once()


def due(*executions: Execution) -> list[int | None]:
    return [one.trigger.due for one in executions]


async def test_it_starts_at_its_time_with_its_parameters_and_moves_on(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define(
            "tick", "only", parameters={"limit": {"type": "int", "required": True}},
            schedule={**HOURLY, "parameters": {"limit": 7}},
        )  # fmt: skip
        assert await fires(house, NOON + HOUR - 1) == 0
        assert await fires(house, NOON + HOUR + 5) == 1
        (one,) = await made(house)
        assert (one.params, one.status, one.created_at) == ({"limit": 7}, "queued", NOON + HOUR + 5)
        assert (one.trigger.kind, one.trigger.actor) == ("schedule", "schedule:tick")
        assert one.trigger.schedule == stamp(NOON + HOUR)
        assert await fires(house, NOON + 2 * HOUR - 1) == 0
        assert await house.ports.store.next_fire() == NOON + 2 * HOUR


async def test_a_default_serves_a_required_parameter(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        rule = {"type": "int", "required": True, "default": 3}
        await house.define("tick", "only", parameters={"limit": rule}, schedule=HOURLY)
        await fires(house, NOON + HOUR)
        assert [one.params for one in await made(house)] == [{"limit": 3}]


async def test_a_fire_time_starts_once_whoever_tries_it_again(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        house.clock.at = NOON + HOUR
        (standing,) = await house.ports.store.schedules_due(house.clock.at, 10)
        assert await fire(house.ports, standing)
        assert not await fire(house.ports, standing)
        assert len(await made(house)) == 1


async def test_a_fire_time_that_comes_again_by_a_new_schedule_starts_nothing_again(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        await fires(house, NOON + HOUR)
        house.clock.at = NOON
        await house.define("tick", "only", schedule={"at": stamp(NOON + HOUR)})
        assert await fires(house, NOON + HOUR) == 1
        assert due(*await made(house)) == [NOON + HOUR]


async def test_what_was_missed_runs_once_and_is_told(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
    async with a_house(tmp_path, serving=False) as house:
        await fires(house, NOON + 3 * DAY + 5 * MINUTE)
        assert due(*await made(house)) == [NOON + 3 * DAY]
        (missed,) = [data for kind, data in await told(house) if kind == "schedule.missed"]
        assert '"missed":72' in missed
        assert '"started":1' in missed
        assert await house.ports.store.next_fire() == NOON + 3 * DAY + HOUR


async def test_what_was_missed_is_skipped_with_one_note(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule={**HOURLY, "missed": "skip"})
        await fires(house, NOON + 3 * HOUR + 5 * MINUTE)
        (note,) = await made(house)
        assert (note.status, note.discard_reason, due(note)) == ("discarded", "missed_fire", [NOON + 3 * HOUR])
        assert note.exit_status is not None
        assert note.exit_status.message.startswith("3 fire times from ")
        kinds = [kind for kind, _ in await told(house)]
        assert kinds == ["execution.queued", "execution.discarded", "schedule.missed"]


async def test_every_missed_one_runs_when_that_is_wanted_also_more_than_a_hundred(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule={"cron": "*/5 * * * *", "missed": "run_all"})
        await fires(house, NOON + 10 * HOUR)
        assert due(*await made(house)) == list(range(FULL + 5 * MINUTE, NOON + 10 * HOUR + 1, 5 * MINUTE))
        assert await house.ports.store.next_fire() == FULL + 10 * HOUR + 5 * MINUTE


async def test_a_start_that_the_job_refuses_is_noted_and_the_schedule_goes_on(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY, limits={"running": 1, "when_full": "reject"})
        await fires(house, NOON + HOUR)
        await fires(house, NOON + 2 * HOUR)
        first, second = await made(house)
        assert (first.status, second.status, second.discard_reason) == ("queued", "discarded", "busy")
        assert second.exit_status is not None
        assert second.exit_status.message.startswith("The job is running or queued as often as it may")
        assert await house.ports.store.next_fire() == NOON + 3 * HOUR


async def test_a_paused_job_that_refuses_starts_refuses_its_schedule_too(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY, limits={"when_paused": "reject"})
        await pause.pause(house.ports, ADMIN, "tick")
        await fires(house, NOON + HOUR)
        assert [one.discard_reason for one in await made(house)] == ["busy"]


async def test_a_start_that_cannot_even_be_made_is_noted(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        rule = {"type": "file", "required": True}
        await house.define(
            "tick", "only", parameters={"list": rule}, schedule={**HOURLY, "parameters": {"list": NO_FILE}}
        )
        await fires(house, NOON + HOUR)
        (note,) = await made(house)
        assert (note.status, note.discard_reason) == ("discarded", "busy")
        assert await house.ports.store.next_fire() == NOON + 2 * HOUR


NO_FILE = "file_" + "0" * 26


async def test_a_clock_that_is_set_back_brings_nothing_twice_and_stops_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        keeper = DueSchedules(house.ports)
        for at in (NOON + HOUR, NOON + 3 * HOUR, NOON + HOUR + 1, NOON + 2 * HOUR, NOON + 3 * HOUR, NOON + 4 * HOUR):
            house.clock.at = at
            await keeper.once()
        assert due(*await made(house)) == [NOON + HOUR, NOON + 3 * HOUR, NOON + 4 * HOUR]


async def test_a_clock_that_was_years_ahead_does_not_silence_a_schedule(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        keeper = DueSchedules(house.ports)
        for at in (NOON + 4_000 * DAY, NOON + 1, NOON + HOUR):
            house.clock.at = at
            await keeper.once()
        assert due(*await made(house)) == [NOON + HOUR, NOON + 4_000 * DAY]


async def test_paused_it_fires_not_and_resumed_it_goes_on_without_making_up(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        await schedules.pause(house.ports, ADMIN, "tick")
        assert await fires(house, NOON + 5 * HOUR + 1) == 0
        seen = await schedules.resume(house.ports, ADMIN, "tick")
        assert seen.standing.next_at == NOON + 6 * HOUR
        await fires(house, NOON + 6 * HOUR)
        assert due(*await made(house)) == [NOON + 6 * HOUR]


@pytest.mark.parametrize("change", [{"enabled": False}, {"starts": "api"}])
async def test_a_job_that_is_disabled_or_started_over_the_api_does_not_fire(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        await house.define("tick", "only", schedule=HOURLY, **change)
        assert await fires(house, NOON + 2 * HOUR + 1) == 0
        await house.define("tick", "only", schedule=HOURLY)
        assert await house.ports.store.next_fire() == NOON + 3 * HOUR
        assert await made(house) == []


async def test_a_retired_job_does_not_fire(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        await define_job.retire(house.ports, ADMIN, "tick")
        assert await fires(house, NOON + HOUR) == 0


async def test_another_version_with_the_same_timing_forgets_nothing_that_is_due(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        house.clock.at = NOON + HOUR + 30_000
        await house.define("tick", "only", "more", schedule={**HOURLY, "missed": "skip"})
        await fires(house, NOON + HOUR + 40_000)
        (one,) = await made(house)
        assert (one.job_version, due(one)) == (2, [NOON + HOUR])


async def test_a_change_between_look_and_fire_wins(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        house.clock.at = NOON + HOUR
        (standing,) = await house.ports.store.schedules_due(house.clock.at, 10)
        await schedules.pause(house.ports, ADMIN, "tick")
        assert not await fire(house.ports, standing)
        assert await made(house) == []


async def test_an_exhausted_schedule_is_over_and_stays_over_after_a_restart(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule={"at": stamp(NOON + HOUR)})
        await fires(house, NOON + HOUR)
        await fires(house, NOON + DAY)
        assert len(await made(house)) == 1
        assert await house.ports.store.next_fire() is None


@pytest.mark.parametrize("thought", [None, NOON + 5 * HOUR], ids=["made before this table", "by other rules of a zone"])
async def test_what_lies_ahead_is_counted_anew_at_every_start(tmp_path: Path, thought: int | None) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule={"cron": "30 * * * *"})
        record = await look.job(house.ports, ADMIN, "tick")
        standing = await house.ports.store.schedule(record.number)
        assert standing is not None
        await house.ports.store.realign(Realign(job_number=record.number, was=standing.next_at, next_at=thought))
        await fires(house, NOON)
        assert await house.ports.store.next_fire() == standing.next_at


async def test_what_was_due_while_it_could_not_be_read_is_missed_and_not_forgotten_nor_fired_at_another_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("tick", "only", schedule=HOURLY)
        caretaker = DueSchedules(house.ports)
        await caretaker.once()

        async def unreadable(*_: object) -> None:
            raise ValueError("No such zone.")

        with monkeypatch.context() as broken:
            broken.setattr(house.ports.catalogue, "current", unreadable)
            house.clock.at = NOON + HOUR + 7 * MINUTE
            assert await caretaker.once() == 1
        house.clock.at = NOON + 2 * HOUR + 7 * MINUTE
        assert await caretaker.once() == 1
        assert [one.trigger.schedule for one in await made(house)] == [stamp(NOON + 2 * HOUR)]
        (missed,) = [json.loads(data) for kind, data in await told(house) if kind == "schedule.missed"]
        assert (missed["missed"], missed["from"]) == (2, stamp(NOON + HOUR))
        assert await house.ports.store.next_fire() == NOON + 3 * HOUR


@pytest.mark.parametrize("where", ["current", "inclusions"])
async def test_a_table_that_is_away_for_a_moment_costs_no_fire_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("part", "only")
        await house.define("tick", {"name": "in", "job": "part"}, schedule=HOURLY)
        caretaker = DueSchedules(house.ports)
        house.clock.at = NOON + HOUR

        async def away(*_: object) -> None:
            raise Unavailable("Not now.")

        with monkeypatch.context() as broken:
            broken.setattr(house.ports.catalogue, where, away)
            with pytest.raises(Unavailable):
                await caretaker.once()
        house.clock.at += 1_000
        assert await caretaker.once() == 1
        assert [(one.trigger.schedule, one.status) for one in await made(house)] == [(stamp(NOON + HOUR), "queued")]


async def test_one_that_cannot_be_written_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_house(tmp_path, serving=False) as house:
        for name in ("bad", "tick"):
            await house.define(name, "only", schedule=HOURLY)
        bad = await house.ports.store.job("default", "bad")
        assert bad is not None
        known = house.ports.store.fire

        async def picky(asked: Fire) -> bool:
            if asked.job_number == bad.number:
                raise Internal("The store failed over this request.")
            return await known(asked)

        monkeypatch.setattr(house.ports.store, "fire", picky)
        house.clock.at = NOON + HOUR
        with pytest.raises(Internal):
            await DueSchedules(house.ports).once()
        assert [one.trigger.schedule for one in await made(house)] == [stamp(NOON + HOUR)]
