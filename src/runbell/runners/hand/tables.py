"""How many rows and columns a CSV file has, counted while it goes by (RFC 4180: a quoted field may hold line ends)."""

import csv
from typing import Final

SEPARATORS: Final = {"text/csv": ",", "text/tab-separated-values": "\t"}
_HEAD: Final = 64 << 10


class TableCount:
    """Counts the records of a file that comes in blocks."""

    def __init__(self, separator: str) -> None:
        self._separator = separator
        self._head = b""
        self._quoted = False
        self._ends = 0
        self._last = b"\n"

    def take(self, block: bytes) -> None:
        """The next block."""
        if len(self._head) < _HEAD:
            self._head += block[: _HEAD - len(self._head)]
        for place, part in enumerate(block.split(b'"')):
            if place:
                self._quoted = not self._quoted
            if not self._quoted:
                self._ends += part.count(b"\n")
        self._last = block[-1:]

    def shape(self) -> tuple[int, int]:
        """Rows besides the first, and columns of the first."""
        records = self._ends + (self._last != b"\n")
        lines = self._head.decode("utf-8", "replace").splitlines(keepends=True)
        first = next(csv.reader(lines, delimiter=self._separator), [])
        return max(0, records - 1), len(first)
