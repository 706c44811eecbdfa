"""PostgreSQL in a step: what is read, what is refused, what is kept quiet, and that no backend outlives its step."""

import asyncio
import time
from pathlib import Path

import pytest
from verify.postgres import PASSWORD, Postgres

from runbell.domain.outcome import Failed, Gone
from tests.runners.kinds.asking import asked, asking, kept, refused, rows_of, the_set
from tests.runners.workplace import Workplace, records, result_of, text_of, until

pytestmark = pytest.mark.anyio

LONG = "select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b where a <> b"


async def test_columns_carry_both_types_and_values_lose_nothing(place: Workplace, postgres: Postgres) -> None:
    order = asking(
        place,
        "select 12345678901234567890.10::numeric(30,2) d, timestamptz '2026-03-01 12:00+02' z, date '2026-03-01' a, "
        "'infinity'::timestamptz i, '\\x00ff'::bytea b, array[1,2] l, '{\"k\": 1}'::jsonb j, true y, "
        "interval '1 month 2 days' v, 'NaN'::numeric n, 7::int8 as id, 8::int2 as id, numrange(1,2) r, '1.5'::text t",
        postgres.app,
    )  # fmt: skip
    outcome = await place.run(order)
    found = the_set(outcome)
    assert [(column.name, column.type, column.source) for column in found.columns] == [
        ("d", "decimal", "numeric(30,2)"), ("z", "datetime", "timestamptz"), ("a", "date", "date"),
        ("i", "datetime", "timestamptz"), ("b", "text", "bytea"), ("l", "json", "int4[]"), ("j", "json", "jsonb"),
        ("y", "bool", "bool"), ("v", "text", "interval"), ("n", "decimal", "numeric"), ("id", "int", "int8"),
        ("id_2", "int", "int2"), ("r", "text", "numrange"), ("t", "text", "text"),
    ]  # fmt: skip
    assert kept(order, found) == [[
        "12345678901234567890.10", "2026-03-01T10:00:00Z", "2026-03-01", "infinity", "AP8=", [1, 2], {"k": 1}, True,
        "P1M2D", None, 7, 8, "[1, 2)", "1.5",
    ]]  # fmt: skip


async def test_values_are_bound_by_the_type_of_their_place(place: Workplace, postgres: Postgres) -> None:
    sql = (
        "select :day::date + 1 as next, :n + 1 as more, :none::text is null as none, :price = 1.5 as same, "
        "2 = any(:ids) as among, :doc::jsonb -> 'a' as a, '10%' as percent, 'a ? b' as mark, :day::text as again"
    )
    bind = {"day": "2026-02-28", "n": 2, "none": None, "price": "1.50", "ids": [1, 2], "doc": {"a": [1]}}
    assert await rows_of(place, sql, postgres.app, bind=bind) == [
        ["2026-03-01", 3, True, True, True, [1], "10%", "a ? b", "2026-02-28"]
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "create table never (a int)",
        "insert into things values (1)",
        "with x as (insert into things values (1) returning 1) select * from x",
        "select nextval('numbers')",
        "commit; insert into things values (1)",
        "rollback; begin read write; insert into things values (1)",
        "/* */ commit",
        "set transaction read write",
        "select set_config('transaction_read_only', 'off', false); insert into things values (1)",
        "set default_transaction_read_only = off; insert into things values (1)",
        "do $$ begin commit; insert into things values (1); end $$",
        "copy things to '/tmp/runbell-never'",
        "copy (select 1) to program 'touch /tmp/runbell-never'",
        "explain analyze insert into things values (1)",
        "prepare transaction 'x'",
        "savepoint s; set transaction read write; insert into things values (1)",
        "create temp table t (a int); set local transaction_read_only = off; insert into things values (1)",
    ],
)
async def test_a_step_that_may_only_read_changes_nothing(place: Workplace, postgres: Postgres, sql: str) -> None:
    with postgres.open() as db:
        db.execute("create table if not exists things (a int)")
        db.execute("create sequence if not exists numbers")
        db.execute("grant all on things to app")
    await refused(place, sql, postgres.admin)
    with postgres.open() as db:
        assert db.execute("select count(*), to_regclass('never') from things").fetchone() == (0, None)
        assert db.execute("select is_called from numbers").fetchone() == (False,)
    assert not Path("/tmp/runbell-never").exists()  # noqa: ASYNC240


