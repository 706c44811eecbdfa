"""What a schedule does with the fire times that are due, and with those that were missed. Pure; epoch milliseconds.

A fire time is missed when the server comes to it more than a minute late, or when a later one is due as well. With
`run_once` the newest one that is due starts, for all of them; with `skip` it starts only when it is not missed itself;
with `run_all` every one starts, oldest first, but of more than a thousand only the newest thousand.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final

from msgspec import Struct

from runbell.domain.firing import LocalTimes, following, moments
from runbell.domain.job import DAY_MS, Schedule
from runbell.domain.log import stamp

LATE_MS: Final = 60_000
MOST: Final = 1_000
AT_ONCE: Final = 50
"""How many of them start in one transaction."""


class Missed(Struct, frozen=True, kw_only=True):
    """Fire times that were missed: from `first` to `last`, how many (`more`: at least so many), how many start now."""

    policy: str
    count: int
    more: bool
    first: int
    last: int
    started: int

    @property
    def told(self) -> dict[str, Any]:
        """The data of the event `schedule.missed`."""
        return {
            "policy": self.policy, "missed": self.count, "more": self.more, "from": stamp(self.first),
            "to": stamp(self.last), "started": self.started,
        }  # fmt: skip

    @property
    def sentence(self) -> str:
        """Why nothing ran."""
        if self.count == 1:
            said = f"The fire time {stamp(self.first)}"
        else:
            many = f"More than {self.count:,}" if self.more else f"{self.count:,}"
            said = f"{many} fire times from {stamp(self.first)} to {stamp(self.last)}"
        return f"{said} passed while the server was away; the schedule skips what was missed."


class Decision(Struct, frozen=True, kw_only=True):
    """What starts now (by fire time), which one is noted as skipped, what was missed, and when it fires next."""

    runs: tuple[int, ...]
    skipped: int | None
    missed: Missed | None
    next_at: int | None
    last_at: int


def decide(schedule: Schedule, anchor: int, due: int, now: int, local_times: LocalTimes) -> Decision:
    """What becomes of the fire time `due`, which is not later than `now`, and of all after it up to now."""
    passed, more = _passed(schedule, anchor, due, now, local_times)
    late = now - passed[-1] > LATE_MS
    missed = passed if late else passed[:-1]
    runs = passed
    if schedule.missed != "run_all":
        runs = passed[-1:] if schedule.missed == "run_once" or not late else []
    here = runs[:AT_ONCE]
    rest = runs[AT_ONCE:]
    if rest:
        missed = [moment for moment in missed if moment < rest[0]]
    count = len(missed) if not more or schedule.every_ms is None else (missed[-1] - due) // schedule.every_ms + 1
    told = Missed(
        policy=schedule.missed, count=count, more=more and schedule.every_ms is None, first=due if more else missed[0],
        last=missed[-1], started=sum(moment in missed for moment in here),
    ) if missed else None  # fmt: skip
    return Decision(
        runs=tuple(here),
        skipped=passed[-1] if not runs else None,
        missed=told,
        next_at=rest[0] if rest else following(schedule, anchor, now, local_times),
        last_at=here[-1] if rest else passed[-1],
    )


def resumed(schedule: Schedule, anchor: int, last_at: int | None, now: int, local_times: LocalTimes) -> int | None:
    """When it fires next, whatever was due before: after a pause, a change of the zone's rules, a jump of the clock.

    What was dealt with is not dealt with again when the clock is set back. More than a day ahead the clock was wrong.
    """
    done = last_at if last_at is not None and last_at - now <= DAY_MS else now
    return following(schedule, anchor, max(now, done), local_times)


def _passed(schedule: Schedule, anchor: int, due: int, now: int, local_times: LocalTimes) -> tuple[list[int], bool]:
    """The fire times from `due` to `now`, of very many the newest thousand or so (then True)."""
    if schedule.every_ms is not None:
        count = (now - due) // schedule.every_ms + 1
        first = max(0, count - MOST)
        return [due + place * schedule.every_ms for place in range(first, count)], first > 0
    found = list(islice(_until(now, chain((due,), moments(schedule, anchor, due, local_times))), MOST + 1))
    if len(found) <= MOST:
        return found, False
    back = found[-1] - found[0]
    while not (newest := list(_until(now, moments(schedule, anchor, max(due, now - back), local_times)))):
        back *= 2
    return newest[-MOST:], True


def _until(now: int, moments: Iterator[int]) -> Iterator[int]:
    for moment in moments:
        if moment > now:
            return
        yield moment
