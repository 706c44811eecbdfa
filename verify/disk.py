"""A disk whose power can be cut (H-1): an apsw VFS that knows what is durable of each file, and what was only written.

Everything goes through to real files, which play the page cache. Every write, truncation, sync and removal is counted;
at the chosen one the power goes: of each 512-byte sector that was not synced, chance keeps, loses or tears it.
"""

from pathlib import Path
from random import Random
from typing import Any

import apsw

SECTOR = 512


class PowerCut(apsw.IOError):
    """The power is gone: this call and every later one fails."""


class Surface:
    """One file: the bytes that are safe, and what was done to it since the last sync."""

    def __init__(self, durable: bytes) -> None:
        self.durable = bytearray(durable)
        self.pending: list[tuple[int, bytes | None]] = []

    def sync(self) -> None:
        """All of it is safe now."""
        for offset, data in self.pending:
            _apply(self.durable, offset, data)
        self.pending = []

    def survived(self, random: Random) -> bytes:
        """What is found after a cut."""
        found = bytearray(self.durable)
        for offset, data in self.pending:
            if data is None:
                if random.random() < 0.5:
                    _apply(found, offset, None)
                continue
            for start, piece in _sectors(offset, data):
                fate = random.random()
                if fate < 0.5:
                    _apply(found, start, piece)
                elif fate < 0.75:
                    _apply(found, start, piece[: random.randrange(len(piece) + 1)])
        return bytes(found)


class Disk(apsw.VFS):
    """The default VFS until `end`. `cut_at` counts operations from 1; 0 never cuts."""

    def __init__(self, name: str, random: Random, cut_at: int) -> None:
        super().__init__(name, "unix", makedefault=True)  # whoever opens a database now opens it here
        self.operations = 0
        self.cut = False
        self.ended = False
        self._random = random
        self._cut_at = cut_at
        self._surfaces: dict[str, Surface] = {}

    def xOpen(self, name: Any, flags: list[int]) -> "_File":  # noqa: N802
        """SQLite opens a file."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is not None and path not in self._surfaces and not path.endswith("-shm"):
            there = Path(path)
            self._surfaces[path] = Surface(there.read_bytes() if there.exists() else b"")
        return _File(self, name, flags, self._surfaces.get(path) if path else None)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """SQLite removes a file."""
        self.tick()
        self._surfaces.pop(filename, None)
        super().xDelete(filename, syncdir)

    def tick(self) -> None:
        """One more operation. Raises PowerCut at the chosen one and for ever after."""
        if self.ended:
            return
        if self.cut:
            raise PowerCut
        self.operations += 1
        if self.operations == self._cut_at:
            self.cut = True
            raise PowerCut

    def end(self) -> None:
        """Other databases are opened on the machine's own disk again; who still has files here may close them."""
        self.ended = True
        self.unregister()

    def leave(self, folder: Path) -> None:
        """Write what survived into another folder, under the names the files had."""
        for path, surface in self._surfaces.items():
            (folder / Path(path).name).write_bytes(surface.survived(self._random))


class _File(apsw.VFSFile):
    """An open file. Without a surface (temporary files) nothing of it is meant to survive."""

    def __init__(self, disk: Disk, name: Any, flags: list[int], surface: Surface | None) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._surface = surface

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        """Written is not durable."""
        self._disk.tick()
        if self._surface is not None:
            self._surface.pending.append((offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        """Neither is cut off."""
        self._disk.tick()
        if self._surface is not None:
            self._surface.pending.append((newsize, None))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Synced is durable; the page cache needs no sync of its own."""
        self._disk.tick()
        if self._surface is not None:
            self._surface.sync()


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _sectors(offset: int, data: bytes) -> list[tuple[int, bytes]]:
    """The write, cut where sectors begin."""
    pieces = []
    start = 0
    while start < len(data):
        end = min(len(data), start + SECTOR - (offset + start) % SECTOR)
        pieces.append((offset + start, data[start:end]))
        start = end
    return pieces
