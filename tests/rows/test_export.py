"""Exports: CSV as RFC 4180 has it, NDJSON and JSON that lose no digit, all piece by piece."""

import csv
import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.data import RowSet
from runbell.rows.export import WRITERS, Format, exported, names_of, whole_lines
from tests.left_behind import exceptions, rows

pytestmark = pytest.mark.anyio

BIG = 2**53 + 1
RECORDS: list[dict[str, Any]] = [
    {"name": 'says "x", twice', "n": 1, "price": 1.5, "ok": True, "more": {"a": [BIG]}},
    {"name": "two\r\nlines", "n": BIG, "price": 2, "ok": None},
    {"name": "", "n": -BIG},
]


async def export(folder: Path, made: RowSet, form: Format, step: int = 7) -> bytes:
    async def pieces() -> AsyncIterator[bytes]:
        content = (folder / made.file).read_bytes()
        for start in range(0, len(content), step):
            yield content[start : start + step]

    return b"".join([piece async for piece in exported(pieces(), WRITERS[form](made))])


async def test_csv_quotes_what_must_be_and_ends_lines_with_crlf(tmp_path: Path) -> None:
    found = await export(tmp_path, rows(tmp_path, RECORDS), "csv")
    assert found == (
        b"name,n,price,ok,more\r\n"
        b'"says ""x"", twice",1,1.5,true,"{""a"":[9007199254740993]}"\r\n'
        b'"two\r\nlines",9007199254740993,2,,\r\n'
        b",-9007199254740993,,,\r\n"
    )
    assert len(list(csv.reader(StringIO(found.decode(), newline="")))) == 4


async def test_json_shows_long_integers_and_decimals_as_texts(tmp_path: Path) -> None:
    made = rows(tmp_path, RECORDS)
    expected = [
        {"name": 'says "x", twice', "n": 1, "price": "1.5", "ok": True, "more": {"a": [str(BIG)]}},
        {"name": "two\r\nlines", "n": str(BIG), "price": "2", "ok": None, "more": None},
        {"name": "", "n": str(-BIG), "price": None, "ok": None, "more": None},
    ]
    assert json.loads(await export(tmp_path, made, "json")) == expected
    lines = (await export(tmp_path, made, "ndjson")).splitlines()
    assert [json.loads(line) for line in lines] == expected


@pytest.mark.parametrize("form", ["csv", "json", "ndjson"])
async def test_the_size_of_the_pieces_changes_nothing(tmp_path: Path, form: Format) -> None:
    made = rows(tmp_path, RECORDS * 50)
    assert await export(tmp_path, made, form, 1) == await export(tmp_path, made, form, 1 << 20)


async def test_no_rows_are_a_head_alone(tmp_path: Path) -> None:
    made = rows(tmp_path, [])
    assert json.loads(await export(tmp_path, made, "json")) == []
    assert await export(tmp_path, made, "ndjson") == b""


async def test_exception_records_begin_with_their_reason(tmp_path: Path) -> None:
    made = exceptions(tmp_path, {"no code": [{"reason": "mine"}]})
    assert names_of(made) == ["_reason", "reason"]
    assert await export(tmp_path, made, "csv") == b"_reason,reason\r\nno code,mine\r\n"


async def test_a_piece_ends_where_a_line_ends() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"a", b"b\nc", b"", b"d\n", b"e"):
            yield piece

    assert [piece async for piece in whole_lines(pieces())] == [b"ab\n", b"cd\n", b"e"]
