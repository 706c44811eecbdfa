"""Writes what a step says into the log of its execution: whole records, appended, masked, capped.

The cost is per chunk, not per line: one `bytes.replace` puts the head of a record before every line of a chunk.
"""

import os
import re
import time
from collections import deque
from contextlib import suppress
from typing import Final

from runbell.domain import log
from runbell.ports.runner import StepOrder
from runbell.runners.hand.masks import Masks, Sieve

LONGEST_LINE: Final = 64 << 10
FLUSH_SECONDS: Final = 0.5
TAIL_BYTES: Final = 1 << 20
TAIL_LINES: Final = 20
_LEAST_TAIL: Final = 16 << 10
_RECENT: Final = 16 << 10
_LONGEST_KEY: Final = 256
_SMALL: Final = 4096
_ENTRY: Final = 256
_NUL: Final = "␀".encode()
_CREDENTIAL: Final = re.compile(rb"rb_(key|cs)_[A-Za-z0-9_-]+")
_CREDENTIAL_BEGUN: Final = re.compile(rb"(?:rb_(?:key|cs)_[A-Za-z0-9_-]*|rb_key|rb_ke|rb_k|rb_cs|rb_c|rb_|rb|r)\Z")
_MASK: Final = rb"rb_\1_***"


class LogWriter:
    """The log of one step. Opens (and creates) the file at the first output; a silent step leaves none."""

    def __init__(self, order: StepOrder, masks: Masks | None = None) -> None:
        self._path = f"{order.home}/log"
        self._about = (order.step, order.attempt, order.scope)
        self._limit = order.log_bytes
        self._tail_budget = min(TAIL_BYTES, order.log_bytes // 4)
        self._file = -1
        self._full = False
        self._torn = False
        self._begun = {"out": b"", "err": b""}
        self._sieves = None if masks is None else {stream: Sieve(masks) for stream in self._begun}
        self._open: set[str] = set()
        self._kept: deque[tuple[str, str, bytes]] = deque()
        self._kept_bytes = 0
        self._left_out = 0
        self._recent = b""
        self.flush_at: float | None = None

    def take(self, stream: str, data: bytes) -> None:
        """Output of the step on `stream` (out, err). Complete lines are written now, a begun one soon."""
        if self._sieves is not None:
            data = self._sieves[stream].take(data)
        begun = self._begun[stream]
        if begun:
            data = begun + data
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if end:
            self._write(stream, data[:end])
            self._open.discard(stream)
        if len(rest) > LONGEST_LINE:
            rest = self._write_piece(stream, rest)
        self._begun[stream] = rest
        self.flush_at = time.monotonic() + FLUSH_SECONDS if any(self._begun.values()) else None

    def flush(self) -> None:
        """Write lines that were begun, as pieces: nothing came for a while."""
        for stream, rest in self._begun.items():
            if rest:
                self._begun[stream] = self._write_piece(stream, rest)
        self.flush_at = None

    def say(self, text: str) -> None:
        """A line of the house itself (stream sys)."""
        self._write("sys", (text + "\n").encode("utf-8", "replace"))

    def recent_lines(self) -> tuple[str, ...]:
        """The last lines that the step wrote."""
        lines = _plain(self._recent).decode("utf-8", "replace").rstrip("\n").split("\n")
        return tuple(lines[-TAIL_LINES:]) if self._recent else ()

    def close(self) -> None:
        """Write what is left: begun lines, and the marker and the tail when the log was full."""
        for stream, begun in self._begun.items():
            rest = begun if self._sieves is None else begun + self._sieves[stream].rest()
            if rest or stream in self._open:
                self._write(stream, rest + b"\n")
        if self._kept or self._left_out:
            self._write_tail()
        if self._file >= 0:
            os.close(self._file)

    def _write_piece(self, stream: str, rest: bytes) -> bytes:
        keep = _unfinished(rest)
        piece = rest[: len(rest) - keep]
        if piece:
            self._write(stream, piece + b"\n", more="+")
            self._open.add(stream)
        return rest[len(rest) - keep :]

    def _write(self, stream: str, lines: bytes, more: str = "") -> None:
        self._recent = (self._recent + lines[-_RECENT:])[-_RECENT:]
        t = log.stamp(time.time_ns() // 1_000_000)
        if not self._full:
            self._full = not self._append(self._records(t, stream + more, lines))
        if self._full:
            self._keep(t, stream + more, lines)

    def _records(self, t: str, stream: str, lines: bytes) -> bytes:
        head = log.head(t, stream, *self._about)
        return head + _plain(lines)[:-1].replace(b"\n", b"\n" + head) + b"\n"

    def _append(self, records: bytes) -> bool:
        """Append whole records in one write; False when the head of the log is full, or the disk is."""
        try:
            if self._size() + len(records) > self._limit - self._tail_budget:
                return False
            self._torn = os.write(self._file, records) < len(records)
        except OSError:
            return False
        return not self._torn

    def _size(self) -> int:
        """Bytes in the file, which other hands of the same execution may append to as well."""
        if self._file < 0:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        return os.fstat(self._file).st_size

    def _keep(self, t: str, stream: str, lines: bytes) -> None:
        """Remember the newest output, and only count what is older."""
        if self._kept and self._kept[-1][1] == stream and len(self._kept[-1][2]) < _SMALL:
            t, _, before = self._kept.pop()
            self._kept_bytes -= len(before) + _ENTRY
            lines = before + lines
        self._kept.append((t, stream, lines))
        self._kept_bytes += len(lines) + _ENTRY
        while self._kept_bytes > self._tail_budget and len(self._kept) > 1:
            gone = len(self._kept.popleft()[2])
            self._kept_bytes -= gone + _ENTRY
            self._left_out += gone

    def _write_tail(self) -> None:
        with suppress(OSError):  # a full disk: the step must not fail for its log
            least = min(_LEAST_TAIL, self._tail_budget)
            room = max(least, min(self._tail_budget, (self._limit - self._size()) // 2))
            tail: deque[bytes] = deque()
            for t, stream, lines in reversed(self._kept):
                records = self._records(t, stream, lines) if room else b""
                fitting = records
                if len(records) > room:
                    fitting = records[records.find(b"\n", len(records) - room - 1) + 1 :]
                    self._left_out += len(_first_lines(lines, lines.count(b"\n") - fitting.count(b"\n")))
                    room = 0
                elif not records:
                    self._left_out += len(lines)
                room = max(0, room - len(records))
                tail.appendleft(fitting)
            if self._left_out:
                t = log.stamp(time.time_ns() // 1_000_000)
                said = log.marker(self._left_out, self._limit).encode() + b"\n"
                tail.appendleft(self._records(t, "sys", said))
            rest = memoryview((b"\n" if self._torn else b"") + b"".join(tail))
            while rest:
                rest = rest[os.write(self._file, rest) :]


def _first_lines(text: bytes, count: int) -> bytes:
    end = 0
    for _ in range(count):
        end = text.find(b"\n", end) + 1
    return text[:end]


def _plain(lines: bytes) -> bytes:
    """Credentials of ours masked, NUL made visible, and everything that is no UTF-8 replaced."""
    if b"rb_key_" in lines or b"rb_cs_" in lines:
        lines = _CREDENTIAL.sub(_MASK, lines)
    if lines.isascii():
        return lines.replace(b"\0", _NUL) if b"\0" in lines else lines
    lines = lines.replace(b"\0", _NUL)
    try:
        lines.decode()
    except UnicodeDecodeError:
        return lines.decode("utf-8", "replace").encode()
    return lines


def _unfinished(piece: bytes) -> int:
    """How many bytes at the end wait for what follows: the start of a character, or of a credential."""
    begun = _CREDENTIAL_BEGUN.search(piece, max(0, len(piece) - _LONGEST_KEY))
    if begun:
        return len(piece) - begun.start()
    for back in range(1, min(4, len(piece) + 1)):
        byte = piece[-back]
        if byte >= 0xC0:
            needed = 2 + (byte >= 0xE0) + (byte >= 0xF0)
            return back if back < needed else 0
        if byte < 0x80:
            return 0
    return 0
