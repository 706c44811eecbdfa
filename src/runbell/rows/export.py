"""Rows as CSV, NDJSON or JSON, piece by piece: never more than a piece of them in memory.

CSV is that of RFC 4180: CRLF, a line of names first; null and the empty text are both nothing between two commas.
In JSON, integers beyond ±2⁵³ and all values of decimal columns are texts.
"""

import asyncio
import csv
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from io import StringIO
from typing import Any, Final, Literal, Protocol

import msgspec

from runbell.domain.data import RowSet
from runbell.domain.exact import exact
from runbell.rows.form import decode_row
from runbell.rows.read import text_of

Format = Literal["csv", "ndjson", "json"]
REASON: Final = "reason"
_LONG_NUMBER: Final = re.compile(rb"\d{16}")
_PLAIN: Final = frozenset({str, int, type(None)})
_encode: Final = msgspec.json.Encoder().encode


def names_of(rows: RowSet) -> list[str]:
    """What the values of a row are called; that of exception records begins with the reason."""
    names = [column.name for column in rows.columns]
    if rows.kind == "result":
        return names
    reason = REASON
    while reason in names:
        reason = f"_{reason}"
    return [reason, *names]


class JsonValues:
    """Makes rows into objects as JSON answers show them."""

    def __init__(self, rows: RowSet) -> None:
        self.names = names_of(rows)
        ahead = len(self.names) - len(rows.columns)
        self._decimals = [n for n, column in enumerate(rows.columns, ahead) if column.type == "decimal"]

    def lists(self, rows: Iterable[list[Any]], *, long_numbers: bool = True) -> Iterator[list[Any]]:
        """Every row as long as there are columns, its values as JSON may show them."""
        width = len(self.names)
        for given in rows:
            row = given if len(given) == width else [*given[:width], *[None] * (width - len(given))]
            for place in self._decimals:
                if type(row[place]) is not str and row[place] is not None:
                    row[place] = text_of(row[place])
            yield [exact(value) for value in row] if long_numbers else row

    def objects(self, rows: Iterable[list[Any]], *, long_numbers: bool = True) -> Iterator[dict[str, Any]]:
        """Every row as an object."""
        return (dict(zip(self.names, row, strict=True)) for row in self.lists(rows, long_numbers=long_numbers))

    def encoded(self, lines: bytes) -> list[bytes]:
        """Every line of a file of rows as the JSON of an object."""
        long_numbers = _LONG_NUMBER.search(lines) is not None
        rows = map(decode_row, lines.splitlines())
        return [_encode(row) for row in self.objects(rows, long_numbers=long_numbers)]


class Writer(Protocol):
    """Makes whole lines of a file of rows into a piece of the export. A head comes before, a tail after."""

    head: bytes
    tail: bytes

    def piece(self, lines: bytes) -> bytes:
        """These rows, exported."""
        ...


class CsvWriter:
    """RFC 4180."""

    def __init__(self, rows: RowSet) -> None:
        self.tail = b""
        names = names_of(rows)
        self._width = len(names)
        self.head = csv_lines([names])

    def piece(self, lines: bytes) -> bytes:
        width = self._width
        return csv_lines([_cells(decode_row(line), width) for line in lines.splitlines()])


class NdjsonWriter:
    """One object a line."""

    def __init__(self, rows: RowSet) -> None:
        self.head = self.tail = b""
        self._values = JsonValues(rows)

    def piece(self, lines: bytes) -> bytes:
        return b"".join([line + b"\n" for line in self._values.encoded(lines)])


class JsonWriter:
    """One array of objects."""

    def __init__(self, rows: RowSet) -> None:
        self.head, self.tail = b"[", b"\n]\n"
        self._values = JsonValues(rows)
        self._between = b"\n"

    def piece(self, lines: bytes) -> bytes:
        written = self._between + b",\n".join(self._values.encoded(lines))
        self._between = b",\n"
        return written


WRITERS: Final[dict[Format, Callable[[RowSet], Writer]]] = {
    "csv": CsvWriter,
    "ndjson": NdjsonWriter,
    "json": JsonWriter,
}


async def exported(pieces: AsyncIterator[bytes], writer: Writer) -> AsyncIterator[bytes]:
    """The export of a file of rows that comes in pieces; the work is done off the event loop."""
    yield writer.head
    async for lines in whole_lines(pieces):
        yield await asyncio.to_thread(writer.piece, lines)
    if writer.tail:
        yield writer.tail


async def whole_lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, cut behind ends of lines."""
    rest: list[bytes] = []
    async for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield b"".join([*rest, piece[:cut]])
            rest = [piece[cut:]] if cut < len(piece) else []
        else:
            rest.append(piece)
    if rest:
        yield b"".join(rest)


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows as lines of CSV (RFC 4180), in UTF-8."""
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _cells(row: list[Any], width: int) -> list[Any]:
    cells = [value if type(value) in _PLAIN else text_of(value) for value in row[:width]]
    return cells + [None] * (width - len(cells))
