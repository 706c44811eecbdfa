"""The body of an answer, unpacked in small pieces: a packed kilobyte never becomes a gigabyte at once."""

import zlib
from collections.abc import Iterator
from typing import Final

from runbell.egress.trouble import Unreached

PIECE: Final = 1 << 16
_GZIP: Final = zlib.MAX_WBITS | 16


class Unpacking:
    """Turns the pieces of a body into what they hold: gzip is unpacked, anything else is passed on as it came."""

    def __init__(self, headers: tuple[tuple[str, str], ...]) -> None:
        packed = [value.strip().lower() for name, value in headers if name.lower() == "content-encoding"]
        self._gzip = zlib.decompressobj(_GZIP) if packed in (["gzip"], ["x-gzip"]) else None

    def of(self, piece: bytes) -> Iterator[bytes]:
        """What one piece holds, at most 64 KiB at a time. Raises Unreached for a body that is not what it says."""
        if self._gzip is None:
            yield piece
            return
        while piece and not self._gzip.eof:
            try:
                part = self._gzip.decompress(piece, PIECE)
            except zlib.error as error:
                raise Unreached("The answer says that it is packed with gzip, and is not.") from error
            piece = self._gzip.unconsumed_tail
            if part:
                yield part

    def end(self) -> None:
        """The body is over. Raises Unreached if the packed text is not."""
        if self._gzip is not None and not self._gzip.eof:
            raise Unreached("The answer ended in the middle of what it packed.")
