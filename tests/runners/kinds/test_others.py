"""What SQLAlchemy reaches: a real PostgreSQL by way of psycopg is read from and nothing else, and let go of."""

import asyncio
import time

import pytest
from verify.postgres import Postgres

from runbell.domain.outcome import Failed, Gone, Succeeded
from tests.runners.kinds.asking import asked, asking, kept, refused, rows_of, the_set
from tests.runners.kinds.checking import checked
from tests.runners.workplace import Workplace, result_of, until

pytestmark = pytest.mark.anyio

LONG = "select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b where a <> b"


def through(url: str) -> str:
    """The same URL by way of SQLAlchemy."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


async def test_columns_have_the_types_of_their_values_and_values_lose_nothing(
    place: Workplace, postgres: Postgres
) -> None:
    order = asking(
        place,
        "select 12345678901234567890.10::numeric(30,2) d, timestamptz '2026-03-01 12:00+02' z, date '2026-03-01' a, "
        "'\\x00ff'::bytea b, array[1,2] l, '{\"k\": 1}'::jsonb j, true y, 'NaN'::numeric n, 7::int8 as id, "
        "8::int2 as id, :t::text t, :none::text m, 9007199254740993 big",
        through(postgres.app), bind={"t": "a:b", "none": None},
    )  # fmt: skip
    found = the_set(await place.run(order))
    assert [(column.name, column.type) for column in found.columns] == [
        ("d", "decimal"), ("z", "datetime"), ("a", "date"), ("b", "text"), ("l", "json"), ("j", "json"), ("y", "bool"),
        ("n", "decimal"), ("id", "int"), ("id_2", "int"), ("t", "text"), ("m", "text"), ("big", "int"),
    ]  # fmt: skip
    [row] = kept(order, found)
    assert row[0] == "12345678901234567890.10"
    assert row[1].startswith("2026-03-01T")
    assert row[2:] == ["2026-03-01", "AP8=", [1, 2], {"k": 1}, True, None, 7, 8, "a:b", None, 9007199254740993]


@pytest.mark.parametrize(
    "sql",
    [
        "create table never (a int)",
        "insert into things values (1)",
        "with x as (insert into things values (1) returning 1) select * from x",
        "select nextval('numbers')",
        "commit; insert into things values (1)",
        "set transaction read write",
        "select set_config('transaction_read_only', 'off', false); "
        "with x as (insert into things values (1) returning 1) select * from x",
        "explain analyze insert into things values (1)",
        "copy things to '/tmp/runbell-never'",
    ],
)
async def test_a_step_that_may_only_read_changes_nothing(place: Workplace, postgres: Postgres, sql: str) -> None:
    with postgres.open() as db:
        db.execute("create table if not exists things (a int)")
        db.execute("create sequence if not exists numbers")
    await refused(place, sql, through(postgres.admin))
    with postgres.open() as db:
        assert db.execute("select count(*) from things").fetchone() == (0,)
        assert db.execute("select to_regclass('never')").fetchone() == (None,)
        assert db.execute("select is_called from numbers").fetchone() == (False,)


async def test_with_write_a_script_counts_as_a_whole_or_not_at_all(place: Workplace, postgres: Postgres) -> None:
    url = through(postgres.admin)
    both = "create table {0} (a int); insert into {0} values (1), (2)"
    assert result_of(await asked(place, both.format("whole_one"), url, write=True))["rows_changed"] == 2
    await refused(place, both.format("half_one") + "; select 1/0", url, write=True)
    assert await rows_of(place, "select count(*) from whole_one", url) == [[2]]
    assert await rows_of(place, "select to_regclass('half_one')::text", url) == [[None]]


async def test_rows_over_the_limit_are_not_fetched(place: Workplace, postgres: Postgres) -> None:
    began = time.monotonic()
    outcome = await asked(
        place, "select n from generate_series(1, 20000000) n", through(postgres.app), rows=1_500, result="some"
    )
    assert isinstance(outcome, Succeeded)
    assert (the_set(outcome).rows, result_of(outcome)["truncated"], outcome.exit_status.code) == (1_500, True, "WARN")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("ending", ["stop", "time limit"])
async def test_a_stop_and_a_time_limit_cancel_the_query_within_the_grace(
    place: Workplace, postgres: Postgres, ending: str
) -> None:
    order = asking(place, LONG, through(postgres.app), timeout_ms=2_000 if ending == "time limit" else None)
    began = time.monotonic()
    running = asyncio.create_task(place.run(order))
    if ending == "stop":
        await until(postgres.busy)
        began = time.monotonic()
        place.hand.stop(grace_ms=5_000)
    outcome = await running
    took = time.monotonic() - began
    if ending == "stop":
        assert isinstance(outcome, Gone)
        assert outcome.forced_at is None
    else:
        assert isinstance(outcome, Failed)
        assert outcome.error.code == "TIMEOUT"
    assert took < 5
    await until(lambda: postgres.busy() == 0, 5)


async def test_what_no_cursor_can_be_for_is_asked_without_one(place: Workplace, postgres: Postgres) -> None:
    url = through(postgres.admin)
    assert await rows_of(place, "show timezone", url) == [["UTC"]]
    assert (await rows_of(place, "explain select 1", url))[0][0].startswith("Result")
    assert await rows_of(place, "select 1 as a into made_here; select a from made_here", url, write=True) == [[1]]


async def test_a_connection_that_cannot_be_made_says_so_and_not_the_password(
    place: Workplace, postgres: Postgres
) -> None:
    url = through(postgres.app).replace("staple", "stable")
    said = await refused(place, "select 1", url)
    assert ("warehouse cannot be made" in said, "password authentication failed" in said, "horse" in said) == (
        True, True, False,
    )  # fmt: skip


async def test_rules_about_numbers_and_times_are_held_against_its_columns(place: Workplace, postgres: Postgres) -> None:
    with postgres.open() as db:
        db.execute("drop table if exists measured")
        db.execute("create table measured (id int primary key, n numeric, changed timestamptz, day date)")
        db.execute("insert into measured values (1, 5, now(), current_date), (2, 50, now() - interval '3 days', null)")
    rules = [
        {"name": "small", "type": "range", "column": "n", "max": 10},
        {"name": "fresh", "type": "freshness", "column": "changed", "max_age": "24h"},
        {"name": "old", "type": "freshness", "column": "day", "max_age": "2d", "where": {"id": 1}},
    ]
    outcome = await checked(place, {"table": "measured", "key": ["id"], "rules": rules}, through(postgres.admin))
    found = result_of(outcome)
    assert {name: one["count"] for name, one in found.items()} == {"small": 1, "fresh": 0, "old": 0}
