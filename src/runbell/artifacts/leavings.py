"""What killed hands and attempts that were tried again left in an execution's folder: found, and taken away.

The age of a file is that of its inode's last change, which a job cannot set. Whoever works in a folder holds a shared
lock on it (`runners.hand.folders`), so nothing is taken from a folder that somebody holds, whatever the table says.
"""

import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Final

DATA: Final = "data"
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DATA: Final = re.compile(r"\.?[0-9a-f]{32}(?:\.rows|\.index)?")
_RESULT: Final = re.compile(r"\.[0-9a-f]{16}\.json")
_EXCHANGE: Final = re.compile(r"\.step-\d+")
_OUTPUT: Final = re.compile(r"\d+")


def found(home: Path, before: int) -> list[str]:
    """The files of its data, and what hands had not finished, as paths in `home`; last changed before then (epoch ms).

    Whether a step names a file of the data is not known here.
    """
    return [
        *(f"{DATA}/{name}" for name in _old(home / DATA, _DATA.fullmatch, before)),
        *(f"results/{name}" for name in _old(home / "results", _RESULT.fullmatch, before)),
        *(f"output/{name}" for name in _old(home / "output", _OUTPUT.fullmatch, before)),
        *_old(home, _EXCHANGE.fullmatch, before),
    ]


def take_away(home: Path, names: Iterable[str]) -> int:
    """Remove these, which `found` named; how many went. None of them when somebody works in the folder."""
    try:
        held = os.open(home, _FOLDER)
    except OSError:
        return 0
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return sum(_removed(held, name) for name in names)
    except BlockingIOError:
        return 0
    finally:
        os.close(held)


def _old(folder: Path, fits: Callable[[str], object], before: int) -> list[str]:
    with suppress(OSError):
        handle = os.open(folder, _FOLDER)
        try:
            with os.scandir(handle) as entries:
                return sorted(one.name for one in entries if fits(one.name) and _changed(one) < before)
        finally:
            os.close(handle)
    return []


def _changed(entry: os.DirEntry[str]) -> int:
    return entry.stat(follow_symlinks=False).st_ctime_ns // 1_000_000


def _removed(home: int, path: str) -> int:
    """Whether it was there. Every step down to it is a folder, none a link planted by a job."""
    above, _, name = path.rpartition("/")
    with suppress(OSError):
        folder = os.open(above or ".", _FOLDER, dir_fd=home)
        try:
            if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                rmtree(name, ignore_errors=True, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)
        finally:
            os.close(folder)
        return 1
    return 0
