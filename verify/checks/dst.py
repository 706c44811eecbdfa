"""G-43: fixed times fire once per local day across both clock changes; lines with a star keep real elapsed time.

The reference knows nothing of cron lines, folds and gaps: it looks at every minute around each change and notes what
the wall shows and what it jumps over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from runbell.assembly.cron_lines import local_times
from runbell.domain.firing import moments
from runbell.domain.job import Schedule
from verify.check import Check, Figure, Trial

ZONES = (
    "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Havana", "America/Santiago",
    "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland", "Pacific/Chatham", "Africa/Cairo",
    "Africa/Casablanca", "Asia/Beirut", "Asia/Jerusalem", "Antarctica/Troll", "Asia/Kolkata", "UTC",
)  # fmt: skip
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
DAY, AROUND = 1_440, 2_160
Minute = int
"""Minutes since 1970, UTC."""


@dataclass(frozen=True, slots=True)
class Line:
    """A cron line, and the same in plain numbers. `fixed`: no star in its minutes and hours."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    fixed: bool
    weekday: int | None = None

    def names(self, wall: Minute) -> bool:
        """True when it names that time of day (minutes since 1970 on the wall; 1970-01-01 was a Thursday)."""
        hour, minute = divmod(wall % DAY, 60)
        on_day = self.weekday is None or (wall // DAY + 4) % 7 == self.weekday
        return minute in self.minutes and hour in self.hours and on_day


HOURS = frozenset(range(24))
LINES = (
    Line("30 2 * * *", frozenset({30}), frozenset({2}), True),
    Line("0 0 * * *", frozenset({0}), frozenset({0}), True),
    Line("15 1 * * *", frozenset({15}), frozenset({1}), True),
    Line("0 3 * * 0", frozenset({0}), frozenset({3}), True, 0),
    Line("0,20,40 0-3 * * *", frozenset({0, 20, 40}), frozenset(range(4)), True),
    Line("*/30 * * * *", frozenset({0, 30}), HOURS, False),
    Line("17 * * * *", frozenset({17}), HOURS, False),
    Line("0 */3 * * *", frozenset({0}), frozenset(range(0, 24, 3)), False),
    Line("*/20 1-2 * * *", frozenset({0, 20, 40}), frozenset({1, 2}), False),
)


def run(trial: Trial) -> Figure:
    """Every zone, every line, so many years."""
    first = round(FIRST.timestamp() / 60)
    last = round(datetime(FIRST.year + trial.size, 1, 1, tzinfo=UTC).timestamp() / 60)
    missed = extra = fired = seen = 0
    for name in ZONES:
        clock = Wall(name)
        changes = list(clock.changes(first, last))
        seen += len(changes)
        for line in LINES:
            spans = [(first, last)] if line.fixed else [(change - AROUND, change + AROUND) for change in changes]
            for since, until in spans or [(first, first + 3 * DAY)]:
                expected = list(clock.fired(line, since, until, changes))
                schedule = Schedule(cron=line.text, timezone=name)
                told = moments(schedule, 0, since * 60_000, local_times)
                found = [moment // 60_000 for moment in islice(told, len(expected) + 5) if moment <= until * 60_000]
                missed += len(set(expected) - set(found))
                extra += len(found) - len(set(found) & set(expected))
                fired += len(expected)
                for wrong in sorted(set(expected) ^ set(found))[:2]:
                    when = f"{datetime.fromtimestamp(wrong * 60, UTC):%Y-%m-%d %H:%M}"
                    trial.say(f"{name} {line.text}: {when} {'missed' if wrong in expected else 'extra'}")
        trial.say(f"{name}: {len(changes)} changes of its clock")
    figures = {"missed": missed, "extra": extra, "zones": len(ZONES), "years": trial.size, "changes": seen}
    return Figure(missed == extra == 0 and seen > 0, fired, figures)


class Wall:
    """A clock on a wall of that zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def offset(self, minute: Minute) -> int:
        """What it is ahead of UTC, minutes."""
        shift = datetime.fromtimestamp(minute * 60, self._zone).utcoffset() or timedelta()
        return round(shift.total_seconds() / 60)

    def changes(self, first: Minute, last: Minute) -> Iterator[Minute]:
        """The minutes at which its offset is another one than before."""
        before = self.offset(first)
        for hour in range(first + 60, last, 60):
            if (now := self.offset(hour)) != before:
                yield next(minute for minute in range(hour - 59, hour + 1) if self.offset(minute) == now)
                before = now

    def fired(self, line: Line, since: Minute, until: Minute, changes: list[Minute]) -> Iterator[Minute]:
        """When that line fires after `since`, up to `until`: minute by minute around a change, else day by day."""
        at = since
        for change in [*(each for each in changes if since <= each <= until), None]:
            quiet = until if change is None else max(at, change - AROUND // 2)
            yield from self._quiet(line, at, quiet)
            at = quiet
            if change is not None:
                busy = min(change + AROUND // 2, until)
                yield from self._busy(line, at, busy)
                at = busy

    def _quiet(self, line: Line, since: Minute, until: Minute) -> Iterator[Minute]:
        offset = self.offset(since)
        times = sorted(hour * 60 + minute for hour in line.hours for minute in line.minutes)
        for day in range((since + offset) // DAY, (until + offset) // DAY + 1):
            for time in times:
                minute = day * DAY + time - offset
                if since < minute <= until and line.names(minute + offset):
                    yield minute

    def _busy(self, line: Line, since: Minute, until: Minute) -> Iterator[Minute]:
        before, shown = since + self.offset(since), set[Minute]()
        for minute in range(since + 1, until + 1):
            wall = minute + self.offset(minute)
            passed = range(min(before + 1, wall), wall + 1) if line.fixed else (wall,)
            named = [each for each in passed if line.names(each) and each not in shown]
            if named:
                yield minute
            shown |= set(named) if line.fixed else set()
            before = wall


CHECK = Check(
    "dst", "G-43", "fixed times fire once per local day across both clock changes, lines with a star in real time", run,
    "years", quick=1, normal=20, full=40, sabotages=("fires-in-both-passes", "gap-shifts"),
)  # fmt: skip
