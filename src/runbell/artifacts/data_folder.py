"""The data of executions in their folders: opened step by step, so that no link planted by a job leads elsewhere."""

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from runbell.artifacts.days import day_of
from runbell.domain import ids
from runbell.domain.data import Yield
from runbell.ports.data_files import NoSuchData

DATA: Final = "data"
PIECE: Final = 1 << 18
_NAME: Final = re.compile(r"[0-9a-f]{32}(?:\.rows|\.index)?")
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class DataFolder:
    """Implements `ports.data_files.DataFiles` on `root`/DAY/ID/data, where the hand has put the files already."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def size(self, execution: str, file: str) -> int:
        return await asyncio.to_thread(self._size, execution, file)

    async def read(self, execution: str, file: str, first: int, length: int) -> bytes:
        return await asyncio.to_thread(self._read, execution, file, first, length)

    async def stream(
        self, execution: str, file: str, first: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        handle = await asyncio.to_thread(self._open, execution, file)
        try:
            left = length
            while left is None or left > 0:
                piece = await asyncio.to_thread(os.pread, handle, PIECE if left is None else min(PIECE, left), first)
                if not piece:
                    return
                first += len(piece)
                left = None if left is None else left - len(piece)
                yield piece
        finally:
            os.close(handle)

    async def publish(self, execution: str, left: Iterable[Yield]) -> None:
        """The hand has made them durable in the very place where they belong."""

    async def missing(self, execution: str, files: Iterable[str]) -> tuple[str, ...]:
        return await asyncio.to_thread(self._missing, execution, [*files])

    async def copy(self, source: str, target: str, files: Iterable[str]) -> None:
        await asyncio.to_thread(self._link, source, target, [*files])

    async def sign(self, execution: str, file: str, seconds: int) -> str | None:  # noqa: ARG002
        """A folder signs nothing."""
        return None

    async def delete(self, executions: Iterable[str]) -> None:
        """They went with the folder."""

    async def lying(self, before: int) -> AsyncIterator[tuple[str, list[str]]]:  # noqa: ARG002
        """Nothing lies outside the folders of executions."""
        nothing: tuple[tuple[str, list[str]], ...] = ()
        for one in nothing:
            yield one

    async def take_away(self, execution: str, files: Iterable[str]) -> int:  # noqa: ARG002
        """They are taken from the folder."""
        return 0

    async def held(self, at_once: int) -> AsyncIterator[list[str]]:  # noqa: ARG002
        """Nothing lies outside the folders of executions."""
        nothing: tuple[list[str], ...] = ()
        for batch in nothing:
            yield batch

    def _open(self, execution: str, file: str) -> int:
        """A handle on a file. Raises NoSuchData, also for a name that is none of ours and for what is no plain file."""
        if not ids.is_id(execution) or not _NAME.fullmatch(file):
            raise NoSuchData(file)
        try:
            folder = self._folder(execution)
            try:
                handle = os.open(file, _FILE, dir_fd=folder)
            finally:
                os.close(folder)
        except OSError as wrong:
            raise NoSuchData(file) from wrong
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise NoSuchData(file)
        return handle

    def _folder(self, execution: str) -> int:
        """A handle on the execution's data folder; every step down to it is a folder, none a link."""
        handle = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for name in (day_of(execution), execution, DATA):
            try:
                below = os.open(name, _FOLDER, dir_fd=handle)
            finally:
                os.close(handle)
            handle = below
        return handle

    def _size(self, execution: str, file: str) -> int:
        handle = self._open(execution, file)
        try:
            return os.fstat(handle).st_size
        finally:
            os.close(handle)

    def _read(self, execution: str, file: str, first: int, length: int) -> bytes:
        handle = self._open(execution, file)
        try:
            return os.pread(handle, length, first)
        finally:
            os.close(handle)

    def _missing(self, execution: str, files: list[str]) -> tuple[str, ...]:
        missing = []
        for file in files:
            try:
                self._size(execution, file)
            except NoSuchData:
                missing.append(file)
        return tuple(missing)

    def _link(self, source: str, target: str, files: list[str]) -> None:
        """Give the files a second name: nothing is copied, and each side may be removed alone."""
        if not files:
            return
        home = self._root / day_of(target) / target
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            (home / DATA).mkdir(mode=0o700)
        there = self._folder(target)
        try:
            for file in files:
                self._link_one(source, file, there)
            os.fsync(there)
        finally:
            os.close(there)

    def _link_one(self, source: str, file: str, there: int) -> None:
        if not _NAME.fullmatch(file):
            raise NoSuchData(file)
        with suppress(FileNotFoundError):
            if stat.S_ISREG(os.stat(file, dir_fd=there, follow_symlinks=False).st_mode):
                return
        try:
            here = self._folder(source)
        except OSError as wrong:
            raise NoSuchData(file) from wrong
        try:
            os.link(file, file, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
        except FileNotFoundError as wrong:
            raise NoSuchData(file) from wrong
        finally:
            os.close(here)
