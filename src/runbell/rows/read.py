"""Reading rows: one page of them, from any row on, in bounded work however many there are."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from runbell.rows.form import OFFSET_BYTES, STRIDE, decode_row

PIECE: Final = 1 << 16
PAGE_BYTES: Final = 4 << 20
"""A page that would be larger than this ends early."""
SCAN_BYTES: Final = 8 << 20
"""A page looks through no more than this for rows that fit its filters."""

Read = Callable[[int, int], Awaitable[bytes]]
"""The bytes of a file from a first one on, so many at most; fewer at its end."""


class Spot(Struct, frozen=True, array_like=True):
    """Where a page goes on: after so many rows, at this offset of the file."""

    row: int
    offset: int


class Filter(Struct, frozen=True):
    """The value at this place of a row, as text; the empty text fits null, too."""

    place: int
    text: str


class Wanted(Struct, frozen=True, kw_only=True):
    """What a page holds: rows from `spot` on, or those after row number `after_row`; `total` is how many there are."""

    total: int
    limit: int
    after_row: int = 0
    spot: Spot | None = None
    filters: tuple[Filter, ...] = ()


class RowPage(Struct, frozen=True):
    """Rows with their numbers, from 1. `spot` None: there are no more. A page may be short, even empty, before that."""

    rows: list[tuple[int, list[Any]]]
    spot: Spot | None


class Incomplete(Exception):  # noqa: N818 - what is wrong, in a word
    """The file holds fewer rows than are on record."""


async def read_page(rows: Read, index: Read, wanted: Wanted) -> RowPage:
    """One page of the file `rows`. Raises Incomplete."""
    start, skip = wanted.spot, 0
    if start is None:
        if wanted.after_row >= wanted.total:
            return RowPage([], None)
        start, skip = await _nearest(index, wanted.after_row)
    scan = _Scan(wanted, start, skip)
    rest = b""
    while not scan.full and scan.row < wanted.total:
        piece = await rows(
            scan.offset + len(rest), max(PIECE, len(rest))
        )  # a row of many MB is not looked through anew
        if not piece:
            raise Incomplete(f"The file ends after {scan.row} of {wanted.total} rows.")
        rest = await asyncio.to_thread(scan.take, rest + piece)
    return RowPage(scan.found, Spot(scan.row, scan.offset) if scan.row < wanted.total else None)


async def _nearest(index: Read, after_row: int) -> tuple[Spot, int]:
    """The last row before `after_row` of which the offset is known, and how many rows lie between."""
    entry, skip = divmod(after_row, STRIDE)
    offset = await index(entry * OFFSET_BYTES, OFFSET_BYTES)
    if len(offset) < OFFSET_BYTES:
        raise Incomplete(f"The index ends before entry {entry}.")
    return Spot(entry * STRIDE, int.from_bytes(offset, "little")), skip


class _Scan:
    """Walks along the lines and keeps those that are wanted."""

    def __init__(self, wanted: Wanted, start: Spot, skip: int) -> None:
        self.row, self.offset = start.row, start.offset
        self.found: list[tuple[int, list[Any]]] = []
        self.full = False
        self._wanted = wanted
        self._skip = skip
        self._from = start.offset
        self._bytes = 0
        self._needles = [_needle(one.text) for one in wanted.filters]

    def take(self, block: bytes) -> bytes:
        """Go through the whole lines of a block; answers what is left of it."""
        start = 0
        while not self.full and (end := block.find(b"\n", start)) >= 0:
            self.row += 1
            self.offset += end + 1 - start
            if self._skip:
                self._skip -= 1
            else:
                self._look(block[start:end])
                self.full = (
                    len(self.found) >= self._wanted.limit
                    or self._bytes >= PAGE_BYTES
                    or self.offset - self._from >= SCAN_BYTES
                )
            start = end + 1
        return block[start:]

    def _look(self, line: bytes) -> None:
        if any(needle not in line for needle in self._needles):
            return
        values = decode_row(line)
        if all(_at(values, one.place) == one.text for one in self._wanted.filters):
            self.found.append((self.row, values))
            self._bytes += len(line)


def _needle(text: str) -> bytes:
    """What stands in every line that may fit: nothing can be said of a text that a string spells unlike a list."""
    plain = text.encode("utf-8", "replace")
    return plain if msgspec.json.encode(text)[1:-1] == plain else b""


def _at(values: list[Any], place: int) -> str:
    return text_of(values[place]) if place < len(values) else ""


def text_of(value: Any) -> str:
    """A value as the text that filters and CSV know it by; null is the empty text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
