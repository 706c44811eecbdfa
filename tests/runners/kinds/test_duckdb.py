"""DuckDB in a step: files of the workspace and of the job, types, limits, and that it gets nowhere else."""

from pathlib import Path

import duckdb
import pytest

from runbell.domain.outcome import Succeeded
from runbell.domain.status import ExitStatus
from tests.runners.kinds.asking import asked, asking, kept, refused, rows_of, the_set
from tests.runners.workplace import Workplace, names_in, result_of, text_of

pytestmark = pytest.mark.anyio

CSV = "id,city\n1,Aix\n2,Bern\n"


async def test_files_of_the_workspace_and_of_the_job_are_read_in_all_their_forms(place: Workplace) -> None:
    (place.folder / "names.json").write_text('[{"id": 1, "name": "one"}]')
    order = asking(
        place,
        "create table c as select id, city, name from 'c.csv' left join 'JOB/names.json' using (id);"
        "copy c to 'c.parquet'; select * from 'c.parquet' order by id".replace("JOB", str(place.folder)),
        write=True, files={"c.csv": CSV},
    )  # fmt: skip
    outcome = await place.run(order)
    assert kept(order, the_set(outcome)) == [[1, "Aix", "one"], [2, "Bern", None]]


async def test_columns_carry_the_types_of_the_source_and_ours_and_values_lose_nothing(place: Workplace) -> None:
    order = asking(
        place,
        "select 0.10::decimal(4,2) d, 12345678901234567890123456789::hugeint h, timestamptz '2026-03-01 12:00+02' z, "
        "timestamp '2026-03-01 12:00' t, date '2026-03-01' a, '\\x00\\xff'::blob b, [1, 2] l, {'a': 0.5} s, "
        "'{\"k\": 1}'::json j, true y, 'NaN'::double n, 1 as id, 2 as id",
    )
    outcome = await place.run(order)
    found = the_set(outcome)
    assert [(column.name, column.type, column.source) for column in found.columns] == [
        ("d", "decimal", "DECIMAL(4,2)"), ("h", "int", "HUGEINT"), ("z", "datetime", "TIMESTAMP WITH TIME ZONE"),
        ("t", "datetime", "TIMESTAMP"), ("a", "date", "DATE"), ("b", "text", "BLOB"), ("l", "json", "INTEGER[]"),
        ("s", "json", "STRUCT(a DECIMAL(2,1))"), ("j", "json", "JSON"), ("y", "bool", "BOOLEAN"),
        ("n", "decimal", "DOUBLE"), ("id", "int", "INTEGER"), ("id_2", "int", "INTEGER"),
    ]  # fmt: skip
    line = (Path(order.home) / "data" / found.file).read_bytes()
    assert line == (
        b'["0.10",12345678901234567890123456789,"2026-03-01T10:00:00Z","2026-03-01T12:00:00","2026-03-01","AP8=",'
        b'[1,2],{"a":"0.5"},{"k":1},true,null,1,2]\n'
    )


async def test_values_are_bound_and_what_was_not_given_is_null(place: Workplace) -> None:
    sql = "select :a as a, ':a' as quoted, :missing is null as missing, id from 'c.csv' where city = :a"
    bind = {"a": "Bern", "missing": None}
    assert await rows_of(place, sql, bind=bind, files={"c.csv": CSV}) == [["Bern", ":a", True, 2]]
    assert await refused(place, "select :b", bind=bind) == "DuckDB: There is no value for `:b`; give one in `bind`."


async def test_the_last_rows_of_a_script_are_kept_and_the_result_shows_the_first(place: Workplace) -> None:
    sql = "select 1 as gone; create table t as select range as n from range(3); select * from t; drop table t"
    order = asking(place, sql, result="numbers")
    outcome = await place.run(order)
    assert kept(order, the_set(outcome)) == [[0], [1], [2]]
    assert the_set(outcome).name == "numbers"
    assert result_of(outcome) == {"rows": 3, "truncated": False, "first": {"n": 0}}
    assert len(names_in(Path(order.home) / "data")) == 2
    lines = text_of(order).splitlines()
    assert [line.split(" ms")[0].rsplit(" ", 1)[0] for line in lines] == [
        "1 of 4: SELECT:", "2 of 4: CREATE TABLE:", "3 of 4: SELECT:", "4 of 4: DROP TABLE:",
    ]  # fmt: skip
    assert lines[2].endswith(" ms, 3 rows")


async def test_rows_over_the_limit_are_left_out_and_that_is_said(place: Workplace) -> None:
    outcome = await asked(place, "select * from range(100000000)", rows=2_500)
    assert isinstance(outcome, Succeeded)
    assert the_set(outcome).rows == 2_500
    assert result_of(outcome) == {"rows": 2_500, "truncated": True, "first": {"range": 0}}
    assert outcome.exit_status == ExitStatus("WARN", "There are more rows than 2500; the rest is left out.")


