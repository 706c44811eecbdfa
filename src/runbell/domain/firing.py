"""When a schedule fires, across both clock changes. Pure; moments are epoch milliseconds, UTC.

A cron line whose minutes and hours are both written out (`30 2 * * *`) fires once per local day that it names: a time
that the spring change leaves out comes at the end of the gap, one that the autumn change brings twice counts the first
time. Any other line (`*/30 * * * *`, `0 * * * *`) fires whenever the clock on the wall shows a time that it names, so
its real distance stays. Intervals are counted from an anchor in real time, whatever clocks do.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from runbell.domain.canonical import canonical
from runbell.domain.job import Schedule

LocalTimes = Callable[[str, datetime], Iterator[datetime]]
"""The local times that a cron line names after a given one (`ports/cron.py`)."""

LINES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
NEAR_MS: Final = 3 * 3_600_000
"""No zone changes its clock twice within this time, and no change is larger, but for a few that skip a whole day."""
LARGEST_CHANGE_MS: Final = 26 * 3_600_000


def timing(schedule: Schedule) -> str:
    """All that decides when it fires, as one text: two schedules with the same text fire alike."""
    return canonical([schedule.cron, schedule.every_ms, schedule.at, schedule.timezone, schedule.anchor]).decode()


def moments(schedule: Schedule, anchor: int, after: int, local_times: LocalTimes) -> Iterator[int]:
    """The moments at which it fires, later than `after`, in order, for ever if need be.

    An interval is counted from its own anchor, which fires itself, else from `anchor`, which does not.
    """
    if schedule.every_ms is not None:
        return _interval(schedule.every_ms, schedule.anchor, anchor, after)
    if schedule.at is not None:
        return iter((schedule.at,) if schedule.at > after else ())
    line = LINES.get(schedule.cron or "", schedule.cron or "")
    zone = ZoneInfo(schedule.timezone)
    minutes, hours = line.split(" ")[:2]
    if minutes.startswith("*") or hours.startswith("*"):
        return _by_the_wall(line, zone, after, local_times)
    return _once_a_day(line, zone, after, local_times)


def following(schedule: Schedule, anchor: int, after: int, local_times: LocalTimes) -> int | None:
    """The first moment later than `after`, None when there is none."""
    return next(moments(schedule, anchor, after, local_times), None)


def _interval(every: int, stated: int | None, since: int, after: int) -> Iterator[int]:
    anchor = since if stated is None else stated
    first = anchor + every if stated is None else anchor
    moment = first if after < first else anchor + ((after - anchor) // every + 1) * every
    while True:
        yield moment
        moment += every


def _once_a_day(line: str, zone: ZoneInfo, after: int, local_times: LocalTimes) -> Iterator[int]:
    """Whatever is named later than the wall shows now comes later; what comes earlier after all, came before."""
    last = after
    for local in local_times(line, _wall(after, _offset(zone, after))):
        moment = _real(local, zone)
        if moment is None:
            moment = _end_of_gap(local, zone)
        if moment > last:
            last = moment
            yield moment


def _by_the_wall(line: str, zone: ZoneInfo, after: int, local_times: LocalTimes) -> Iterator[int]:
    moment = _shown_next(line, zone, after, local_times)
    while moment is not None:
        yield moment
        moment = _shown_next(line, zone, moment, local_times)


def _shown_next(line: str, zone: ZoneInfo, after: int, local_times: LocalTimes) -> int | None:
    """The next moment at which the wall shows a time of that line; in a fold both passes count."""
    offset = _offset(zone, after)
    if _offset(zone, after + NEAR_MS) != offset:
        change = _change(zone, after, after + NEAR_MS)
        local = next(local_times(line, _wall(after, offset)), None)
        if local is not None and (moment := _utc(local) - offset) < change:
            return moment
        offset = _offset(zone, change)
        after = change - 1_000  # the moment of the change itself counts, by the new clock
    for local in local_times(line, _wall(after, offset)):
        if _utc(local) - offset <= after + NEAR_MS:
            return _utc(local) - offset
        if (real := _real(local, zone)) is not None:
            return real
    return None


def _offset(zone: ZoneInfo, moment: int) -> int:
    shift = datetime.fromtimestamp(moment / 1_000, zone).utcoffset() or timedelta()
    return round(shift.total_seconds() * 1_000)


def _wall(moment: int, offset: int) -> datetime:
    """What the wall shows, to the second before: a line is looked at from after it on."""
    return datetime.fromtimestamp((moment + offset) // 1_000, UTC).replace(tzinfo=None)


def _utc(local: datetime) -> int:
    return round(local.replace(tzinfo=UTC).timestamp() * 1_000)


def _real(local: datetime, zone: ZoneInfo) -> int | None:
    """The first moment at which the wall shows that time; None in a gap."""
    moment = round(local.replace(tzinfo=zone).timestamp() * 1_000)
    return moment if _utc(local) - _offset(zone, moment) == moment else None


def _end_of_gap(local: datetime, zone: ZoneInfo) -> int:
    """The moment at which the clock was put forward over that local time."""
    latest = round(local.replace(tzinfo=zone).timestamp() * 1_000)
    return _change(zone, latest - LARGEST_CHANGE_MS, latest)


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The moment between these two at which the offset becomes that of `high`."""
    after = _offset(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(zone, middle) == after else (middle, high)
    return high
