"""A step of kind `check`: where rows come from, and the rules that they have to keep."""

import re
from typing import Any, Final

from runbell.domain.actions import Task
from runbell.domain.check import Threshold
from runbell.domain.definition_members import Members, kind_of, shown
from runbell.domain.definition_rules import MOST_COLUMNS, READ
from runbell.domain.definition_source import SOURCES, read_source
from runbell.domain.definition_sql import NAME, read_connection
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.parameters_values import Unfit

MOST_RULES: Final = 200
OF_CHECK: Final = ("connection", *SOURCES, "bind", "where", "key", "show", "rules")
_COMMON: Final = ("name", "type", "warn", "fail", "reason")
_COLUMNS: Final = ("column", "columns", "where")
TYPES: Final[dict[str, tuple[str, ...]]] = {
    "blanks": _COLUMNS,
    "unique": _COLUMNS,
    "format": ("column", "where", "pattern", "like"),
    "range": ("column", "where", "min", "max", "in"),
    "row_count": ("where", "min", "max"),
    "freshness": ("column", "where", "max_age"),
    "orphans": (*_COLUMNS, "references"),
    "query": ("query", "bind"),
    "metric": ("function", "column", "where", "query", "bind", "min", "max"),
    "compare": ("with", "key", "columns", "where"),
}
_ONE_RECORD: Final = ("row_count", "freshness", "metric")
_ANY: Final = (*_COMMON, *dict.fromkeys(member for members in TYPES.values() for member in members))

_SHARE: Final = re.compile(r"(100|\d{1,2}(\.\d{1,6})?)%")


def read_check(members: Members) -> Task:
    """The task of a `check` step. What may hold fill-ins goes beside the rest, part for part."""
    check = members.inner("check", OF_CHECK)
    connection = read_connection(check)
    source, filled = read_source(check, has_connection=connection is not None, needed=False)
    body: dict[str, Any] = {"key": check.lines("key", most=MOST_COLUMNS), "show": check.lines("show", most=1_000)}
    if source is not None:
        body["source"] = source
    rules = _rules(check, has_connection=connection is not None, has_source=source is not None)
    return Task(
        kind="check",
        body={"check": body | {"rules": [written for written, _ in rules]}},
        filled={**filled, "where": _where(check), "rules": [filled for _, filled in rules]},
        connection=connection,
        secrets=(connection,) if connection else (),
    )


def _rules(check: Members, *, has_connection: bool, has_source: bool) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    if not check.demand("rules", "list what has to hold, like {name: ids, type: unique, column: id}"):
        return []
    rules = []
    first: dict[str, int] = {}
    for place, item in enumerate(check.list("rules", least=1, most=MOST_RULES)):
        kind = item.get("type") if isinstance(item, dict) else None
        known = (*_COMMON, *TYPES[kind]) if isinstance(kind, str) and kind in TYPES else _ANY
        rule = Members(item, check.place("rules", place), check.problems, known)
        if not isinstance(item, dict):
            continue
        rule.demand("name", "its exception records are found by that")
        name = rule.matching("name", "", NAME, "a name of letters, digits, blanks, `.`, `_`, `-` (at most 100)")
        if name and first.setdefault(name, place) != place:
            said = f"rule {first[name] + 1} is called {shown(name)} too; names are unique in a check"
            rule.wrong("name", "duplicate", said)
        if rule.demand("type", f"one of {', '.join(TYPES)}") and kind not in TYPES:
            hint = did_you_mean(kind, TYPES) if isinstance(kind, str) else ""
            rule.wrong("type", "not_a_choice", f"one of {', '.join(TYPES)}{hint}")
        if kind not in TYPES:
            continue
        _check_source(rule, kind, has_source=has_source)
        body, filled = READ[kind](rule, has_connection)
        body |= {"name": name, "type": kind, "reason": rule.text("reason"), **_thresholds(rule, kind)}
        rules.append((body, {**filled, "where": _where(rule)} if "where" in TYPES[kind] else filled))
    return rules


def _check_source(rule: Members, kind: str, *, has_source: bool) -> None:
    if has_source or kind == "query" or (kind == "metric" and "query" in rule):
        return
    rule.wrong("type", "no_source", f"a rule `{kind}` needs rows; give the check a `table`, a `file` or a `query`")


def _thresholds(rule: Members, kind: str) -> dict[str, Threshold]:
    def read(value: Any) -> Threshold:
        if type(value) is int and value >= 1:
            return value
        if isinstance(value, str) and _SHARE.fullmatch(value):
            if kind in (*_ONE_RECORD, "query"):
                raise Unfit("invalid", f"a rule `{kind}` has no share of rows; say how many exception records, like 1")
            return value
        raise Unfit(
            "wrong_type", f"expected a number of exception records from 1, or a share like `5%`, not {shown(value)}"
        )

    found = {word: value for word in ("warn", "fail") if (value := rule.read(word, None, read)) is not None}
    warn, fail = found.get("warn"), found.get("fail")
    if type(warn) is type(fail) and warn is not None and fail is not None and _size(warn) > _size(fail):
        rule.wrong("warn", "too_large", f"is more than `fail` ({fail}), so that it would never be heard")
    if kind in _ONE_RECORD:
        for word, value in found.items():
            if value != 1:
                rule.wrong(word, "out_of_bounds", f"a rule `{kind}` leaves at most one exception record; say 1")
    return found


def _size(threshold: Threshold) -> float:
    return float(str(threshold).removesuffix("%"))


def _where(members: Members) -> dict[str, Any]:
    """Columns and the values that they must have."""
    where = members.object("where", most=MOST_COLUMNS)
    for column, value in where.items():
        for place, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
            at = members.place("where", column, *([] if place is None else [place]))
            if isinstance(item, dict | list):
                said = (
                    f"expected a value or a list of values, not {kind_of(item)}; for more, let rows come from a `query`"
                )
                members.problems.add(at, "wrong_type", said)
        if value == []:
            members.problems.add(members.place("where", column), "too_short", "nothing is none of these; at least one")
    return where
