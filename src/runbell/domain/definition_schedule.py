"""When a job starts: `starts`, by whom it may be started, and its `schedule`."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from runbell.domain.definition_members import Members, kind_of, shown
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.durations import LATEST
from runbell.domain.faults import InvalidParams
from runbell.domain.job import Parameter, Schedule
from runbell.domain.parameters import coerce
from runbell.domain.parameters_values import Unfit

NICKNAMES: Final = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: Final = (
    ("minute", 0, 59, ()), ("hour", 0, 23, ()), ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS), ("day of the week", 0, 7, _DAYS),
)  # fmt: skip
_LONGEST_MONTHS: Final = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
_PIECE: Final = re.compile(r"(\*|[A-Za-z]+|\d{1,2})(?:-([A-Za-z]+|\d{1,2}))?(?:/(\d{1,3}))?")
_SPECIAL: Final = {
    2: re.compile(r"L|LW", re.IGNORECASE),
    4: re.compile(r"[0-7]L|([0-7]|sun|mon|tue|wed|thu|fri|sat)#[1-5]", re.IGNORECASE),
}

MEMBERS: Final = ("cron", "every", "from", "at", "timezone", "missed", "parameters")

Starts = Literal["api", "schedule", "both"]


def read_starts(job: Members, schedule: Schedule | None) -> Starts:
    """By whom the job may be started: over the API when there is no schedule, by it when there is one, unless said."""
    said = job.get("starts")
    if "starts" in job and said not in ("api", "schedule", "both"):
        hint = did_you_mean(said, ("api", "schedule", "both")) if isinstance(said, str) else ""
        job.wrong("starts", "not_a_choice", f"one of api, schedule, both{hint}")
    elif said in ("schedule", "both") and schedule is None:
        job.wrong("starts", "no_schedule", f"`{said}` needs a `schedule`; write one, or say `api`")
    if said in ("api", "schedule", "both"):
        return said  # type: ignore[no-any-return]
    return "api" if schedule is None else "schedule"


def read_schedule(job: Members, parameters: Sequence[Parameter]) -> Schedule | None:
    """The schedule: one of `cron`, `every` and `at`, and what a start by it hands over."""
    if "schedule" not in job:
        return None
    schedule = job.inner("schedule", MEMBERS)
    said = [kind for kind in ("cron", "every", "at") if kind in schedule]
    if len(said) != 1:
        found = f"this one has {' and '.join(said)}" if said else "this one has none"
        schedule.problems.add(schedule.at, "one_kind", f"a schedule has exactly one of cron, every, at; {found}")
    if "from" in schedule and "every" not in schedule:
        schedule.wrong(
            "from", "no_interval", "`from` is what an interval is counted from; it stands beside `every` only"
        )
    missed = schedule.get("missed")
    if "missed" in schedule and missed not in ("skip", "run_once", "run_all"):
        schedule.wrong("missed", "not_a_choice", "one of skip, run_once, run_all")
        missed = None
    given = schedule.object("parameters", most=200)
    if job.get("starts") != "api":
        _check_parameters(schedule, parameters, given)
    return Schedule(
        cron=schedule.read("cron", None, _cron),
        every_ms=schedule.duration("every", None, least=1_000),
        anchor=schedule.read("from", None, _moment),
        at=schedule.read("at", None, _moment),
        timezone=schedule.read("timezone", "UTC", _zone),
        missed=missed or "run_once",
        parameters=given,
    )


def _check_parameters(schedule: Members, parameters: Sequence[Parameter], given: Mapping[str, Any]) -> None:
    """A schedule that is in force gives every required parameter that has no default, and writes down no secret."""
    for name in (parameter.name for parameter in parameters if parameter.secret and given.get(parameter.name)):
        said = "is secret, and everybody who sees the job would see it; let the job read it from `secrets`"
        schedule.problems.add(schedule.place("parameters", name), "secret_written", said)
    try:
        coerce(parameters, given, can_name_none=False)
    except InvalidParams as refusal:
        for wrong in refusal.problems:
            at = schedule.place("parameters", wrong.pointer.rpartition("/")[2])
            schedule.problems.add(at, wrong.code, wrong.detail)


def _zone(value: Any) -> str:
    if not isinstance(value, str) or value not in available_timezones():
        hint = did_you_mean(value, available_timezones()) if isinstance(value, str) else ""
        raise Unfit("unknown_zone", f"expected a time zone like Europe/Berlin, not {shown(value)}{hint}")
    return ZoneInfo(value).key


def _moment(value: Any) -> int:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unfit("wrong_type", f"expected a time like 2031-04-07T02:00:00Z, not {shown(value)}") from None
    if moment.tzinfo is None:
        raise Unfit("wrong_type", "write the time with its offset, like 2031-04-07T02:00:00Z")
    at = round(moment.timestamp() * 1000)
    if not 0 <= at <= LATEST:
        raise Unfit("out_of_range", "a time lies between 1970 and 9999")
    return at


def _cron(value: Any) -> str:
    """Five fields by the rules of Debian's cron(5), with `L`, `LW` and `#`, or a nickname."""
    if not isinstance(value, str):
        raise Unfit("wrong_type", f'expected a text like "30 2 * * *", not {kind_of(value)}')
    text = " ".join(value.split())
    if text.startswith("@"):
        if text.lower() not in NICKNAMES:
            raise Unfit("invalid", f"there is no {shown(text)}; there are {', '.join(NICKNAMES)}")
        return text.lower()
    fields = text.split(" ")
    if len(fields) != 5:
        raise Unfit("invalid", f"a cron line has five fields (minute hour day month weekday), not {len(fields)}")
    values = [_values(place, field) for place, field in enumerate(fields)]
    days, months, weekdays = values[2], values[3], fields[4]
    if (
        days
        and (fields[2][0] == "*" or weekdays[0] == "*")
        and all(min(days) > _LONGEST_MONTHS[month] for month in months or _LONGEST_MONTHS)
    ):
        raise Unfit("invalid", "this day never comes in that month")
    return text


def _values(place: int, field: str) -> set[int]:
    """The values that a field names; none for `*` and for what only a calendar can tell."""
    name, low, high, words = _FIELDS[place]
    found: set[int] = set()
    for piece in field.split(","):
        special = _SPECIAL.get(place)
        if special is not None and special.fullmatch(piece):
            continue
        match = _PIECE.fullmatch(piece)
        if match is None or (match[1] == "*" and match[2]):
            raise Unfit("invalid", f"{shown(piece)} is no {name}; write a number, a range 1-5, a step */5, or a list")
        if match[3] is not None and not 0 < int(match[3]) <= high:
            raise Unfit("invalid", f"the step of {shown(piece)} must lie within 1 and {high}")
        if match[1] == "*":
            continue
        first = _number(match[1], name, low, high, words)
        last = _number(match[2], name, low, high, words) if match[2] else first
        if last < first:
            raise Unfit("invalid", f"the range {shown(piece)} runs backwards")
        found |= set(range(first, (high if match[3] and not match[2] else last) + 1, int(match[3] or 1)))
    return found


def _number(text: str, name: str, low: int, high: int, words: Sequence[str]) -> int:
    if text.upper() in words:
        return words.index(text.upper()) + (1 if words is _MONTHS else 0)
    if not text.isdigit() or not low <= int(text) <= high:
        raise Unfit("invalid", f"{shown(text)} is no {name}; it lies within {low} and {high}")
    return int(text)
