"""Where the lines of a log begin: one entry per block, made by counting line feeds, and only of what is new."""

import os
from bisect import bisect_right
from collections.abc import Iterator
from threading import Lock
from typing import Final

from runbell.domain import log

BLOCK: Final = 256 << 10
_MARKER: Final = log.MARKER.encode()


class LogIndex:
    """What is known about one log file. Guard with `lock`; lines are counted from 1 and only whole ones count."""

    def __init__(self) -> None:
        self.lock = Lock()
        self._forget(0)

    def _forget(self, inode: int) -> None:
        self._inode = inode
        self._offsets: list[int] = []
        self._firsts: list[int] = []
        self.size = 0
        self.lines = 0
        self.truncated = False
        self.barren: dict[tuple[str | None, str | None, str | None], tuple[int, int]] = {}

    def update(self, file: int) -> None:
        """Take in what was appended since the last call."""
        found = os.fstat(file)
        if found.st_ino != self._inode or found.st_size < self.size:
            self._forget(found.st_ino)
        length = BLOCK
        while self.size < found.st_size:
            data = os.pread(file, length, self.size)
            end = data.rfind(b"\n") + 1
            if not end:
                if len(data) < length:
                    return  # a record that is not whole yet
                length *= 2
                continue
            length = BLOCK
            self._add(data[:end])

    def blocks(self, file: int, line: int) -> Iterator[tuple[int, bytes]]:
        """From the block that holds `line` on: the number of its first line, and its bytes."""
        for at in range(max(0, bisect_right(self._firsts, line) - 1), len(self._firsts)):
            yield self._block(file, at)

    def blocks_back(self, file: int, line: int) -> Iterator[tuple[int, bytes]]:
        """The same towards the beginning."""
        for at in range(bisect_right(self._firsts, line) - 1, -1, -1):
            yield self._block(file, at)

    def _block(self, file: int, at: int) -> tuple[int, bytes]:
        end = self._offsets[at + 1] if at + 1 < len(self._offsets) else self.size
        return self._firsts[at], os.pread(file, end - self._offsets[at], self._offsets[at])

    def _add(self, data: bytes) -> None:
        last_begins = self._offsets[-1] if self._offsets else -BLOCK
        if self.size - last_begins >= BLOCK or self.size + len(data) - last_begins > 2 * BLOCK:
            self._offsets.append(self.size)
            self._firsts.append(self.lines + 1)
        self.size += len(data)
        self.lines += data.count(b"\n")
        if not self.truncated and _MARKER in data:
            self.truncated = any(log.read(line).leaves_out for line in data.split(b"\n") if _MARKER in line)
