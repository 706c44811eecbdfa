"""Where the files of an execution lie: `root`/2031-04-07/ID/{log, workspace, results, output, data}.

The day is that of the id itself, so nothing has to be looked up, and no folder holds more than a day. Every name in a
path is made by the house; what a caller says only chooses among them.
"""

import asyncio
import errno
import os
import re
import shutil
import stat
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Final

from runbell.artifacts import leavings
from runbell.artifacts.data_folder import DATA, DataFolder
from runbell.artifacts.days import day_of
from runbell.artifacts.log_index import LogIndex
from runbell.artifacts.log_page import read_page
from runbell.artifacts.parquet import ParquetMaker
from runbell.artifacts.uploads import UploadFolder
from runbell.domain import ids
from runbell.domain.data import RowSet
from runbell.ports.artifacts import Left, LogFilter, LogPage
from runbell.ports.data_files import CannotReach, DataFiles

LOG: Final = "log"
_INDEXES: Final = 64
_RESULT: Final = re.compile(r"[0-9a-f]{16}\.json")


class ExecutionFolders:
    """The executions below one folder; `data`: where else the data of steps lies, if not here too."""

    def __init__(self, root: Path, data: DataFiles | None = None) -> None:
        self._root = root
        self.data = data or DataFolder(root)
        self.uploads = UploadFolder(root.parent / "files")
        self._parquet = ParquetMaker(root.parent / "exports")
        self._indexes: OrderedDict[str, LogIndex] = OrderedDict()
        self._lock = Lock()

    def home(self, execution: str) -> Path:
        """The execution's folder, whether it exists or not. Raises ValueError for what is no id."""
        if not ids.is_id(execution):
            raise ValueError("This is no execution id; it has 26 characters.")
        return self._root / day_of(execution) / execution

    async def log(self, execution: str, wanted: LogFilter) -> LogPage:
        """Lines of the log. What was found out about it is kept, so that going on costs only what is new."""
        return await asyncio.to_thread(self._log, execution, wanted)

    def log_size(self, execution: str) -> int:
        """How many bytes the log has now."""
        try:
            return (self.home(execution) / "log").lstat().st_size
        except FileNotFoundError:
            return 0

    def log_file(self, execution: str) -> Path | None:
        """The stored log as a file, or None when nothing was written yet."""
        file = self.home(execution) / "log"
        return file if file.is_file() and not file.is_symlink() else None

    async def result(self, execution: str, name: str) -> bytes | None:
        """The JSON of a result that was too large to be kept inline; None when there is none of that name."""
        if not _RESULT.fullmatch(name):
            return None
        return await asyncio.to_thread(_read, self.home(execution) / "results" / name)

    async def parquet(self, rows: RowSet, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The rows as Parquet; one at a time is made, in a process of its own."""
        return await self._parquet.made(rows, lines)

    async def left(self, execution: str, results: Iterable[str]) -> Left:
        """What is still there of it, and which of these result files are not."""
        return await asyncio.to_thread(_left, self.home(execution), [*results])

    async def copy_workspace(self, source: str, target: str) -> None:
        """Give `target` what `source` had made. Once: a workspace that is there already is left alone."""
        await asyncio.to_thread(_copy, self.home(source), self.home(target))

    async def strip(self, executions: Iterable[str], *, log: bool, data: bool) -> None:
        """Remove the log, or everything but the log, of these executions."""
        which = [*executions]
        await asyncio.to_thread(self._strip, which, log, data)
        if data:
            await self._delete_data(which)

    async def held(self, at_once: int) -> AsyncIterator[list[str]]:
        """The executions for which something lies here, or wherever else data lies, `at_once` at a time."""
        async for batch in self._on_disk(at_once):
            yield batch
        with suppress(CannotReach):  # a store that does not answer is asked again with the next sweep
            async for batch in self.data.held(at_once):
                yield batch

    async def _on_disk(self, at_once: int) -> AsyncIterator[list[str]]:
        """The executions that have a folder; never the names of more than `at_once` in memory."""
        for day in await asyncio.to_thread(_names, self._root):
            try:
                entries = await asyncio.to_thread(os.scandir, self._root / day)
            except (FileNotFoundError, NotADirectoryError):
                continue
            with entries:
                while batch := await asyncio.to_thread(_some, entries, at_once):
                    yield [name for name in batch if ids.is_id(name)]

    async def lying(self, at_once: int, before: int) -> AsyncIterator[dict[str, list[str]]]:
        """What hands left unfinished, and the files of the data, here and wherever else data lies."""
        async for batch in self._on_disk(at_once):
            here = await asyncio.to_thread(self._found, batch, before)
            if here:
                yield here
        with suppress(CannotReach):
            batch_of: dict[str, list[str]] = {}
            async for execution, files in self.data.lying(before):
                batch_of[execution] = [f"{DATA}/{file}" for file in files]
                if len(batch_of) >= at_once:
                    yield batch_of
                    batch_of = {}
            if batch_of:
                yield batch_of

    async def take_away(self, execution: str, names: Iterable[str]) -> int:
        """Remove these, unless somebody works in the execution's folder."""
        which = [*names]
        taken = await asyncio.to_thread(leavings.take_away, self.home(execution), which)
        files = [name.removeprefix(f"{DATA}/") for name in which if name.startswith(f"{DATA}/")]
        with suppress(CannotReach):
            taken += await self.data.take_away(execution, files)
        return taken

    def _found(self, executions: list[str], before: int) -> dict[str, list[str]]:
        found = {execution: leavings.found(self.home(execution), before) for execution in executions}
        return {execution: names for execution, names in found.items() if names}

    async def delete(self, executions: Iterable[str]) -> None:
        """Remove everything that lies there for these executions."""
        which = [*executions]
        await asyncio.to_thread(self._delete, which)
        await self._delete_data(which)

    async def _delete_data(self, executions: list[str]) -> None:
        """Remove their data; what cannot be reached now is found by the next sweep."""
        with suppress(CannotReach):
            await self.data.delete(executions)

    def _log(self, execution: str, wanted: LogFilter) -> LogPage:
        try:
            file = os.open(self.home(execution) / "log", os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as wrong:
            if wrong.errno not in {errno.ENOENT, errno.ELOOP}:  # not there, or exchanged for a link by the job
                raise
            return LogPage(lines=[], size=0, end=True, truncated=False)
        try:
            index = self._index(execution)
            with index.lock:
                index.update(file)
                return read_page(file, index, wanted)
        finally:
            os.close(file)

    def _index(self, execution: str) -> LogIndex:
        with self._lock:
            index = self._indexes.setdefault(execution, LogIndex())
            self._indexes.move_to_end(execution)
            if len(self._indexes) > _INDEXES:
                self._indexes.popitem(last=False)
            return index

    def _strip(self, executions: list[str], log: bool, data: bool) -> None:
        for execution in executions:
            if log:
                with self._lock:
                    self._indexes.pop(execution, None)
                with suppress(FileNotFoundError):
                    (self.home(execution) / LOG).unlink()
            for name in _names(self.home(execution)) if data else ():
                if name != LOG:
                    _remove(self.home(execution) / name)

    def _delete(self, executions: list[str]) -> None:
        for execution in executions:
            home = self.home(execution)
            with self._lock:
                self._indexes.pop(execution, None)
            with suppress(FileNotFoundError):
                shutil.rmtree(home)
            with suppress(OSError):
                home.parent.rmdir()  # the last one of its day


def _names(folder: Path) -> list[str]:
    """What lies in a folder; nothing when it is not there."""
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _some(entries: Iterator[os.DirEntry[str]], at_once: int) -> list[str]:
    return [entry.name for entry in islice(entries, at_once)]


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)


def _read(file: Path) -> bytes | None:
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with open(handle, "rb") as opened:
        return opened.read()


def _left(home: Path, results: list[str]) -> Left:
    missing = tuple(name for name in results if not (home / "results" / name).is_file())
    return Left(home.is_dir(), (home / "workspace").is_dir(), missing)


def _copy(source: Path, target: Path) -> None:
    if (target / "workspace").exists():
        return
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in ("results", "workspace"):  # the workspace last: its name says that all is there
        if not (source / folder).is_dir():
            continue
        unfinished = target / f".{folder}"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(target / folder, ignore_errors=True)
        shutil.copytree(source / folder, unfinished, symlinks=True, ignore=_only_files)
        unfinished.rename(target / folder)
    with suppress(OSError):
        target.rmdir()  # nothing was there to copy


def _only_files(folder: str, names: list[str]) -> list[str]:
    """What is not copied: pipes, sockets and devices."""
    known = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    return [name for name in names if not any(is_kind((Path(folder) / name).lstat().st_mode) for is_kind in known)]
