"""The folder a server keeps its data in: on a disk of this machine, and held by one server at a time."""

import asyncio
import fcntl
import os
import time
from pathlib import Path
from typing import Final

LOCK_FILE: Final = "lock"
RETRY_S: Final = 0.02
REMOTE: Final = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "fuse", "fuseblk", "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4",
        "ocfs2", "orangefs", "smb3", "smbfs", "vboxsf", "virtiofs",
    }
)  # fmt: skip
"""File systems on which locks, shared memory or fsync do not mean what a database needs (https://sqlite.org/wal.html)."""


class UnsafeGround(Exception):  # noqa: N818 - a refusal to start, with a sentence for whoever starts it
    """The data folder cannot be used; the sentence says why and what to do."""


def prepare(folder: Path) -> None:
    """Make the folder, for its owner only, if it is missing. Raises UnsafeGround where no database should lie."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_file_system(folder, Path("/proc/mounts").read_text("utf-8"))


def check_file_system(folder: Path, mounts: str) -> None:
    """Refuse a network or FUSE file system. `mounts` is the text of /proc/mounts."""
    place = folder.resolve()
    kind = ""
    deepest = -1
    for line in mounts.splitlines():
        _, target, type_, *_ = line.split(" ")
        mount = Path(target.encode().decode("unicode_escape"))  # blanks are written as \040
        if place.is_relative_to(mount) and len(mount.parts) >= deepest:
            kind, deepest = type_, len(mount.parts)
    if kind in REMOTE or kind.startswith("fuse."):
        raise UnsafeGround(
            f"The data folder {place} lies on {kind}, where a database is not safe; put it on a disk of this machine."
        )


async def hold(folder: Path, patience_s: float) -> int:
    """Lock the folder for this server; the open file holds the lock, for whoever it is handed on to as well.

    Waits `patience_s` for a server that is just leaving, then raises UnsafeGround.
    """
    lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                await asyncio.sleep(RETRY_S)
                continue
            holder = os.pread(lock, 20, 0).decode().strip()
            os.close(lock)
            raise UnsafeGround(
                f"The data folder {folder} is in use by another server (process {holder}); "
                "stop that one, or give this one a folder of its own."
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return lock
