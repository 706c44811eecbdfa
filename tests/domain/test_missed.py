"""What becomes of fire times that are due, and of those that were missed."""

from typing import Any

import pytest

from runbell.assembly.cron_lines import local_times
from runbell.domain.job import Schedule
from runbell.domain.missed import AT_ONCE, MOST, Decision, decide, resumed

NOON = 1_900_000_800_000 // 86_400_000 * 86_400_000 + 43_200_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def decided(missed: Any, *, due: int, now: int, **kind: Any) -> Decision:
    return decide(Schedule(missed=missed, **(kind or {"cron": "0 * * * *"})), NOON, due, now, local_times)


@pytest.mark.parametrize("policy", ["skip", "run_once", "run_all"])
def test_on_time_it_simply_starts(policy: str) -> None:
    decision = decided(policy, due=NOON, now=NOON + 800)
    assert (decision.runs, decision.skipped, decision.missed) == ((NOON,), None, None)
    assert (decision.next_at, decision.last_at) == (NOON + HOUR, NOON)


@pytest.mark.parametrize("policy", ["skip", "run_once", "run_all"])
def test_up_to_a_minute_late_is_on_time(policy: str) -> None:
    assert decided(policy, due=NOON, now=NOON + MINUTE).missed is None


def test_skip_starts_nothing_late_and_notes_it() -> None:
    decision = decided("skip", due=NOON, now=NOON + 3 * HOUR - 1)
    assert (decision.runs, decision.skipped) == ((), NOON + 2 * HOUR)
    assert decision.missed is not None
    assert (decision.missed.count, decision.missed.started) == (3, 0)
    assert "3 fire times from 2030-" in decision.missed.sentence
    assert decision.next_at == NOON + 3 * HOUR


def test_skip_starts_the_one_that_is_on_time_whatever_was_missed_before() -> None:
    decision = decided("skip", due=NOON, now=NOON + 2 * HOUR)
    assert (decision.runs, decision.skipped) == ((NOON + 2 * HOUR,), None)
    assert decision.missed is not None
    assert (decision.missed.count, decision.missed.started) == (2, 0)


def test_run_once_starts_the_newest_for_all_of_them() -> None:
    decision = decided("run_once", due=NOON, now=NOON + 3 * DAY + 5 * MINUTE)
    assert (decision.runs, decision.skipped) == ((NOON + 3 * DAY,), None)
    assert decision.missed is not None
    assert (decision.missed.count, decision.missed.started) == (73, 1)


def test_run_all_starts_every_one_oldest_first_a_few_at_a_time() -> None:
    due: int | None = NOON
    now = NOON + 3 * DAY + 5 * MINUTE
    ran: list[int] = []
    while due is not None and due <= now:
        decision = decided("run_all", due=due, now=now)
        assert len(decision.runs) <= AT_ONCE
        assert decision.missed is not None
        assert (decision.missed.count, decision.missed.started) == (len(decision.runs), len(decision.runs))
        ran += decision.runs
        due = decision.next_at
    assert ran == list(range(NOON, NOON + 3 * DAY + 1, HOUR))
    assert due == NOON + 3 * DAY + HOUR


@pytest.mark.parametrize("kind", [{"cron": "* * * * *"}, {"every_ms": MINUTE}])
def test_of_very_many_run_all_starts_the_newest_thousand(kind: dict[str, Any]) -> None:
    now = NOON + 30 * DAY + 5_000
    decision = decided("run_all", due=NOON, now=now, **kind)
    assert decision.runs[0] == NOON + 30 * DAY - (MOST - 1) * MINUTE
    assert decision.missed is not None
    assert decision.missed.first == NOON


@pytest.mark.parametrize("kind", [{"cron": "* * * * *"}, {"every_ms": MINUTE}, {"cron": "0-59 * * * *"}])
@pytest.mark.parametrize("policy", ["skip", "run_once"])
def test_a_year_of_minutes_is_not_too_many(policy: str, kind: dict[str, Any]) -> None:
    decision = decided(policy, due=NOON, now=NOON + 365 * DAY + 1, **kind)
    assert decision.runs == (NOON + 365 * DAY,)
    assert decision.next_at == NOON + 365 * DAY + MINUTE
    assert decision.missed is not None
    assert (decision.missed.count, decision.missed.more) in ((365 * 1440, False), (MOST - 1, True))


def test_once_at_a_time_is_over_then() -> None:
    decision = decided("run_once", due=NOON, now=NOON + DAY, at=NOON)
    assert (decision.runs, decision.next_at) == ((NOON,), None)


def test_a_clock_set_back_brings_nothing_again_and_one_that_was_a_day_ahead_stops_nothing() -> None:
    hourly = Schedule(cron="0 * * * *")
    assert resumed(hourly, NOON, NOON + 2 * HOUR, NOON + MINUTE, local_times) == NOON + 3 * HOUR
    assert resumed(hourly, NOON, NOON + 400 * DAY, NOON + MINUTE, local_times) == NOON + HOUR
