"""What a connection reads at a time: 64 KiB at most, where uvloop alone would read 256.

So a body that is refused costs little more than was allowed (guarantee G-72). All connections of the loop share one
buffer: what was read is handed on, as bytes of its own, before anybody reads again.
"""

# mypy: disable-error-code="explicit-override"

import asyncio
from typing import Final

AT_ONCE: Final = 65_536
"""Bytes. A smaller socket buffer would bound a read too, and every upload from afar with it."""

_BUFFER: Final = memoryview(bytearray(AT_ONCE))


class SmallReads(asyncio.BufferedProtocol):
    """Stands between the transport and a protocol that is given pieces."""

    def __init__(self, inner: asyncio.Protocol) -> None:
        self._inner = inner
        self.connection_lost = inner.connection_lost  # type: ignore[method-assign]
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._inner.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the loop's wish
        """Where the loop reads into."""
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        """Hand on what was read."""
        self._inner.data_received(bytes(_BUFFER[:nbytes]))