async def test_a_query_without_rows_has_columns_all_the_same(place: Workplace) -> None:
    outcome = await asked(place, "select 1 as a where false")
    assert [column.name for column in the_set(outcome).columns] == ["a"]
    assert result_of(outcome) == {"rows": 0, "truncated": False, "first": None}


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/passwd')",
        "select * from '../../../../../../../../etc/passwd'",
        "select * from glob('/etc/*')",
        "select * from read_csv(:file)",
        "select * from 'https://example.test/a.csv'",
        "select * from read_csv('file:///etc/passwd')",
        "select * from sqlite_scan('/etc/passwd', 't')",
        "copy (select 1) to 'x.csv'",
        "attach 'x.db'",
        "attach '/etc/x.db' as x",
        "export database 'x'",
        "import database 'x'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "reset allowed_directories",
        "pragma enable_profiling",
        "pragma import_database('x')",
        "prepare p as copy (select 1) to 'x.csv'",
        "call enable_logging(storage = 'file')",
        "select * from enable_logging(storage = 'file', storage_path = 'x')",
        "create persistent secret s (type http, bearer_token 'x')",
        "select * from query('copy (select 1) to ''x.csv''')",
        "explain analyze copy (select 1) to 'x.csv'",
        "with x as (copy (select 1) to 'x.csv') select * from x",
        "copy from database memory to x",
        "pragma table_info('x')",
    ],
)
async def test_a_step_that_may_only_read_gets_nowhere_else_and_leaves_nothing(place: Workplace, sql: str) -> None:
    order = asking(place, sql, bind={"file": "/etc/passwd"})
    outcome = await place.run(order)
    assert not isinstance(outcome, Succeeded), result_of(outcome)
    assert names_in(Path(order.home) / "workspace") == []


async def test_looking_around_and_memory_are_open_to_a_step_that_may_only_read(place: Workplace) -> None:
    sql = (
        "create table t as select 1 as a, 2 as b; insert into t values (1, 3); update t set b = 4; set variable v = 5;"
        "describe t; summarize t; show tables; explain select 1; pivot t on a using sum(b)"
    )
    assert await rows_of(place, sql) == [[8]]


async def test_a_step_that_may_write_writes_in_the_workspace_and_nowhere_else(place: Workplace, tmp_path: Path) -> None:
    order = asking(place, "copy (select 1) to 'x.csv'", write=True)
    assert result_of(await place.run(order)) == {"rows": 0, "truncated": False, "first": None, "rows_changed": 1}
    assert names_in(Path(order.home) / "workspace") == ["x.csv"]
    (tmp_path / "out").mkdir()
    assert "disabled by configuration" in await refused(place, f"copy (select 1) to '{tmp_path}/out/x.csv'", write=True)


async def test_a_database_file_is_read_and_only_changed_when_that_is_said(place: Workplace, tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path}/w.duckdb?threads=1"
    with duckdb.connect(str(tmp_path / "w.duckdb")) as db:
        db.execute("create table t as select 1 as n")
    assert "read-only" in await refused(place, "insert into t values (2)", url)
    outcome = await asked(
        place, "insert into t values (2); insert into t values (3), (4); select sum(n) from t", url, write=True
    )
    assert result_of(outcome) == {"rows": 1, "truncated": False, "first": {"sum(n)": 10}, "rows_changed": 3}
    await refused(place, "delete from t; select nonsense", url, write=True)
    assert await rows_of(place, "select count(*) from t", url) == [[4]]


async def test_errors_are_told_in_its_own_words_with_the_statement(place: Workplace) -> None:
    said = await refused(place, "select 1; select * from nowhere")
    assert said.startswith("DuckDB (statement 2 of 2): Catalog Error: Table with name nowhere does not exist!")


async def test_a_long_query_ends_at_once_when_it_is_stopped(place: Workplace) -> None:
    sql = "copy (select 1) to 'ready'; select sum(a.range * b.range) from range(10000000) a, range(10000000) b"
    gone, seconds = await place.stop(asking(place, sql, write=True), grace_ms=8_000)
    assert gone.forced_at is None
    assert seconds < 4


async def test_a_time_limit_ends_it_too(place: Workplace) -> None:
    order = asking(place, "select sum(a.range * b.range) from range(10000000) a, range(10000000) b", timeout_ms=300)
    outcome = await place.run(order)
    assert "time limit of 0.3 s" in outcome.error.detail  # type: ignore[union-attr]


async def test_memory_stays_flat_however_many_rows_there_are(place: Workplace) -> None:
    order = asking(place, "select range, 'a text of some length ' || range as t from range(300000)", rows=300_000)
    outcome = await place.run(order)
    assert the_set(outcome).rows == 300_000
    assert the_set(outcome).size > 10_000_000
