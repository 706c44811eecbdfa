"""One page of a log: the lines that a filter wants, from the place where it wants them."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from msgspec import structs

from runbell.artifacts.log_index import LogIndex
from runbell.domain import log
from runbell.ports.artifacts import LogFilter, LogLine, LogPage

MOST_COUNTED: Final = 20_000
MOST_LOOKED_AT: Final = 64 << 20
"""Where counting ends: some 0.2 s, while whoever else reads this log waits."""
_STREAM_AT = len("2031-04-07T02:00:00.123Z\t")


def read_page(file: int, index: LogIndex, wanted: LogFilter) -> LogPage:
    """The page; its lines are in their order. Only blocks that may hold a wanted line are taken apart."""
    page = _lines(file, index, wanted)
    if not wanted.count:
        return page
    found, at_least = _count(file, index, wanted)
    return structs.replace(page, found=found, at_least=at_least)


def _lines(file: int, index: LogIndex, wanted: LogFilter) -> LogPage:
    last = min(index.lines, (wanted.before_line or index.lines + 1) - 1)
    if wanted.tail is not None or (wanted.before_line is not None and wanted.after_line is None):
        count = wanted.limit if wanted.tail is None else wanted.tail
        lines = list(islice(_backwards(file, index, wanted, last), count))[::-1]
        return _page(index, lines, end=last == index.lines)
    lines = _forwards(file, index, wanted, last)
    end = len(lines) < wanted.limit or lines[-1].n >= last
    return _page(index, lines, end=end and last == index.lines)


def _count(file: int, index: LogIndex, wanted: LogFilter) -> tuple[int, bool]:
    """How many lines of the whole log are wanted, and whether there may be more than that."""
    fits, may_hold = _tests(wanted)
    found, looked_at = 0, 0
    for first, block in index.blocks(file, 1):
        if found >= MOST_COUNTED or looked_at >= MOST_LOOKED_AT:
            return found, True
        looked_at += len(block)
        lines = block.split(b"\n")[:-1] if may_hold(block) else []
        found += sum(1 for _ in _matching(enumerate(lines, first), wanted, fits, 0, index.lines))
    return found, False


def _page(index: LogIndex, lines: list[LogLine], *, end: bool) -> LogPage:
    return LogPage(lines=lines, size=index.size, end=end, truncated=index.truncated)


def _forwards(file: int, index: LogIndex, wanted: LogFilter, last: int) -> list[LogLine]:
    after = wanted.after_line or 0
    barren = (wanted.step, wanted.stream, wanted.q)
    empty_from, empty_to = index.barren.get(barren, (0, 0))
    start = empty_to if empty_from <= after < empty_to else after
    found: list[LogLine] = []
    fits, may_hold = _tests(wanted)
    for first, block in index.blocks(file, start + 1):
        if first > last or len(found) >= wanted.limit:
            break
        lines = block.split(b"\n")[:-1] if may_hold(block) else []
        found += islice(_matching(enumerate(lines, first), wanted, fits, start, last), wanted.limit - len(found))
    if len(found) < wanted.limit:  # nothing more up to `last`: whoever asks on need not look there again
        index.barren = {barren: (found[-1].n if found else after, last)}
    return found


def _backwards(file: int, index: LogIndex, wanted: LogFilter, last: int) -> Iterator[LogLine]:
    fits, may_hold = _tests(wanted)
    for first, block in index.blocks_back(file, last):
        lines = block.split(b"\n")[:-1] if may_hold(block) else []
        numbered = zip(range(first + len(lines) - 1, first - 1, -1), reversed(lines), strict=True)
        yield from _matching(numbered, wanted, fits, wanted.after_line or 0, last)


def _matching(
    numbered: Iterator[tuple[int, bytes]], wanted: LogFilter, fits: Callable[[bytes], bool], after: int, last: int
) -> Iterator[LogLine]:
    for n, line in numbered:
        if after < n <= last and line and fits(line):
            record = log.read(line)
            if _wants(wanted, record):
                yield LogLine(
                    n=n, t=record.t, step=record.step, scope=record.scope, attempt=record.attempt,
                    stream=record.stream, text=record.text, partial=record.partial,
                )  # fmt: skip


def _tests(wanted: LogFilter) -> tuple[Callable[[bytes], bool], Callable[[bytes], bool]]:
    """Quick looks at the bytes of a line and of a whole block, which may let too many pass."""
    stream = (wanted.stream or "").encode()
    step = f"\t{log.field(wanted.step)}\t".encode() if wanted.step is not None else b""
    q = wanted.q.lower().encode() if wanted.q is not None and wanted.q.isascii() else b""

    def may_hold(text: bytes) -> bool:
        return step in text and (not q or q in text.lower())

    def fits(line: bytes) -> bool:
        return line.startswith(stream, _STREAM_AT) and may_hold(line)

    return fits, may_hold


def _wants(wanted: LogFilter, record: log.Record) -> bool:
    return (
        (wanted.stream is None or record.stream == wanted.stream)
        and (wanted.step is None or record.step == wanted.step)
        and (wanted.q is None or wanted.q.lower() in record.text.lower())
    )
