"""A `check` step as it is written: what may be said, and the place, code and remedy of every mistake."""

from typing import Any

import msgspec
import pytest

from runbell.domain.actions import Task
from runbell.domain.check import Check
from tests.domain.definitions import a_definition, problems_of, read, with_step

IDS = {"name": "ids", "type": "unique", "column": "id"}


def a_check(*rules: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A check of a table with these rules."""
    return {"table": "customers", "rules": list(rules or (IDS,)), **members}


def task_of(check: dict[str, Any]) -> Task:
    action = read(with_step(check=check)).steps[0].action
    assert isinstance(action, Task)
    return action


EVERY_RULE: list[dict[str, Any]] = [
    {"name": "blank", "type": "blanks", "columns": ["email", "phone"], "warn": 1, "fail": "0.5%", "where": {"a": None}},
    {**IDS, "reason": "the id is there twice"},
    {"name": "code", "type": "format", "column": "iata", "pattern": "[A-Z]{3}"},
    {"name": "mail", "type": "format", "column": "email", "like": "email"},
    {"name": "age", "type": "range", "column": "age", "min": 0, "max": "150"},
    {"name": "since", "type": "range", "column": "since", "min": "2020-01-01", "max": "2031-04-07T02:00:00Z"},
    {"name": "state", "type": "range", "column": "state", "in": ["new", "old", 3]},
    {"name": "rows", "type": "row_count", "min": 1, "fail": 1, "where": {"country": ["DE", "FR"]}},
    {"name": "fresh", "type": "freshness", "column": "changed", "max_age": "24h"},
    {"name": "of", "type": "orphans", "column": "country", "references": {"table": "geo.countries", "column": "iso"}},
    {"name": "odd", "type": "query", "query": "select 1 where 1 = :one", "bind": {"one": 1}},
    {"name": "mean", "type": "metric", "function": "avg", "column": "age", "min": 18, "max": 99.5},
    {"name": "sum", "type": "metric", "query": "select 3", "max": 5},
    {"name": "same", "type": "compare", "with": {"query": "select 1"}, "key": ["id"], "columns": ["name"]},
]  # fmt: skip


def test_every_rule_is_read_and_understood_by_the_runner() -> None:
    check = a_check(*EVERY_RULE, where={"deleted": None}, key=["id"], show=["id", "name"])
    task = task_of(check)
    assert (task.kind, task.connection, task.secrets) == ("check", None, ())
    merged = msgspec.convert(
        task.body["check"]
        | {"rules": [a | b for a, b in zip(task.body["check"]["rules"], task.filled["rules"], strict=True)]},
        Check,
    )
    assert [rule.kind for rule in merged.rules] == [rule["type"] for rule in EVERY_RULE]
    assert (merged.key, merged.show) == (("id",), ("id", "name"))


def test_the_connection_is_a_secret_that_the_step_needs() -> None:
    assert task_of(a_check(connection="warehouse")).secrets == ("warehouse",)


def test_what_holds_a_fill_in_is_looked_at_and_the_pattern_is_not() -> None:
    code = {"name": "code", "type": "format", "column": "iata", "pattern": "[A-Z]{3}"}
    check = {"file": "{country}.csv", "where": {"c": "{contry}"}, "rules": [code, {**IDS, "where": {"x": ["{y}"]}}]}
    found = problems_of(a_definition(parameters={"country": {"type": "text"}}, steps=[{"name": "a", "check": check}]))
    assert found.keys() == {"/steps/0/check/where/c", "/steps/0/check/rules/1/where/x/0"}
    assert "did you mean `country`" in found["/steps/0/check/where/c"][1]


R = "/rules/0"
MISTAKES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"table": "t"}, "", "required", "list what has to hold"),
    ({"table": "t", "rules": []}, "/rules", "too_short", "1 to 200"),
    (a_check(file="x.csv"), "", "one_kind", "there is `table` and `file`"),
    ({"rules": [IDS]}, R + "/type", "no_source", "a `table`, a `file` or a `query`"),
    (a_check(tabel="x"), "/tabel", "unknown_field", "did you mean `table`"),
    (a_check(table='t"; drop table t'), "/table", "pattern", "sales.customers"),
    (a_check(table="a.b.c.d"), "/table", "pattern", "the name of a table"),
    (a_check(connection="a b"), "/connection", "pattern", "secret that holds an engine URL"),
    ({"file": "/etc/passwd", "rules": [IDS]}, "/file", "pattern", "a path in the workspace"),
    ({"file": "x.csv", "connection": "w", "rules": [IDS]}, "/file", "not_here", "leave one of the two out"),
    (a_check(bind={"a": 1}), "/bind", "unknown_field", "only a `query`"),
    (a_check(where={"a": {"b": 1}}), "/where/a", "wrong_type", "let rows come from a `query`"),
    (a_check(where={"a": []}), "/where/a", "too_short", "at least one"),
    (a_check({"type": "unique", "column": "id"}), R, "required", "`name` is missing"),
    (a_check(IDS, IDS), "/rules/1/name", "duplicate", "rule 1 is called `ids` too"),
    (a_check({"name": "a", "column": "id"}), R, "required", "one of blanks, unique"),
    (a_check({"name": "a", "type": "uniqe"}), R + "/type", "not_a_choice", "did you mean `unique`"),
    (a_check(IDS | {"colum": "x"}), R + "/colum", "unknown_field", "did you mean `column`"),
    (a_check(IDS | {"max_age": "1d"}), R + "/max_age", "unknown_field", "unknown member"),
    (a_check({"name": "a", "type": "blanks"}), R, "required", "name the column"),
    (a_check(IDS | {"columns": ["a"]}), R + "/columns", "one_kind", "take one of the two out"),
    (a_check(IDS | {"warn": 0}), R + "/warn", "wrong_type", "a share like `5%`"),
    (a_check(IDS | {"fail": "101%"}), R + "/fail", "wrong_type", "a share like `5%`"),
    (a_check(IDS | {"warn": 5, "fail": 3}), R + "/warn", "too_large", "never be heard"),
    (a_check(IDS | {"warn": "5%", "fail": "4.5%"}), R + "/warn", "too_large", "never be heard"),
    (a_check(EVERY_RULE[7] | {"fail": "5%"}), R + "/fail", "invalid", "no share of rows"),
    (a_check(EVERY_RULE[7] | {"fail": 2}), R + "/fail", "out_of_bounds", "say 1"),
    (a_check(EVERY_RULE[2] | {"like": "int"}), R, "one_kind", "either `pattern`, or `like`"),
    (a_check(EVERY_RULE[3] | {"like": "emial"}), R + "/like", "not_a_choice", "did you mean `email`"),
    (a_check(EVERY_RULE[2] | {"pattern": "(a"}), R + "/pattern", "invalid", "does not compile"),
    (a_check(EVERY_RULE[2] | {"pattern": "(?=a)b"}), R + "/pattern", "invalid", "look-around"),
    (a_check({"name": "a", "type": "range", "column": "x"}), R, "required", "`min` or `max` or `in`"),
    (a_check(EVERY_RULE[4] | {"min": 9, "max": 1}), R + "/max", "too_small", "nothing would fit"),
    (a_check(EVERY_RULE[4] | {"min": "soon"}), R + "/min", "invalid", "a time like 2031-04-07"),
    (a_check(EVERY_RULE[6] | {"in": [None]}), R + "/in/0", "wrong_type", "not null"),
    (a_check({"name": "a", "type": "freshness", "column": "x"}), R, "required", "like 24h"),
    (a_check({"name": "a", "type": "orphans", "column": "x"}), R, "required", "`references` is missing"),
    (a_check(EVERY_RULE[9] | {"references": {"column": "x"}}), R + "/references", "one_kind", "there is none"),
    (a_check(EVERY_RULE[9] | {"references": {"table": "t", "columns": ["a", "b"]}}),
     R + "/references/columns", "invalid", "2 here and 1"),
    (a_check(EVERY_RULE[12] | {"function": "avg"}), R, "one_kind", "either `query`"),
    (a_check(EVERY_RULE[11] | {"function": "mean"}), R + "/function", "not_a_choice", "one of avg"),
    (a_check({"name": "a", "type": "query"}), R, "required", "SELECT whose rows"),
    (a_check({"name": "a", "type": "compare"}), R, "required", "`with` is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "at", "code", "remedy"), MISTAKES)
def test_a_mistake_has_its_place_and_its_remedy(check: dict[str, Any], at: str, code: str, remedy: str) -> None:
    found = problems_of(with_step(check=check))
    assert "/steps/0/check" + at in found, found
    assert found["/steps/0/check" + at][0] == code
    assert remedy in found["/steps/0/check" + at][1]
