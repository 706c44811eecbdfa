"""A file as an answer, whole or one range of it, read in pieces off the event loop (RFC 9110 §14)."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

from runbell.http import ranges
from runbell.http.answer import Headers, Stream, header
from runbell.http.request import Request

PIECE: Final = 1 << 18


def part_of(
    size: int,
    opened: Callable[[int, int], AsyncIterator[bytes]],
    request: Request,
    headers: Headers,
    etag: str,
) -> Stream:
    """A file of `size` bytes, or the range that the request wants of it; `opened(first, length)` reads it.

    With an If-Range that names another `etag` the whole file is sent. Raises BadRange.
    """
    if_range = request.header(b"if-range")
    wanted = request.header(b"range") if if_range in {None, etag} else None
    return _stream(size, ranges.read(wanted, size), [*headers, header("etag", etag)], opened)


def part(path: Path, wanted: str | None, if_range: str | None, headers: Headers) -> Stream:
    """The file as it is now, or the range of it that is wanted. Raises BadRange.

    There is no validator to compare an If-Range with, so with one the whole file is sent, as the RFC asks.
    """
    size = path.lstat().st_size
    return _stream(size, ranges.read(None if if_range else wanted, size), headers, partial(_pieces, path))


def attachment(name: str) -> tuple[bytes, bytes]:
    """The header that makes a browser save what comes, under this name (RFC 6266), and never show it."""
    plain = re.sub(r'[^ -~]|[\\"%]', "_", name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return header("content-disposition", f'attachment; filename="{plain}"{extended}')


def _stream(
    size: int, chosen: tuple[int, int] | None, headers: Headers, opened: Callable[[int, int], AsyncIterator[bytes]]
) -> Stream:
    first, length = chosen or (0, size)
    headers += [(b"accept-ranges", b"bytes"), (b"content-length", b"%d" % length)]
    if chosen is not None:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (first, first + length - 1, size)))
    return Stream(206 if chosen is not None else 200, headers, opened(first, length))


def no_link(path: str, flags: int) -> int:
    """Open a file, but not what a link leads to: a job may have exchanged it for one."""
    return os.open(path, flags | os.O_NOFOLLOW)


async def _pieces(path: Path, first: int, length: int) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(open, path, "rb", opener=no_link) as file:
        await asyncio.to_thread(file.seek, first)
        while length > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE, length))):
            length -= len(piece)
            yield piece
