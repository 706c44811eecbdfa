"""Checks of files in the workspace, by DuckDB: every form, rows in their order, and nothing outside."""

import asyncio
from pathlib import Path
from typing import Any

import duckdb
import pytest

from runbell.domain.outcome import Failed, Gone, Succeeded
from tests.runners.kinds.asking import kept
from tests.runners.kinds.checking import checked, checking, records_of, sets_of
from tests.runners.workplace import Workplace, names_in, result_of, text_of, until

pytestmark = pytest.mark.anyio

CSV = "id,iata\n" + "".join(f"{n},{'' if n % 3 else 'ABC'}\n" for n in range(5_000))
NO_CODE: dict[str, Any] = {"name": "code", "type": "blanks", "column": "iata"}


async def test_rows_of_a_file_come_in_its_own_order_and_its_fields_are_texts(place: Workplace) -> None:
    order = checking(place, {"file": "{name}.csv", "rules": [NO_CODE]}, files={"a.csv": CSV}, name="a")
    outcome = await place.run(order)
    found = sets_of(outcome)["code"]
    assert [row[1] for row in kept(order, found)] == [str(n) for n in range(5_000) if n % 3]
    assert (found.rows, found.reasons) == (3_333, {"iata is blank": 3_333})
    assert [(column.name, column.type) for column in found.columns] == [("id", "text"), ("iata", "text")]
    assert result_of(outcome)["code"] == {
        "name": "code",
        "type": "blanks",
        "status": "OK",
        "count": 3_333,
        "rows": 5_000,
    }


async def test_a_key_of_numbers_goes_by_their_size_though_they_are_texts(place: Workplace) -> None:
    check = {"file": "a.csv", "key": ["id"], "show": ["id"], "rules": [NO_CODE]}
    lines = "id,iata\n10,\nx,\n9,\n2,\n"
    assert [row[1] for row in await records_of(place, check, files={"a.csv": lines})] == ["2", "9", "10", "x"]


async def test_a_value_that_fits_no_number_is_an_exception_and_no_error(place: Workplace) -> None:
    rule = {"name": "it", "type": "range", "column": "n", "max": 5}
    lines = "n\n" + "1\n" * 30_000 + "x\n7\n"
    assert await records_of(place, {"file": "a.csv", "rules": [rule]}, files={"a.csv": lines}) == [
        ["n is no number", "x"], ["n is above 5", "7"],
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "form"), [("a.parquet", ""), ("a.json", ""), ("part-1.csv.gz", ", compression gzip")])
async def test_other_forms_are_read_too(place: Workplace, name: str, form: str) -> None:
    check = {"file": name.replace("part-1", "part-*"), "rules": [NO_CODE]}
    order = checking(place, check, files={"a.csv": CSV})
    workspace = Path(order.home) / "workspace"
    with duckdb.connect() as db:
        kind = name.removesuffix(".gz").rpartition(".")[2]
        db.execute(f"copy (from '{workspace}/a.csv') to '{workspace}/{name}' (format {kind}{form})")
    outcome = await place.run(order)
    assert [int(row[1]) for row in kept(order, sets_of(outcome)["code"])] == [n for n in range(5_000) if n % 3]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("../x.csv", "lies outside the workspace"), ("sub/../../x.csv", "lies outside the workspace"),
        ("{where}", "lies outside the workspace"), ("x.exe", "name it .csv, .parquet or .json"),
        ("gone.csv", "There is no file gone.csv"), ("a'b.csv", "There is no file a'b.csv"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_read_makes_the_check_invalid(place: Workplace, file: str, said: str) -> None:
    outcome = await checked(place, {"file": file, "rules": [NO_CODE]}, where="/etc/passwd.csv")
    assert isinstance(outcome, Failed)
    assert outcome.error.code == "INVALID"
    assert said in outcome.error.detail


async def test_a_query_over_files_is_asked_once_and_its_own_order_is_kept(place: Workplace) -> None:
    check = {
        "query": "select id::int as id, iata from 'a.csv' where id::int < :most order by id::int desc",
        "bind": {"most": "{most}"},
        "rules": [NO_CODE, {"name": "rows", "type": "row_count", "max": 5}],
    }
    order = checking(place, check, files={"a.csv": CSV}, most=6)
    outcome = await place.run(order)
    assert [row[1] for row in kept(order, sets_of(outcome)["code"])] == [5, 4, 2, 1]
    assert sets_of(outcome)["rows"].reasons == {"6 rows, more than 5": 1}


async def test_a_parameter_that_was_not_given_drops_a_bound_and_null_is_no_value(place: Workplace) -> None:
    both = {"name": "it", "type": "range", "column": "id", "min": "{least}", "max": 1, "where": {"iata": "{iata}"}}
    lines = "id,iata\n0,\n2,\n3,x\n"
    check = {"file": "a.csv", "rules": [both]}
    assert await records_of(place, check, files={"a.csv": lines}, least=1, iata=None) == [
        ["id is below 1", "0", None], ["id is above 1", "2", None],
    ]  # fmt: skip
    assert await records_of(place, check, files={"a.csv": lines}, least=None, iata="x") == [["id is above 1", "3", "x"]]


async def test_two_runs_leave_the_same_bytes(place: Workplace) -> None:
    lines = "id,v\n" + "".join(f"{(n * 7919) % 20_000},{n % 5}\n" for n in range(20_000))
    rules = [
        {"name": "unique", "type": "unique", "column": "v"},
        {"name": "range", "type": "range", "column": "v", "max": 3},
    ]
    bytes_of = []
    for _ in range(2):
        order = checking(place, {"file": "a.csv", "rules": rules}, files={"a.csv": lines})
        outcome = await place.run(order)
        assert isinstance(outcome, Succeeded), outcome
        found = sets_of(outcome)
        bytes_of.append([(Path(order.home) / "data" / found[name].file).read_bytes() for name in ("unique", "range")])
    assert bytes_of[0] == bytes_of[1]
    assert bytes_of[0][0].count(b"\n") == 20_000


async def test_a_stop_ends_the_query_and_nothing_of_it_stays(place: Workplace) -> None:
    slow = "select count(*) from range(10000000000) a, range(1000) b where hash(a.range + b.range) = 0"
    first = {"name": "first", "type": "query", "query": "select 1 as one"}
    order = checking(place, {"rules": [first, {"name": "it", "type": "metric", "query": slow, "min": 0}]})
    running = asyncio.create_task(place.run(order))
    await until(lambda: "first: 1 row: OK" in text_of(order))
    place.hand.stop(grace_ms=5_000)
    async with asyncio.timeout(4):
        assert isinstance(await running, Gone)
    assert names_in(Path(order.home) / "data") == []
