"""A disk of folders whose power can be cut (H-1): stands in for `os` and `open` in a module that writes files.

What was written to a file is safe once it was synced, a name once its folder was. Every write, sync, rename and removal
is counted; at the chosen one the power goes, and chance keeps, loses or tears what was not safe, by sectors and names.
"""

import os
from pathlib import PurePosixPath
from random import Random
from types import ModuleType
from typing import Any, Self

from verify.disk import Surface


class PowerGone(BaseException):
    """The power is gone: this call and every later one fails."""


class FolderDisk:
    """Files that lie nowhere but here."""

    def __init__(self, random: Random, cut_at: int, folder: str) -> None:
        """An empty disk with one folder on it."""
        self.operations = 0
        self.cut = False
        self._random, self._cut_at = random, cut_at
        self._names: dict[str, Surface | None] = {folder: None}
        self._safe: dict[str, Surface | None] = {folder: None}
        self._handles: dict[int, str] = {}

    def stand_in(self, *modules: ModuleType) -> None:
        """From now on these modules write here."""
        for module in modules:
            module.os = _Os(self)  # type: ignore[attr-defined]
            module.open = self.open  # type: ignore[attr-defined]

    def left(self) -> dict[str, bytes]:
        """The files that are found after the cut, by their paths."""
        found = dict(self._safe)
        for path in self._names.keys() | self._safe.keys():
            if self._names.get(path, path) != self._safe.get(path, path) and self._random.random() < 0.5:
                found.pop(path, None)
                if path in self._names:
                    found[path] = self._names[path]
        return {
            path: surface.survived(self._random)
            for path, surface in found.items()
            if surface is not None and all(str(above) in found for above in _above(path))
        }

    def tick(self) -> None:
        """One more operation."""
        self.operations += 1
        self.cut = self.cut or self.operations == self._cut_at
        if self.cut:
            raise PowerGone

    def makedirs(self, path: str) -> None:
        """A folder, and those that it lies in."""
        for one in (path, *map(str, _above(path))):
            self._names.setdefault(one, None)

    def open(self, path: str, *_: Any, **__: Any) -> "_Handle":
        """A new file."""
        self.tick()
        surface = Surface(b"")
        self._names[path] = surface
        return _Handle(self, surface, self.handle(path))

    def handle(self, path: str) -> int:
        """A number for what is open."""
        self._handles[len(self._handles)] = path
        return len(self._handles) - 1

    def fsync(self, handle: int) -> None:
        """What is in a file, or which names are in a folder, is safe."""
        self.tick()
        path = self._handles[handle]
        surface = self._names.get(path)
        if surface is not None:
            surface.sync()
            return
        for name in self._names.keys() | self._safe.keys():
            if str(PurePosixPath(name).parent) == path:
                self._safe.pop(name, None)
                if name in self._names:
                    self._safe[name] = self._names[name]

    def rename(self, before: str, after: str) -> None:
        """Another name."""
        self.tick()
        self._names[after] = self._names.pop(before)
        for handle, path in self._handles.items():
            if path == before:
                self._handles[handle] = after

    def unlink(self, path: str) -> None:
        """No name any more."""
        self.tick()
        del self._names[path]


class _Handle:
    """An open file. Python's own buffer is left out: less of it is safe without one, never more."""

    def __init__(self, disk: FolderDisk, surface: Surface, number: int) -> None:
        self._disk, self._surface, self._number, self._size = disk, surface, number, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def write(self, data: bytes) -> None:
        self._disk.tick()
        self._surface.pending.append((self._size, bytes(data)))
        self._size += len(data)

    def flush(self) -> None:
        """There is nothing between the file and what was written."""

    def fileno(self) -> int:
        return self._number

    def close(self) -> None:
        """Nothing becomes safe by that."""


class _Os:
    """What a module sees as `os`."""

    def __init__(self, disk: FolderDisk) -> None:
        self.fsync, self.rename, self.unlink = disk.fsync, disk.rename, disk.unlink
        self._disk = disk

    def makedirs(self, path: str, *_: Any, **__: Any) -> None:
        self._disk.makedirs(path)

    def open(self, path: str, *_: Any) -> int:
        return self._disk.handle(path)

    def close(self, _: int) -> None:
        """A folder."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def _above(path: str) -> list[PurePosixPath]:
    """The folders that it lies in, without the root."""
    return [one for one in PurePosixPath(path).parents if str(one) not in ("/", ".")]
