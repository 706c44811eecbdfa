"""Every type of rule, with the same cases on DuckDB, PostgreSQL and SQLite."""

from pathlib import Path

import pytest
from verify.postgres import Postgres

from runbell.domain.outcome import Failed, Succeeded
from tests.runners.kinds.asking import kept
from tests.runners.kinds.checking import checked, checking, furnished, records_of, sets_of
from tests.runners.kinds.rule_cases import MEASURES, MISTAKES, ROWS, rule
from tests.runners.workplace import Workplace, result_of, text_of

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", params=["duckdb", "postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> str:
    """An engine with the tables."""
    return furnished(request.param, tmp_path_factory.mktemp("data"), postgres.admin)


async def test_rules_of_rows_find_the_same_rows_everywhere(place: Workplace, url: str) -> None:
    rules = [one | {"name": str(turn)} for turn, (one, _) in enumerate(ROWS)]
    order = checking(place, {"table": "customers", "key": ["id"], "show": ["id"], "rules": rules}, url)
    outcome = await place.run(order)
    found = {name: kept(order, one) for name, one in sets_of(outcome).items()}
    for turn, (one, expected) in enumerate(ROWS):
        assert found.get(str(turn), []) == expected, one


async def test_rules_of_a_measure_say_what_was_measured(place: Workplace, url: str) -> None:
    rules = [one | {"name": f"it{turn}"} for turn, (one, _, _) in enumerate(MEASURES)]
    outcome = await checked(place, {"table": "customers", "rules": rules}, url)
    result = result_of(outcome)
    for turn, (_, told, measured) in enumerate(MEASURES):
        found = result[f"it{turn}"]
        assert (found["reason"].replace(f"it{turn}", "it"), found.get("measured")) == (told, measured)
        assert (f"it{turn}" in sets_of(outcome)) == found["count"] == ("," in told or "no " in told)


async def test_freshness_is_held_against_the_clock(place: Workplace, url: str) -> None:
    rules = [rule("freshness", column="changed", max_age="1s") | {"name": name, "fail": 1} for name in ("it",)]
    outcome = await checked(place, {"table": "customers", "where": {"id": [2, 5]}, "rules": rules}, url)
    assert isinstance(outcome, Succeeded)  # the newest time lies in the future
    assert result_of(outcome)["it"]["measured"] == "2031-04-05T00:00:00.000Z"
    old = rule("freshness", column="at", max_age="1d", fail=1)
    source = (
        "select cast('2020-01-01 10:00:00' as timestamp) as at"
        if "sqlite" not in url
        else "select '2020-01-01 10:00:00' as at"
    )
    outcome = await checked(place, {"query": source, "rules": [old]}, url)
    assert isinstance(outcome, Failed)
    assert "old, more than 24h" in outcome.error.detail


async def test_the_rows_of_a_query_are_exceptions_in_the_order_it_says(place: Workplace, url: str) -> None:
    query = "select id, email from customers where id > :least order by id desc -- to the end"
    assert await records_of(place, {"rules": [rule("query", query=query, bind={"least": 3})]}, url) == [
        ["found by the query", 5, "a@x.org"], ["found by the query", 4, "b@x.org"],
    ]  # fmt: skip
    assert await records_of(
        place, {"key": ["email"], "rules": [rule("query", query="select id, email from older", reason="x")]}, url
    ) in (
        [["x", 1, "a@x.org"], ["x", 5, "a@x.org"], ["x", 2, "c@x.org"], ["x", 6, None]],
        [["x", 6, None], ["x", 1, "a@x.org"], ["x", 5, "a@x.org"], ["x", 2, "c@x.org"]],  # nulls first
    )


async def test_a_comparison_by_key_tells_what_is_missing_and_what_differs(place: Workplace, url: str) -> None:
    one = rule("compare", **{"with": {"table": "older"}}, key=["id"])
    order = checking(place, {"table": "customers", "rules": [one]}, url)
    outcome = await place.run(order)
    found = sets_of(outcome)["it"]
    assert [column.name for column in found.columns] == ["id", "email", "other.email", "age", "other.age"]
    assert await records_of(place, {"table": "customers", "rules": [one]}, url) == [
        ["differs in email, age", 2, None, "c@x.org", 17, 16],
        ["only in customers", 3, "  ", None, 200, None],
        ["only in customers", 4, "b@x.org", None, None, None],
        ["only in older", 6, None, None, None, 6],
    ]
    assert result_of(outcome)["it"] == {"name": "it", "type": "compare", "status": "OK", "count": 4, "rows": 5}


