"""A file as an answer, whole or one range of it, read in pieces off the event loop (RFC 9110 §14)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from runbell.http import ranges
from runbell.http.answer import Headers, Stream

PIECE: Final = 1 << 18


def part(path: Path, wanted: str | None, if_range: str | None, headers: Headers) -> Stream:
    """The file as it is now, or the range of it that is wanted. Raises BadRange.

    There is no validator to compare an If-Range with, so with one the whole file is sent, as the RFC asks.
    """
    size = path.stat().st_size
    chosen = ranges.read(None if if_range else wanted, size)
    first, length = chosen or (0, size)
    headers += [(b"accept-ranges", b"bytes"), (b"content-length", b"%d" % length)]
    if chosen is not None:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (first, first + length - 1, size)))
    return Stream(206 if chosen is not None else 200, headers, _pieces(path, first, length))


async def _pieces(path: Path, first: int, length: int) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        await asyncio.to_thread(file.seek, first)
        while length > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE, length))):
            length -= len(piece)
            yield piece
