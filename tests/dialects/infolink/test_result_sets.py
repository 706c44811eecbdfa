"""Result sets that steps leave: their names, the types of their columns, and values as the vendor writes them."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from runbell.dialects.infolink.columns import DATETIME, written
from runbell.domain.data import Column
from runbell.domain.execution import Error
from runbell.domain.outcome import Failed, Outcome, Succeeded
from runbell.ports.runner import StepOrder
from tests.dialects.infolink.calling import a_client
from tests.left_behind import Leaving

pytestmark = pytest.mark.anyio

COLUMNS = (
    Column("no", "text", "VARCHAR"), Column("lines", "int", "BIGINT"), Column("sum", "decimal", "DECIMAL(18,2)"),
    Column("share", "decimal", "DOUBLE"), Column("open", "bool"), Column("day", "date"), Column("at", "datetime"),
    Column("more", "json"),
)  # fmt: skip
ROW = {
    "no": "A-17", "lines": 2**60, "sum": Decimal("12.50"), "share": 0.25, "open": True, "day": "2031-04-07",
    "at": datetime(2031, 4, 7, 2, 0, 0, 120_000, tzinfo=UTC), "more": {"a": [1]},
}  # fmt: skip


async def test_a_result_set_comes_with_its_name_its_types_and_every_column_in_every_record(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        empty = dict.fromkeys(ROW)
        left = Leaving(tmp_path, results={"orders": [ROW, empty]}, columns=COLUMNS)
        infolink.visit.house.script.plays["companies"] = [left]
        [orders] = (await infolink.execute(isAsync=False, jobId="one")).json["result"]["results"]
        assert orders["name"] == "orders"
        assert orders["result"]["records"] == [
            {
                "no": "A-17", "lines": str(2**60), "sum": 12.5, "share": 0.25, "open": True, "day": "2031-04-07",
                "at": "2031-04-07T02:00:00.120Z", "more": '{"a":[1]}',
            },
            empty,
        ]  # fmt: skip
        schema = orders["result"]["schema"]
        assert [(one["name"], one["type"]["typeStr"], one["typeStandard"]["name"]) for one in schema] == [
            ("no", "nvarchar(max)", "text"), ("lines", "bigint", "integer"), ("sum", "decimal(38,10)", "decimal"),
            ("share", "float", "double"), ("open", "bit", "boolean"), ("day", "date", "date"),
            ("at", "datetime2(3)", "datetime"), ("more", "nvarchar(max)", "text"),
        ]  # fmt: skip
        looked = (await infolink.look("one")).json["result"]["results"]
        assert looked == [orders]


@pytest.mark.parametrize(
    ("lies", "shown"),
    [
        ("2031-04-07T02:00:00.123456+02:00", "2031-04-07T00:00:00.123Z"),
        ("2031-04-07 02:00:00", "2031-04-07T02:00:00.000Z"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00.000Z"),
        ("0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00+05:00"),
        ("9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59-05:00"),
        ("soon", "soon"),
    ],
)
def test_a_time_in_utc_to_the_millisecond_and_one_that_is_none_as_it_lies_there(lies: str, shown: str) -> None:
    assert written(lies, DATETIME) == shown


def test_no_millisecond_is_lost() -> None:
    times = [f"2031-04-07T02:00:{second:02d}.{milli:03d}Z" for second in range(20) for milli in range(1_000)]
    assert [written(time, DATETIME) for time in times] == times


async def test_a_set_without_a_name_has_none_and_several_stand_in_their_order(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        left = Leaving(tmp_path, results={"b": [{"n": 1}], None: [{"n": 2}]})
        infolink.visit.house.script.plays["companies"] = [left]
        reply = await infolink.execute(isAsync=False, noResultSchema=True)
        assert reply.json["result"]["results"] == [
            {"name": "b", "result": {"records": [{"n": 1}]}}, {"name": None, "result": {"records": [{"n": 2}]}},
        ]  # fmt: skip


async def test_a_set_of_many_rows_comes_whole_and_in_its_order_and_one_without_any_is_an_empty_list(
    tmp_path: Path,
) -> None:
    async with a_client(tmp_path) as infolink:
        many = [{"n": n, "text": "x" * 40} for n in range(20_000)]
        left = Leaving(tmp_path, results={"many": many, "none": []}, columns=(Column("n", "int"), Column("text")))
        infolink.visit.house.script.plays["companies"] = [left]
        found = (await infolink.execute(isAsync=False)).json["result"]["results"]
        assert [one["name"] for one in found] == ["many", "none"]
        assert found[0]["result"]["records"] == many
        assert found[1]["result"]["records"] == []
        assert [column["name"] for column in found[1]["result"]["schema"]] == ["n", "text"]


async def test_what_a_step_left_before_it_failed_is_there_at_the_end(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:

        def breaks(order: StepOrder) -> Outcome:
            left = Leaving(tmp_path, results={"orders": [{"n": 1}]})(order)
            assert isinstance(left, Succeeded)
            return Failed(Error(code="ERROR", detail="It broke."), data=left.data)

        infolink.visit.house.script.plays["companies"] = [breaks]
        reply = await infolink.execute(isAsync=False, jobId="one", noResultSchema=True)
        orders = [{"name": "orders", "result": {"records": [{"n": 1}]}}]
        assert (reply.json["status"], reply.json["result"]["results"]) == ("error", orders)
        looked = (await infolink.look("one")).json["result"]
        assert (looked["status"], looked["results"][0]["name"]) == ("completedWithError", "orders")


async def test_rows_count_for_the_largest_answer(tmp_path: Path) -> None:
    async with a_client(tmp_path, max_result_bytes="100") as infolink:
        left = Leaving(tmp_path, results={"big": [{"text": "x" * 50}, {"text": "y" * 50}]})
        infolink.visit.house.script.plays["companies"] = [left]
        reply = await infolink.execute(isAsync=False)
        assert reply.json["result"]["message"] == "Result is too large: 110 bytes"


async def test_who_may_look_but_not_read_results_gets_none(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        infolink.visit.house.script.plays["companies"] = [Leaving(tmp_path, results={"orders": [{"n": 1}]})]
        await infolink.execute(isAsync=False, jobId="one")
        looker = infolink.with_key(await infolink.visit.key("executions:read", name="looker"))
        reply = await looker.look("one")
        assert (reply.json["result"]["status"], reply.json["result"]["results"]) == ("completed", [])
