"""When a schedule fires, across both clock changes."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from runbell.assembly.cron_lines import local_times
from runbell.domain.firing import following, moments, timing
from runbell.domain.job import Schedule

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000)


def fired(line: str, zone: str, since: str, count: int) -> list[str]:
    """The next moments, as the wall there shows them, with their offset."""
    found = islice(moments(Schedule(cron=line, timezone=zone), 0, at(since), local_times), count)
    return [f"{datetime.fromtimestamp(moment / 1_000, ZoneInfo(zone)):%d %H:%M%z}"[:-2] for moment in found]


def by_brute_force(line: str, zone: str, since: int, until: int, *, fixed: bool) -> list[int]:
    """Every minute of real time is looked at; the line is plain numbers, `*` and `*/n` in minutes and hours only."""
    minute, hour = line.split(" ")[:2]
    clock, found, seen = ZoneInfo(zone), [], set()
    before = datetime.fromtimestamp(since / 1_000, clock).replace(tzinfo=None)
    for moment in range(since + MINUTE, until, MINUTE):
        wall = datetime.fromtimestamp(moment / 1_000, clock).replace(tzinfo=None)
        passed = [wall]
        if fixed:  # all times that the wall has shown or jumped over since the minute before
            jumped = range(1, max(1, round((wall - before).total_seconds() / 60)))
            passed += [before + timedelta(minutes=each) for each in jumped]
        if any(named(each.minute, minute) and named(each.hour, hour) and each not in seen for each in passed):
            found.append(moment)
        if fixed:
            seen |= {each for each in passed if named(each.minute, minute) and named(each.hour, hour)}
        before = wall
    return found


def named(value: int, field: str) -> bool:
    if field.startswith("*"):
        return value % int(field[2:] or 1) == 0
    return str(value) in field.split(",")


def test_a_time_that_the_spring_change_leaves_out_fires_at_the_end_of_the_gap() -> None:
    assert fired("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", 2) == ["29 03:00+02", "30 02:30+02"]


def test_several_times_in_one_gap_fire_once_at_its_end() -> None:
    assert fired("0,20,40 2,3 29 3 *", "Europe/Berlin", "2026-03-28T12:00Z", 3) == [
        "29 03:00+02", "29 03:20+02", "29 03:40+02",
    ]  # fmt: skip


def test_a_time_that_the_autumn_change_brings_twice_fires_the_first_time_only() -> None:
    assert fired("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2) == ["25 02:30+02", "26 02:30+01"]


@pytest.mark.parametrize("since", ["2026-10-25T00:31Z", "2026-10-25T01:29Z", "2026-10-25T01:31Z"])
def test_it_stays_at_once_wherever_in_the_fold_one_looks_from(since: str) -> None:
    assert fired("30 2 * * *", "Europe/Berlin", since, 1) == ["26 02:30+01"]


def test_a_line_with_a_star_fires_in_both_passes_and_keeps_its_real_distance() -> None:
    assert fired("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00Z", 5) == [
        "25 02:30+02", "25 02:00+01", "25 02:30+01", "25 03:00+01", "25 03:30+01",
    ]  # fmt: skip


def test_a_line_with_a_star_that_next_comes_in_a_year_still_sees_the_second_pass() -> None:
    found = fired("59 * 25 10 *", "Europe/Berlin", "2026-10-24T23:58Z", 4)
    assert found == ["25 01:59+02", "25 02:59+02", "25 02:59+01", "25 03:59+01"]


@pytest.mark.parametrize(
    ("zone", "changes"),
    [
        ("Europe/Berlin", ("2027-03-28", "2027-10-31")),
        ("Australia/Lord_Howe", ("2027-04-04", "2027-10-03")),
        ("Asia/Kolkata", ("2027-03-28",)),
    ],
)
@pytest.mark.parametrize(
    ("line", "fixed"),
    [
        ("30 2 * * *", True), ("0,15,30,45 1,2,3 * * *", True), ("0 0 * * *", True), ("*/30 * * * *", False),
        ("0 */2 * * *", False), ("15 * * * *", False), ("*/10 1,2,3 * * *", False),
    ],
)  # fmt: skip
def test_every_minute_around_a_change_agrees(zone: str, changes: tuple[str, ...], line: str, fixed: bool) -> None:
    for day in changes:
        since = at(f"{day}T00:00Z") - DAY
        found = moments(Schedule(cron=line, timezone=zone), 0, since, local_times)
        expected = by_brute_force(line, zone, since, since + 2 * DAY, fixed=fixed)
        assert list(islice(found, len(expected))) == expected


@pytest.mark.parametrize("line", ["30 2 * * *", "*/30 * * * *", "0 */2 * * *"])
def test_what_comes_next_does_not_depend_on_how_one_came_there(line: str) -> None:
    schedule, since = Schedule(cron=line, timezone="Australia/Lord_Howe"), at("2026-04-04T00:00Z")
    walked = list(islice(moments(schedule, 0, since, local_times), 40))
    for before, after in pairwise(walked):
        for moment in (before, before + 1, (before + after) // 2, after - 1):
            assert following(schedule, 0, moment, local_times) == after


def test_an_interval_is_counted_from_when_it_was_set_whatever_was_started_meanwhile() -> None:
    schedule = Schedule(every_ms=15 * MINUTE)
    assert following(schedule, 7, 7, local_times) == 7 + 15 * MINUTE
    assert following(schedule, 7, 7 + 3 * DAY, local_times) == 7 + 3 * DAY + 15 * MINUTE
    assert following(schedule, 7, 6 + 3 * DAY, local_times) == 7 + 3 * DAY


def test_a_stated_anchor_fires_itself_and_nothing_fires_before_it() -> None:
    schedule = Schedule(every_ms=HOUR, anchor=at("2031-04-07T02:00Z"))
    assert following(schedule, 0, 0, local_times) == at("2031-04-07T02:00Z")
    assert following(schedule, 0, at("2031-04-07T02:00Z"), local_times) == at("2031-04-07T03:00Z")


def test_once_is_once() -> None:
    assert following(Schedule(at=500), 0, 499, local_times) == 500
    assert following(Schedule(at=500), 0, 500, local_times) is None


def test_a_nickname_means_its_line() -> None:
    assert fired("@weekly", "UTC", "2026-11-25T00:00Z", 1) == ["29 00:00+00"]
    assert fired("@monthly", "UTC", "2026-11-25T00:00Z", 1) == ["01 00:00+00"]


def test_what_starts_and_what_is_done_when_late_is_no_part_of_the_timing() -> None:
    one = Schedule(cron="0 0 * * *", missed="skip", parameters={"a": 1})
    assert timing(one) == timing(Schedule(cron="0 0 * * *"))
    assert timing(one) != timing(Schedule(cron="0 0 * * *", timezone="Europe/Berlin"))


def test_moments_are_told_by_the_wall_of_their_zone() -> None:
    first = following(Schedule(cron="0 9 * * *", timezone="America/New_York"), 0, at("2026-07-01T00:00Z"), local_times)
    assert first is not None
    assert datetime.fromtimestamp(first / 1_000, UTC).hour == 13
