"""A page of rows begins at any row, holds what fits, and says honestly where to go on."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.data import RowSet, index_of
from runbell.rows import read
from runbell.rows.form import STRIDE
from runbell.rows.read import Filter, Incomplete, Read, RowPage, Spot, Wanted, read_page
from tests.left_behind import rows

pytestmark = pytest.mark.anyio


def reader(file: Path, seen: list[int] | None = None) -> Read:
    async def part(first: int, length: int) -> bytes:
        with file.open("rb") as opened:
            opened.seek(first)
            found = opened.read(length)
        if seen is not None:
            seen.append(len(found))
        return found

    return part


def pager(folder: Path, made: RowSet, seen: list[int] | None = None) -> Callable[..., Awaitable[RowPage]]:
    async def page(limit: int = 50, **more: Any) -> RowPage:
        wanted = Wanted(total=made.rows, limit=limit, **more)
        return await read_page(reader(folder / made.file, seen), reader(folder / index_of(made.file), seen), wanted)

    return page


async def test_pages_give_every_row_once_and_in_order(tmp_path: Path) -> None:
    page = pager(tmp_path, rows(tmp_path, ({"n": n} for n in range(2_500))))
    found: list[tuple[int, list[Any]]] = []
    spot: Spot | None = None
    while True:
        now = await page(limit=700, spot=spot)
        found += now.rows
        if (spot := now.spot) is None:
            break
    assert found == [(n + 1, [n]) for n in range(2_500)]


@pytest.mark.parametrize("after", [0, 1, STRIDE - 1, STRIDE, STRIDE + 1, 2_499, 2_500, 9_999])
async def test_a_page_begins_behind_any_row(tmp_path: Path, after: int) -> None:
    page = pager(tmp_path, rows(tmp_path, ({"n": n} for n in range(2_500))))
    found = await page(limit=3, after_row=after)
    assert [number for number, _ in found.rows] == [n for n in (after + 1, after + 2, after + 3) if n <= 2_500]
    assert (found.spot is None) == (after + 3 >= 2_500)


async def test_a_page_deep_in_the_file_reads_no_more_than_the_first(tmp_path: Path) -> None:
    seen: list[int] = []
    page = pager(tmp_path, rows(tmp_path, ({"n": n, "text": "x" * 90} for n in range(50_000))), seen)
    await page(limit=50)
    first = sum(seen)
    seen.clear()
    await page(limit=50, after_row=49_000)
    assert sum(seen) <= first + read.PIECE * 3  # at most STRIDE rows before it, and the index entry


async def test_a_filter_finds_rows_by_the_text_of_their_value(tmp_path: Path) -> None:
    records = [{"a": 1, "b": "x"}, {"a": "1", "b": 'say "x"'}, {"a": None, "b": ""}, {"a": True, "b": "x"}, {"a": 11}]
    page = pager(tmp_path, rows(tmp_path, records))
    by = [((0, "1"), [1, 2]), ((0, "true"), [4]), ((0, ""), [3]), ((1, 'say "x"'), [2]), ((1, ""), [3, 5])]
    for (place, text), numbers in by:
        found = await page(filters=(Filter(place, text),))
        assert [number for number, _ in found.rows] == numbers, (place, text)
    both = await page(filters=(Filter(0, "1"), Filter(1, "x")))
    assert [number for number, _ in both.rows] == [1]


async def test_a_search_that_is_too_long_for_one_page_goes_on_from_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "SCAN_BYTES", 1_000)
    page = pager(tmp_path, rows(tmp_path, ({"n": n} for n in range(1_000))))
    pages, found, spot = 0, [], None
    while True:
        now = await page(filters=(Filter(0, "777"),), spot=spot)
        pages, found = pages + 1, found + now.rows
        if (spot := now.spot) is None:
            break
    assert found == [(778, [777])]
    assert pages > 3


async def test_rows_that_are_large_make_a_page_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "PAGE_BYTES", 250_000)
    page = pager(tmp_path, rows(tmp_path, ({"n": n, "text": "x" * 100_000} for n in range(9))))
    found = await page()
    assert (len(found.rows), found.spot is None) == (3, False)


async def test_a_file_with_fewer_rows_than_on_record_is_no_end_of_a_list(tmp_path: Path) -> None:
    made = rows(tmp_path, ({"n": n} for n in range(100)))
    (tmp_path / made.file).write_bytes(b"[0]\n[1]\n")
    with pytest.raises(Incomplete):
        await pager(tmp_path, made)()


async def test_a_row_of_many_megabytes_is_looked_through_a_few_times_only(tmp_path: Path) -> None:
    seen: list[int] = []
    page = pager(tmp_path, rows(tmp_path, [{"text": "x" * (8 << 20)}, {"text": "y"}]), seen)
    found = await page(limit=1)
    assert len(found.rows[0][1][0]) == 8 << 20
    assert len(seen) < 12


async def test_a_filter_finds_lists_objects_and_texts_with_quotes(tmp_path: Path) -> None:
    page = pager(tmp_path, rows(tmp_path, [{"v": {"a": "ä"}}, {"v": ["x", 1]}, {"v": 'say "a"\n'}, {"v": "plain"}]))
    for text, number in (('{"a":"ä"}', 1), ('["x",1]', 2), ('say "a"\n', 3), ("plain", 4)):
        assert [n for n, _ in (await page(filters=(Filter(0, text),))).rows] == [number], text
