"""Files that callers hand in, one per file in a folder: written aside, synced, and then put in their place."""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from runbell.domain import ids
from runbell.domain.faults import BodyTooLarge, StorageFull
from runbell.ports.uploads import Received
from runbell.rows.write import sync_folder


class UploadFolder:
    """Implements `ports.uploads.Uploads`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def receive(self, file_id: str, pieces: AsyncIterator[bytes], most: int) -> Received:
        """Write what comes, durably; a file that did not come whole leaves nothing behind."""
        target = self.path(file_id)
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}")
        digest, size = hashlib.sha256(), 0
        try:
            with unfinished.open("xb") as file:
                async for piece in pieces:
                    size += len(piece)
                    if size > most:
                        raise BodyTooLarge(f"A file may have {most} bytes; this one has more.")
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
                await asyncio.to_thread(_settle, file, target, unfinished)
        except BaseException as error:
            with suppress(FileNotFoundError):
                unfinished.unlink()
            if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageFull("The disk of the data folder is full; make room, then send the file again.") from None
            raise
        return Received(size, digest.hexdigest())

    def path(self, file_id: str) -> Path:
        """Where that file lies. Raises ValueError for what is no id."""
        if not ids.is_id(file_id):
            raise ValueError("This is no id of a file; it has 26 characters.")
        return self._root / file_id

    async def remove(self, files: Iterable[str]) -> None:
        """Remove files; one that is gone already is no error."""
        await asyncio.to_thread(self._remove, [*files])

    def _remove(self, files: list[str]) -> None:
        for file_id in files:
            self.path(file_id).unlink(missing_ok=True)


def _settle(file: BinaryIO, target: Path, unfinished: Path) -> None:
    """On disk first, then under its name, then the name on disk. Nobody writes to it any more."""
    file.flush()
    os.fchmod(file.fileno(), 0o400)
    os.fsync(file.fileno())
    unfinished.rename(target)
    sync_folder(str(target.parent))
