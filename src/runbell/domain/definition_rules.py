"""The rules of a check, type by type: what each may say, and what of that may hold fill-ins."""

from collections.abc import Callable
from typing import Any, Final

from runbell.domain.check import FUNCTIONS
from runbell.domain.check_bounds import bound_of
from runbell.domain.definition_members import LONGEST_TEXT, Members, kind_of
from runbell.domain.definition_source import SOURCES, read_bind, read_source
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.parameters_values import Unfit
from runbell.domain.portable_pattern import LIKE, portable

MOST_COLUMNS: Final = 100
MOST_VALUES: Final = 1_000
LONGEST_AGE_MS: Final = 100 * 366 * 86_400_000


def _columns(rule: Members) -> list[str]:
    """`column` or `columns`."""
    if "column" in rule and "columns" in rule:
        rule.wrong("columns", "one_kind", "is there beside `column`; take one of the two out")
    if "columns" in rule:
        found = rule.lines("columns", most=MOST_COLUMNS)
        if rule.get("columns") == []:
            rule.wrong("columns", "too_short", "at least one column")
        return list(found)
    return [_column(rule)]


def _column(rule: Members) -> str:
    rule.demand("column", "name the column that the rule is about")
    return rule.text("column")


def _bounds(rule: Members, *also: str) -> dict[str, Any]:
    """`min` and `max`; at least one of them, or of `also`."""
    words = ("min", "max", *also)
    if not any(word in rule for word in words):
        rule.problems.add(rule.at, "required", f"`{'` or `'.join(words)}` is missing; say what is allowed")
    bounds = {word: rule.read(word, None, _bound) for word in ("min", "max") if word in rule}
    least, most = bounds.get("min"), bounds.get("max")
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        rule.wrong("max", "too_small", f"is below `min` ({least}), so that nothing would fit")
    return bounds


def _bound(value: Any) -> Any:
    if not (isinstance(value, str) and "{" in value):
        bound_of(value)
    return value


_Read = tuple[dict[str, Any], dict[str, Any]]


def _format(rule: Members, _: bool) -> _Read:
    if ("pattern" in rule) == ("like" in rule):
        said = f"say either `pattern`, or `like` with one of {', '.join(LIKE)}"
        rule.problems.add(rule.at, "one_kind", said)

    def read_like(value: Any) -> str:
        if not isinstance(value, str) or value not in LIKE:
            hint = did_you_mean(value, LIKE) if isinstance(value, str) else ""
            raise Unfit("not_a_choice", f"one of {', '.join(LIKE)}{hint}")
        return value

    def read_pattern(value: Any) -> str:
        if not isinstance(value, str):
            raise Unfit("wrong_type", f"expected a regular expression, not {kind_of(value)}")
        portable(value)
        return value

    like = rule.read("like", "", read_like)
    pattern = rule.read("pattern", "", read_pattern)
    return {"column": _column(rule), "like": like, "pattern": LIKE[like] if like else pattern}, {}


def _range(rule: Members, _: bool) -> _Read:
    filled = _bounds(rule, "in")
    among = rule.list("in", least=1, most=MOST_VALUES)
    for place, item in enumerate(among):
        if isinstance(item, dict | list) or item is None:
            said = f"expected a value, not {kind_of(item)}"
            rule.problems.add(rule.place("in", place), "wrong_type", said)
    if among:
        filled["in"] = among
    return {"column": _column(rule)}, filled


def _freshness(rule: Members, _: bool) -> _Read:
    rule.demand("max_age", "say how old the newest row may be, like 24h")
    age = rule.duration("max_age", 1)
    if age > LONGEST_AGE_MS:
        rule.wrong("max_age", "out_of_bounds", "at most a hundred years")
    return {"column": _column(rule), "max_age_ms": age}, {}


def _other(
    rule: Members, word: str, has_connection: bool, *more: str
) -> tuple[Members, dict[str, Any], dict[str, Any]]:
    rule.demand(word, "say where the other rows come from, like {table: customers}")
    other = rule.inner(word, (*SOURCES, "bind", *more))
    body, filled = read_source(other, has_connection=has_connection, needed=word in rule)
    return other, body or {}, filled


def _orphans(rule: Members, has_connection: bool) -> _Read:
    ours = _columns(rule)
    other, body, filled = _other(rule, "references", has_connection, "column", "columns")
    theirs = _columns(other) if "column" in other or "columns" in other else ours
    if len(theirs) != len(ours):
        said = f"there are {len(theirs)} here and {len(ours)} in the rule; each stands for one"
        other.wrong("columns" if "columns" in other else "column", "invalid", said)
    return {"columns": ours, "references": body, "their_columns": theirs}, {"references": filled}


def _query(rule: Members, _: bool) -> _Read:
    rule.demand("query", "write the SELECT whose rows are the exceptions")
    return {"query": rule.text("query", longest=LONGEST_TEXT, lines=True)}, {"bind": read_bind(rule)}


def _metric(rule: Members, _: bool) -> _Read:
    filled = _bounds(rule)
    if ("query" in rule) == ("function" in rule):
        said = "say either `query`, or `function` and `column`"
        rule.problems.add(rule.at, "one_kind", said)
    if "query" in rule:
        for word in ("column", "where"):
            if word in rule:
                rule.wrong(word, "not_here", "a `query` says this itself; take it out")
        return {"query": rule.text("query", longest=LONGEST_TEXT, lines=True)}, {**filled, "bind": read_bind(rule)}
    if "bind" in rule:
        rule.wrong("bind", "unknown_field", "only a `query` has bound values; take it out")
    function = rule.get("function")
    if "function" in rule and function not in FUNCTIONS:
        hint = did_you_mean(function, FUNCTIONS) if isinstance(function, str) else ""
        rule.wrong("function", "not_a_choice", f"one of {', '.join(FUNCTIONS)}{hint}")
        function = "count"
    return {"function": function or "count", "column": _column(rule)}, filled


def _compare(rule: Members, has_connection: bool) -> _Read:
    _, body, filled = _other(rule, "with", has_connection)
    key, columns = rule.lines("key", most=MOST_COLUMNS), rule.lines("columns", most=MOST_COLUMNS)
    return {"with": body, "key": key, "columns": columns}, {"with": filled}


def _row_count(rule: Members, _: bool) -> _Read:
    return {}, _bounds(rule)


def _blanks(rule: Members, _: bool) -> _Read:
    return {"columns": _columns(rule)}, {}


READ: Final[dict[str, Callable[[Members, bool], _Read]]] = {
    "blanks": _blanks, "unique": _blanks, "format": _format, "range": _range, "row_count": _row_count,
    "freshness": _freshness, "orphans": _orphans, "query": _query, "metric": _metric, "compare": _compare,
}  # fmt: skip
