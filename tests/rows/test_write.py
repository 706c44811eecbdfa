"""Rows are written as they come, each column learns its type, and a file is there whole or not at all."""

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.data import Column
from runbell.rows.form import STRIDE, decode_row, encode_row
from runbell.rows.write import RowsWriter


def written(folder: Path, file: str) -> list[Any]:
    return [json.loads(line) for line in (folder / file).read_text().splitlines()]


def test_columns_are_the_union_of_the_records_in_order_of_first_appearance(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result", "mixed")
    writer.add({"a": 1, "b": None})
    writer.add({"a": Decimal("2.50"), "c": date(2031, 4, 7)})
    writer.add({"c": datetime(2031, 4, 7, 2, tzinfo=UTC), "a": True})
    made = writer.close()
    assert [(column.name, column.type) for column in made.columns] == [("a", "text"), ("b", "text"), ("c", "text")]
    assert written(tmp_path, made.file) == [
        [1, None], ["2.50", None, "2031-04-07"], [True, None, "2031-04-07T02:00:00Z"],
    ]  # fmt: skip
    assert (made.kind, made.name, made.rows, made.size) == ("result", "mixed", 3, (tmp_path / made.file).stat().st_size)


def test_values_without_names_get_columns_so_that_somebody_can_see_them(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result")
    writer.add([1, "a"])
    writer.add((2,))
    assert writer.close().columns == (Column("column1", "int"), Column("column2", "text"))


def test_a_row_with_more_values_than_columns_is_refused(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result", columns=[Column("a")])
    with pytest.raises(ValueError, match="2 values, and there are 1 columns"):
        writer.add([1, 2])
    writer.discard()


def test_a_whole_number_and_a_decimal_are_decimals(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result")
    for value in (1, 2.5, None, float("nan")):
        writer.add({"x": value})
    made = writer.close()
    assert made.columns == (Column("x", "decimal"),)
    assert written(tmp_path, made.file) == [[1], [2.5], [None], [None]]


def test_exception_records_begin_with_their_reason_and_reasons_are_counted(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "exceptions", "iata")
    writer.add({"name": "A"}, "no code")
    writer.add({"name": "B"}, "bad code")
    writer.add({"name": "C"}, "no code")
    made = writer.close()
    assert made.reasons == {"no code": 2, "bad code": 1}
    assert written(tmp_path, made.file) == [["no code", "A"], ["bad code", "B"], ["no code", "C"]]


def test_declared_columns_refuse_what_is_none_of_them(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result", columns=[Column("a", "int")])
    writer.add({"a": 1})
    with pytest.raises(ValueError, match="'b', which is none of its columns"):
        writer.add({"b": 1})
    writer.discard()


def test_the_index_says_where_every_thousandth_row_begins(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result")
    for number in range(2 * STRIDE + 1):
        writer.add({"n": number})
    made = writer.close()
    index = (tmp_path / made.file.replace(".rows", ".index")).read_bytes()
    content = (tmp_path / made.file).read_bytes()
    starts = [int.from_bytes(index[at : at + 8], "little") for at in range(0, len(index), 8)]
    assert [json.loads(content[start:].partition(b"\n")[0]) for start in starts] == [[0], [STRIDE], [2 * STRIDE]]


def test_before_the_end_nothing_has_its_name_and_nothing_stays_of_what_is_discarded(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result")
    writer.add({"n": 1})
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
    writer.discard()
    assert [*tmp_path.iterdir()] == []


def test_what_has_no_json_form_is_kept_as_text(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result")
    writer.add({"half": "\ud800", "path": Path("/x"), "bytes": b"\0\1"})
    assert written(tmp_path, writer.close().file) == [["?", "/x", "AAE="]]


def test_a_mask_sees_every_line(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result", mask=lambda line: line.replace(b"hunter22", b"***"))
    writer.add({"a": "hunter22"})
    assert written(tmp_path, writer.close().file) == [["***"]]


def test_many_rows_at_once_are_written_as_one_by_one(tmp_path: Path) -> None:
    rows = [
        ["odd", number, Decimal("1.50"), Decimal("NaN"), math.inf, "\ud800" if number == 7 else b"\1", {1: 2}]
        for number in range(2 * STRIDE + 2)
    ]
    columns = [Column(name) for name in "abcdef"]
    one_by_one = RowsWriter(str(tmp_path), "exceptions", columns=columns)
    at_once = RowsWriter(str(tmp_path), "exceptions", columns=columns)
    for row in rows:
        one_by_one.add(row[1:], row[0])
    for piece in (rows[:1], rows[1 : STRIDE + 5], rows[STRIDE + 5 :]):
        at_once.extend(piece)
    first, second = one_by_one.close(), at_once.close()
    for suffix in (".rows", ".index"):
        made = [(tmp_path / one.file).with_suffix(suffix).read_bytes() for one in (first, second)]
        assert made[0] == made[1]
    assert (second.rows, second.size, second.reasons) == (first.rows, first.size, first.reasons)


def test_rows_without_names_need_declared_columns(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result")
    with pytest.raises(ValueError, match="declared columns"):
        writer.extend([[1]])
    writer.discard()


def test_half_a_surrogate_pair_deep_inside_costs_one_letter_and_not_the_form() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert decode_row(encode_row([{"a": ["\ud800", 1], "\udfff": {"b": "ä"}}, endless])) == [
        {"a": ["?", 1], "?": {"b": "ä"}}, "[[...]]",
    ]  # fmt: skip


def test_a_time_with_an_offset_is_kept_in_utc_and_one_without_as_it_is(tmp_path: Path) -> None:
    writer = RowsWriter(str(tmp_path), "result")
    east = timezone(timedelta(hours=2))
    writer.add({"t": datetime(2026, 3, 1, 12, tzinfo=east)})
    writer.add({"t": datetime(2026, 3, 1, 12)})  # noqa: DTZ001
    writer.add({"t": datetime.min.replace(tzinfo=east)})
    made = writer.close()
    assert written(tmp_path, made.file) == [
        ["2026-03-01T10:00:00Z"],
        ["2026-03-01T12:00:00"],
        ["0001-01-01T00:00:00+02:00"],
    ]
    assert made.columns == (Column("t", "datetime"),)
