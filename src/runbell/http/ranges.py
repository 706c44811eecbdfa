"""The Range header (RFC 9110 §14): one range of bytes, in constant work whatever is sent."""

import re
from typing import Final

from runbell.domain.faults import BadRange

_ONE: Final = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


def read(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and length of the wanted part of `size` bytes; None for the whole. Raises BadRange."""
    if header is None or not header.startswith("bytes="):
        return None
    found = _ONE.fullmatch(header[:100]) if len(header) <= 100 else None
    if found is None or found[1] == found[2] == "":
        raise _bad("Ask for one range, like `Range: bytes=0-999`.", size)
    if found[1] == "":
        length = min(int(found[2]), size)
        first, last = size - length, size - 1
    else:
        first = int(found[1])
        last = min(int(found[2]), size - 1) if found[2] else size - 1
    if first > last or first >= size:
        raise _bad(f"There are {size} bytes.", size)
    return first, last - first + 1


def _bad(said: str, size: int) -> BadRange:
    return BadRange(said, about={"size": size})
