"""`runbell doctor` says which webhooks, deliveries and schedules stand still, and how to get them going."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from runbell.cli.finding import Finding
from runbell.cli.unattended import unattended
from runbell.domain.delivery import Attempt, verdict
from runbell.engine.due_schedules import DueSchedules
from runbell.operations import pause, schedules, subscribe
from runbell.operations.subscribe import Wanted
from runbell.ports.webhook_table import TellAttempt
from tests.builders import NOON
from tests.house_of_cards import ADMIN, House, a_house

pytestmark = pytest.mark.anyio
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
async def house(tmp_path: Path, anyio_backend: str) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def found(house: House, data: Path, later: int = 0) -> list[Finding]:
    """What is found so long after noon."""
    return await asyncio.to_thread(unattended, data, NOON + later)


async def told(house: House, name: str, *answers: int | str) -> None:
    """A webhook that is told of an execution, and what came of each attempt: a status, or why there was none."""
    store = house.ports.store
    await subscribe.create(house.ports, ADMIN, Wanted(name=name, url=f"https://{name}.example/"), "v1", None)
    await house.until(await house.start("load"))
    (line,) = await store.lines()
    delivery = (await store.due(line.destination, 1 << 60, 1))[0].delivery
    for place, answer in enumerate(answers, 1):
        status, error = (answer, None) if isinstance(answer, int) else (None, answer)
        attempt = Attempt(number=place, at=NOON, duration_ms=1, url="", headers={}, status=status, error=error)
        made = verdict(place, status, None, NOON, 0.5)
        await store.tell_attempt(TellAttempt(delivery=delivery.number, attempt=attempt, verdict=made))


async def test_without_a_database_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert unattended(tmp_path) == []


async def test_what_is_well_is_counted(house: House, tmp_path: Path) -> None:
    await house.define("load", "a", schedule={"every": "1d"})
    off = Wanted(name="off", url="https://off.example/", enabled=False)
    await subscribe.create(house.ports, ADMIN, off, "v1", None)
    assert await found(house, tmp_path) == [
        Finding("webhooks", "ok", "1 webhook, 1 switched off by hand; nothing waits"),
        Finding("schedules", "ok", "1 schedule"),
    ]


@pytest.mark.parametrize(
    ("answer", "said", "fix"),
    [
        (
            500,
            "ops has failed for 3 h 00 m and is disabled in 4 d 21 h: it answered 500.",
            "webhooks set ops --url URL",
        ),
        (
            "http://x leads inside; name it in egress_allow.",
            "has failed for 3 h 00 m",
            "in the server's setting egress",
        ),
        (410, "ops answered 410 and has been told nothing for 3 h 00 m.", "runbell webhooks rm ops"),
    ],
)
async def test_a_webhook_that_fails_is_named_with_its_last_answer(
    house: House, tmp_path: Path, answer: int | str, said: str, fix: str
) -> None:
    await house.define("load", "a")
    await told(house, "ops", answer)
    seen = (await found(house, tmp_path, 3 * HOUR))[0]
    assert (seen.name, seen.state) == ("webhooks", "warn")
    assert said in seen.said
    assert fix in seen.fix


async def test_a_receiver_that_fails_for_minutes_is_left_alone(house: House, tmp_path: Path) -> None:
    await house.define("load", "a")
    await told(house, "ops", 500)
    assert (await found(house, tmp_path, HOUR // 2))[0].state == "ok"


async def test_deliveries_that_nobody_tries_are_an_outbox_that_stands_still(house: House, tmp_path: Path) -> None:
    await house.define("load", "a")
    await told(house, "ops")
    assert [one.name for one in await found(house, tmp_path, 60_000)] == ["webhooks", "schedules"]
    seen = (await found(house, tmp_path, HOUR))[0]
    assert (seen.name, seen.state) == ("deliveries", "fail")
    assert seen.said.startswith("The outbox stands still: 1 delivery due, the first for ")


async def test_what_waits_behind_a_failing_receiver_is_no_outbox_that_stands_still(
    house: House, tmp_path: Path
) -> None:
    await house.define("load", "a")
    await told(house, "ops", 500)
    await house.until(await house.start("load"))
    assert "deliveries" not in {one.name for one in await found(house, tmp_path, HOUR)}


@pytest.mark.parametrize(
    ("job", "after", "state", "said", "fix"),
    [
        ({"schedule": {"every": "1h"}}, 2 * HOUR, "fail", "load should have fired 1 h 00 m ago", "server's log"),
        ({"schedule": {"at": "2020-01-01T00:00:00Z"}}, 0, "warn", "load never fires", "runbell schedule set load"),
    ],
)
async def test_a_schedule_that_does_not_fire_is_named(
    house: House, tmp_path: Path, job: dict[str, Any], after: int, state: str, said: str, fix: str
) -> None:
    await house.define("load", "a", **job)
    seen = (await found(house, tmp_path, after))[-1]
    assert (seen.name, seen.state) == ("schedules", state)
    assert said in seen.said
    assert fix in seen.fix


async def test_a_pause_that_was_forgotten_is_named(house: House, tmp_path: Path) -> None:
    for name in ("asleep", "held"):
        await house.define(name, "a", schedule={"every": "30d"})
    await schedules.pause(house.ports, ADMIN, "asleep")
    await pause.pause(house.ports, ADMIN, "held")
    assert [one.state for one in await found(house, tmp_path, HOUR)] == ["ok", "ok"]
    seen = {one.said.split(" ")[0]: one for one in (await found(house, tmp_path, 8 * DAY))[1:]}
    assert set(seen) == {"That", "held"}
    assert seen["That"].said == "That of asleep is paused; it was set 8 d 0 h ago."
    assert "runbell schedule resume asleep" in seen["That"].fix
    assert "runbell resume held" in seen["held"].fix


async def test_missed_fire_times_of_the_last_day_are_told(house: House, tmp_path: Path) -> None:
    await house.define("load", "a", schedule={"every": "1h", "missed": "skip"})
    house.clock.at = NOON + 5 * HOUR + 120_000
    await DueSchedules(house.ports).once()
    seen = (await found(house, tmp_path, 6 * HOUR - 1))[-1]
    assert (seen.state, seen.said.split(",")[0]) == ("warn", "load missed 5 fire times within a day")
    assert "runbell ps --trigger schedule --job load" in seen.fix
    assert (await found(house, tmp_path, 40 * HOUR))[-1].said.startswith("load should have fired")
