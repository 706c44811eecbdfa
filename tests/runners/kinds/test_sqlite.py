"""SQLite in a step, by its own engine and by SQLAlchemy, which stands for every other database."""

import asyncio
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from runbell.domain.outcome import Gone
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.engines import Place, open_engine
from tests.runners.kinds.asking import asked, asking, kept, refused, rows_of, the_set
from tests.runners.workplace import Workplace, result_of, text_of, until

pytestmark = pytest.mark.anyio

ENGINES = ["sqlite", "sqlite+pysqlite"]
NAMES = {"sqlite": "SQLite", "sqlite+pysqlite": "sqlite"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with one table."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table t (id integer, price decimal(6,2), day date, note, raw blob)")
        db.execute("insert into t values (1, 1.5, '2026-03-01', 'a:b %s ?', x'00ff'), (2, null, null, 7, null)")
    return path


@pytest.mark.parametrize("scheme", ENGINES)
async def test_rows_come_with_the_types_of_their_values(place: Workplace, file: Path, scheme: str) -> None:
    order = asking(
        place, "select *, id as id, ':id' from t where id >= :id order by 1", f"{scheme}:///{file}", bind={"id": 1}
    )
    found = the_set(await place.run(order))
    assert [(column.name, column.type) for column in found.columns] == [
        ("id", "int"), ("price", "decimal"), ("day", "text"), ("note", "text"), ("raw", "text"),
        ("id_2", "int"), ("':id'", "text"),
    ]  # fmt: skip
    assert kept(order, found) == [
        [1, 1.5, "2026-03-01", "a:b %s ?", "AP8=", 1, ":id"], [2, None, None, 7, None, 2, ":id"],
    ]  # fmt: skip
    if scheme == "sqlite":
        declared = ["integer", "decimal(6,2)", "date", "", "blob", "integer", ""]
        assert [column.source.lower() for column in found.columns] == declared


@pytest.mark.parametrize("scheme", ENGINES)
async def test_lists_and_objects_are_bound_as_json_and_null_as_null(place: Workplace, file: Path, scheme: str) -> None:
    sql = "select id, :none is null from t where id in (select value from json_each(:ids))"
    assert await rows_of(place, sql, f"{scheme}:///{file}", bind={"ids": [2, 3], "none": None}) == [[2, 1]]


@pytest.mark.parametrize("scheme", ENGINES)
@pytest.mark.parametrize(
    "sql",
    [
        "insert into t (id) values (3)",
        "delete from t returning id",
        "commit; delete from t",
        "pragma query_only = off; delete from t",
        "pragma journal_mode = wal",
        "pragma user_version = 7",
        "attach 'FILE' as again; delete from again.t",
        "attach 'NEW' as fresh; create table fresh.x (a)",
        "vacuum into 'NEW'",
        "with x as (select 1) delete from t",
        "explain query plan select 1; drop table t",
    ],
)
async def test_a_step_that_may_only_read_changes_nothing(
    place: Workplace, file: Path, scheme: str, sql: str, tmp_path: Path
) -> None:
    before = file.read_bytes()  # noqa: ASYNC240
    new = tmp_path / "new.db"
    await refused(place, sql.replace("FILE", str(file)).replace("NEW", str(new)), f"{scheme}:///{file}")
    assert file.read_bytes() == before  # noqa: ASYNC240
    assert not new.exists()


@pytest.mark.parametrize("scheme", ENGINES)
async def test_a_script_that_writes_counts_as_a_whole_or_not_at_all(place: Workplace, file: Path, scheme: str) -> None:
    url = f"{scheme}:///{file}"
    sql = (
        "create table u (a integer); create trigger r after insert on u begin update t set note = 'seen'; end;"
        "insert into u values (1), (2);"
    )
    assert (await refused(place, sql + "select nonsense", url, write=True)).startswith(
        f"{NAMES[scheme]} (statement 4 of 4): "
    )
    outcome = await asked(place, sql + "select count(*) as n from t where note = 'seen'", url, write=True)
    result = result_of(outcome)
    assert result["first"] == {"n": 2}
    assert result["rows_changed"] >= 2
    assert await rows_of(place, "select * from u", url) == [[1], [2]]


@pytest.mark.parametrize("scheme", ENGINES)
async def test_a_long_query_ends_at_once_when_it_is_stopped(place: Workplace, file: Path, scheme: str) -> None:
    endless = "with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c"
    order = asking(place, f"select 1; {endless}", f"{scheme}:///{file}")
    running = asyncio.create_task(place.run(order))
    await until(lambda: "1 of 2" in text_of(order))
    asked_at = time.monotonic()
    place.hand.stop(grace_ms=8_000)
    gone = await running
    assert isinstance(gone, Gone)
    assert gone.forced_at is None
    assert time.monotonic() - asked_at < 5


async def test_rows_over_the_limit_are_left_out(place: Workplace, file: Path) -> None:
    endless = "with recursive c(n) as (select 1 union all select n + 1 from c) select n from c"
    for scheme in ENGINES:
        outcome = await asked(place, endless, f"{scheme}:///{file}", rows=1_500)
        assert result_of(outcome) == {"rows": 1_500, "truncated": True, "first": {"n": 1}}


async def test_a_database_that_is_not_there_is_made_only_by_a_step_that_writes(
    place: Workplace, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    assert "there is no such database file" in await refused(place, "select 1", url)
    await asked(place, "create table t (a)", url, write=True)
    assert await rows_of(place, "select count(*) from t", url) == [[0]]


async def test_what_is_no_engine_url_is_not_shown(place: Workplace) -> None:
    said = await refused(place, "select 1", "hunter2-and-more")
    assert said.startswith("The connection warehouse cannot be used: it is no engine URL, like postgresql://user:")
    assert "hunter2" not in said
    for url in ("nonsense://u:hunter2@h/x", "mysql+nonsense://u:hunter2@h/x", "mssql+pyodbc://u:hunter2@h:port/x"):
        said = await refused(place, "select 1", url)
        assert said.startswith("The connection warehouse cannot be used: ")
        assert "hunter2" not in said


async def test_errors_are_the_drivers_words_without_the_text(place: Workplace, file: Path) -> None:
    said = await refused(
        place, "select * from nowhere where :a = 1", f"sqlite+pysqlite:///{file}", bind={"a": "hunter2"}
    )
    assert said == "sqlite: no such table: nowhere"


@pytest.mark.parametrize(
    ("missing", "url", "extra"),
    [("duckdb", "", "duckdb"), ("psycopg", "postgresql://h/x", "postgres"), ("sqlalchemy", "mysql://h/x", "sql")],
)
def test_an_engine_that_is_not_installed_names_its_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str, url: str, extra: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("runbell.runners.kinds.engines.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    place = Place(url=url, folders=(tmp_path,), write=False, timeout_ms=None, label="x")
    with pytest.raises(StepFailed, match=rf'pip install "runbell\[{extra}\]"'):
        open_engine(place)


async def test_a_stop_that_comes_before_the_worker_is_up_is_heard_by_it(place: Workplace, file: Path) -> None:
    endless = "with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c"
    running = asyncio.create_task(place.run(asking(place, endless, f"sqlite:///{file}")))
    await asyncio.sleep(0)  # the order is on its way, nothing more
    place.hand.stop(grace_ms=20_000)
    gone = await running
    assert isinstance(gone, Gone)
    assert gone.forced_at is None