async def test_the_filter_of_a_comparison_is_for_this_side(place: Workplace, url: str) -> None:
    one = rule("compare", **{"with": {"table": "older"}}, key=["id"], columns=["age"], where={"id": [1, 3]})
    assert [row[:2] for row in await records_of(place, {"table": "customers", "rules": [one]}, url)] == [
        ["only in older", 2], ["only in customers", 3], ["only in older", 5], ["only in older", 6],
    ]  # fmt: skip


async def test_a_comparison_of_whole_rows_needs_no_key(place: Workplace, url: str) -> None:
    one = rule("compare", **{"with": {"query": "select iso from countries where iso <> 'FR'"}})
    assert await records_of(place, {"query": "select iso from countries union select 'XX'", "rules": [one]}, url) == [
        ["only in the query", "FR"], ["only in the query", "XX"],
    ]  # fmt: skip


async def test_a_table_may_be_named_with_its_schema(place: Workplace, url: str) -> None:
    schema = "public" if url.startswith("postgresql") else "main"
    counted = rule("row_count", max=5, fail=1)
    assert isinstance(await checked(place, {"table": f"{schema}.customers", "rules": [counted]}, url), Succeeded)
    outcome = await checked(place, {"table": "elsewhere.customers", "rules": [counted]}, url)
    assert isinstance(outcome, Failed)
    assert (
        f"no table `elsewhere.customers` on this connection; did you mean `{schema}.customers`" in outcome.error.detail
    )


async def test_views_and_names_in_other_cases_are_found(place: Workplace, url: str) -> None:
    check = {"table": "ADULTS", "show": ["ID"], "rules": [rule("range", column="Age", max=35)]}
    assert await records_of(place, check, url) == [["age is above 35", 3], ["age is above 35", 5]]


async def test_a_check_that_cannot_be_made_is_invalid_and_says_why(place: Workplace, url: str) -> None:
    for check, said in MISTAKES:
        outcome = await checked(place, check, url)
        assert isinstance(outcome, Failed), outcome
        assert outcome.error.code == "INVALID"
        assert said in outcome.error.detail


async def test_all_rules_are_asked_and_the_worst_decides_and_the_records_stay(place: Workplace, url: str) -> None:
    rules = [
        {"name": "blank", "type": "blanks", "column": "email", "warn": "40%", "fail": 3},
        {"name": "age", "type": "range", "column": "age", "min": 18, "fail": 1},
        {"name": "id", "type": "unique", "column": "id", "fail": 1},
    ]
    order = checking(place, {"table": "customers", "rules": rules}, url)
    outcome = await place.run(order)
    assert isinstance(outcome, Failed)
    assert outcome.error.code == "FAILED"
    assert outcome.error.detail == (
        "3 rules, 3 exception records: age 1 of 5 rows; blank 2 of 5 rows (age fails from 1 on)"
    )
    assert {name: found.rows for name, found in sets_of(outcome).items()} == {"blank": 2, "age": 1}
    assert {name: found["status"] for name, found in result_of(outcome).items()} == {
        "blank": "WARN", "age": "FAILED", "id": "OK",
    }  # fmt: skip
    assert "blank: 2 of 5 rows: WARN" in text_of(order)
    outcome = await checked(place, {"table": "customers", "rules": [rules[0], rules[2]]}, url)
    assert isinstance(outcome, Succeeded)
    assert outcome.exit_status.code == "WARN"
    assert outcome.exit_status.message == "2 rules, 2 exception records: blank 2 of 5 rows"


HOSTILE = "x' or 1=1; drop table customers; --"


async def test_what_is_filled_in_is_bound_and_never_part_of_the_text(place: Workplace, url: str) -> None:
    blank = rule("blanks", column="email")
    check = {"table": "customers", "where": {"country": "{scope}"}, "show": ["id"], "rules": [blank]}
    assert await records_of(place, check, url, scope="FR") == [["email is blank", 2]]
    assert await records_of(place, check, url, scope=HOSTILE) == []
    counted = rule("row_count", max=0, where={"country": ["{one}", "{two}"]})
    outcome = await checked(place, {"table": "customers", "rules": [counted]}, url, one=HOSTILE, two=None)
    assert result_of(outcome)["it"]["measured"] == 1
    among = rule("range", column="country", **{"in": ["DE", "{one}"]})
    assert len(await records_of(place, {"table": "customers", "rules": [among]}, url, one=HOSTILE)) == 2


async def test_nothing_of_the_connection_is_shown(place: Workplace, url: str) -> None:
    order = checking(
        place, {"query": f"select '{url}' as email, null as x", "rules": [rule("blanks", column="x")]}, url
    )
    outcome = await place.run(order)
    found = sets_of(outcome)["it"]
    assert "***" in (Path(order.home) / "data" / found.file).read_text()
    assert url not in (Path(order.home) / "data" / found.file).read_text()
