"""Files as one ZIP archive, made while it goes out: never more than a piece of it in memory."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterable
from typing import IO, Any, cast


class _Sink(io.RawIOBase):
    """Takes what the archive writes, until it is fetched. It cannot seek, so sizes stand behind each file."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:  # type: ignore[explicit-override]
        """It is."""
        return True

    def write(self, data: Any, /) -> int:  # type: ignore[explicit-override]
        """Keep it."""
        self._written.append(bytes(data))
        return len(data)

    def fetch(self) -> bytes:
        """What came since the last time."""
        data, self._written = b"".join(self._written), []
        return data


async def zipped(files: Iterable[tuple[str, AsyncIterator[bytes]]]) -> AsyncIterator[bytes]:
    """The archive of these files, name and content, piece by piece."""
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in files:
            with archive.open(name, "w", force_zip64=True) as member:
                async for piece in pieces:
                    await asyncio.to_thread(member.write, piece)
                    if data := sink.fetch():
                        yield data
    yield sink.fetch()