async def test_a_script_that_writes_counts_as_a_whole_or_not_at_all(place: Workplace, postgres: Postgres) -> None:
    made = "create table loaded (a int); insert into loaded select generate_series(1, 10);"
    assert "statement 3 of 3" in await refused(place, made + "select 1/0", postgres.app, write=True)
    outcome = await asked(
        place, made + "update loaded set a = a + 1 where a > 8 returning a; select count(*) from loaded", postgres.app,
        write=True,
    )  # fmt: skip
    assert result_of(outcome) == {"rows": 1, "truncated": False, "first": {"count": 10}, "rows_changed": 12}
    outcome = await asked(place, "vacuum loaded", postgres.app, write=True)
    assert result_of(outcome) == {"rows": 0, "truncated": False, "first": None, "rows_changed": 0}
    limited = await asked(place, "delete from loaded returning a", postgres.app, write=True, rows=4)
    assert result_of(limited) == {"rows": 4, "truncated": True, "first": {"a": 1}, "rows_changed": 10}


async def test_rows_over_the_limit_are_not_fetched_and_the_script_goes_on(place: Workplace, postgres: Postgres) -> None:
    began = time.monotonic()
    sql = "select generate_series(1, 5000); select generate_series(1, 1000000000)"
    outcome = await asked(place, sql, postgres.app, rows=1_500)
    assert result_of(outcome) == {"rows": 1_500, "truncated": True, "first": {"generate_series": 1}}
    assert time.monotonic() - began < 10
    assert await rows_of(place, "select generate_series(1, 5000); select 1", postgres.app, rows=10) == [[1]]


async def test_a_query_without_rows_has_columns_all_the_same(place: Workplace, postgres: Postgres) -> None:
    outcome = await asked(place, "select 1 as a, 'x'::text as b where false", postgres.app)
    assert [column.name for column in the_set(outcome).columns] == ["a", "b"]


async def test_a_type_of_its_own_is_text_without_a_name(place: Workplace, postgres: Postgres) -> None:
    with postgres.open() as db:
        db.execute("create type mood as enum ('sad', 'fine')")
    outcome = await asked(place, "select 'fine'::mood as m", postgres.app)
    assert [(column.type, column.source) for column in the_set(outcome).columns] == [("text", "")]


async def test_errors_are_told_in_its_own_words(place: Workplace, postgres: Postgres) -> None:
    assert (await refused(place, "select * from nowhere", postgres.app)).startswith(
        'PostgreSQL: relation "nowhere" does not exist\nLINE 1: select * from nowhere'
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda url: url.replace("staple", "stable"), "password authentication failed"),
        (lambda url: url.replace("127.0.0.1", "nowhere.invalid"), "cannot be made"),
        (lambda url: url.replace("%2F", "/"), "does not understand it"),
        (lambda url: url + "?nonsense=correct-horse", "does not understand it"),
    ],
)
async def test_a_connection_that_cannot_be_made_says_so_and_not_the_password(
    place: Workplace, postgres: Postgres, change: object, says: str
) -> None:
    url = change(postgres.app)  # type: ignore[operator]
    order = asking(place, "select 1", url)
    outcome = await place.run(order)
    assert isinstance(outcome, Failed)
    assert "The connection warehouse" in outcome.error.detail
    assert says in outcome.error.detail
    for shown in (outcome.error.detail, text_of(order)):
        assert "horse" not in shown
        assert "stap" not in shown


async def test_the_password_shows_nowhere_even_when_the_database_says_it(place: Workplace, postgres: Postgres) -> None:
    order = asking(place, f"select '{PASSWORD}' as p, 1/(select count(*)::int) as n", postgres.app, result="x")
    outcome = await place.run(order)
    assert kept(order, the_set(outcome)) == [["***", 1]]
    assert result_of(outcome)["first"] == {"p": "***", "n": 1}
    said = await refused(place, f"select '{PASSWORD}'::int", postgres.app)
    assert said.startswith('PostgreSQL: invalid input syntax for type integer: "***"')


@pytest.mark.parametrize("ending", ["stop", "kill", "limit"])
async def test_no_backend_outlives_its_step(place: Workplace, postgres: Postgres, ending: str) -> None:
    order = asking(place, LONG, postgres.app, timeout_ms=3_000 if ending == "limit" else None)
    running = asyncio.create_task(place.run(order))
    await until(postgres.busy)
    asked_at = time.monotonic()
    if ending != "limit":
        place.hand.stop(grace_ms=8_000 if ending == "stop" else 0)
    outcome = await running
    if ending == "stop":
        assert isinstance(outcome, Gone)
        assert outcome.forced_at is None
        assert postgres.busy() == 0
        assert time.monotonic() - asked_at < 4
    await until(lambda: postgres.busy() == 0, 5)


async def test_the_log_tells_the_statements_and_never_the_values(place: Workplace, postgres: Postgres) -> None:
    order = asking(place, "select :a::text", postgres.app, bind={"a": "sensitive"})
    await place.run(order)
    assert "sensitive" not in text_of(order)
    (line,) = records(order)
    assert line.text.startswith("SELECT: ")
    assert line.text.endswith(" ms, 1 row")
