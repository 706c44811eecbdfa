"""Rules and what they find among the customers of `checking.TABLES`, the same on every engine."""

from typing import Any


def rule(kind: str, **members: Any) -> dict[str, Any]:
    """One rule called `it`."""
    return {"name": "it", "type": kind, **members}


ROWS: list[tuple[dict[str, Any], list[list[Any]]]] = [
    (rule("blanks", column="email"), [["email is blank", 2], ["email is blank", 3]]),
    (
        rule("blanks", columns=["phone", "email"]),
        [["email is blank", 2], ["email is blank", 3], ["phone is blank", 4]],
    ),
    (rule("blanks", column="age", reason="no age"), [["no age", 4]]),
    (rule("unique", column="email"), [["email is not unique", 1], ["email is not unique", 5]]),
    (rule("unique", columns=["country", "email"]), [["country and email are not unique", n] for n in (1, 5)]),
    (
        rule("unique", column="country", where={"email": ["a@x.org", None]}),
        [["country is not unique", n] for n in (1, 5)],
    ),
    (
        rule("format", column='Odd "Name', pattern="[A-Z]{3}"),
        [['Odd "Name does not match [A-Z]{3}', n] for n in (2, 3)],
    ),
    (rule("unique", column="phone", where={"id": [2, 5]}), []),
    (rule("format", column="email", like="email"), [["email is no email", 3]]),
    (rule("format", column="age", pattern=r"\d\d"), [[r"age does not match \d\d", 3]]),
    (
        rule("format", column="changed", pattern=r"2031-04-0[67].*"),
        [[r"changed does not match 2031-04-0[67].*", n] for n in (2, 5)],
    ),
    (rule("range", column="age", min=18, max=120), [["age is below 18", 2], ["age is above 120", 3]]),
    (
        rule("range", column="score", min=0, max="10.5"),
        [["score is no number", 2], ["score is above 10.5", 3], ["score is below 0", 5]],
    ),
    (
        rule("range", column="changed", min="2031-04-05T02:00:00+02:00", max="2031-04-06"),
        [["changed is above 2031-04-06", 1], ["changed is below 2031-04-05T02:00:00+02:00", 5]],
    ),
    (rule("range", column="country", **{"in": ["DE", "FR"]}), [["country is none of the values", 3]]),
    (rule("range", column="age", **{"in": [30, "40", 17]}), [["age is none of the values", 3]]),
    (
        rule("orphans", column="country", references={"table": "countries", "column": "iso"}),
        [["country is not in countries", 3]],
    ),
    (
        rule(
            "orphans",
            columns=["id", "email"],
            references={"query": "select id, email from older where id < :n", "bind": {"n": 6}},
        ),
        [["id and email are not in the query", n] for n in (3, 4)],
    ),
    (
        rule("orphans", column="score", references={"table": "customers", "column": "age"}),
        [["score is not in customers", n] for n in (1, 2, 3, 5)],
    ),
]

MEASURES: list[tuple[dict[str, Any], str, Any]] = [
    (rule("row_count", min=6), "5 rows, fewer than 6", 5),
    (rule("row_count", max=4), "5 rows, more than 4", 5),
    (rule("row_count", min=1, max=5), "5 rows", 5),
    (rule("row_count", max=1, where={"country": "DE", "age": 30}), "1 row", 1),
    (rule("metric", function="avg", column="age", max=70), "avg of age is 71.75, more than 70", 71.75),
    (rule("metric", function="sum", column="score", min=97.5), "sum of score is 97.5", 97.5),
    (rule("metric", function="max", column="age", max=200), "max of age is 200", 200),
    (rule("metric", function="count", column="email", min=5), "count of email is 4, less than 5", 4),
    (rule("metric", function="distinct", column="country", max=3), "distinct of country is 3", 3),
    (
        rule("metric", query="select count(*) from countries where iso <> :x", bind={"x": "DE"}, min=2),
        "it is 1, less than 2",
        1,
    ),
    (rule("metric", function="avg", column="age", min=0, where={"id": 4}), "avg of age has no value", None),
    (rule("freshness", column="changed", max_age="1h", where={"id": 3}), "no row has a time in changed", None),
]

MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"table": "custmers", "rules": [rule("row_count", min=1)]},
        "no table `custmers` on this connection; did you mean `customers`",
    ),
    (
        {"table": "customers", "rules": [rule("blanks", column="emial")]},
        "it: There is no column `emial` in customers; did you mean `email`",
    ),
    ({"table": "customers", "where": {"x": 1}, "rules": [rule("row_count", min=1)]}, "no column `x` in customers"),
    (
        {"table": "customers", "where": {"age": "old"}, "rules": [rule("row_count", min=1)]},
        "compared with one that does not fit",
    ),
    ({"rules": [rule("query", query="select 1 from nowhere")]}, "nowhere"),
    ({"rules": [rule("query", query="select 1; select 2")]}, "has 2 statements"),
    ({"rules": [rule("metric", query="select 1 where 1 = 0", min=1)]}, "one row of one column"),
    ({"table": "customers", "rules": [rule("range", column="age", min=1, max="2031-01-01")]}, "make them alike"),
]
