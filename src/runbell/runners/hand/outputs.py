"""The files that a step left in its output folder: each is given a name of ours, its size, digest and type, durably."""
# ruff: noqa: PTH103, PTH105, PTH118 - plain calls, as in the other files of the hand

import mimetypes
import os
import stat
from hashlib import sha256
from typing import Final

from runbell.domain.data import OutputFile
from runbell.rows.write import sync_folder
from runbell.runners.hand.results import BadResult
from runbell.runners.hand.tables import SEPARATORS, TableCount

MOST_FILES: Final = 10_000
LONGEST_NAME: Final = 255
_CHUNK: Final = 1 << 20


def collect(output: str, data: str) -> tuple[OutputFile, ...]:
    """Move what lies in `output` into `data`; ordered by name. Links, pipes and devices are left behind.

    Raises BadResult when there are too many, OSError when the disk is full.
    """
    found = sorted(_files(output))
    if not found:
        return ()
    if len(found) > MOST_FILES:
        raise BadResult(f"The step left {len(found)} files, the most is {MOST_FILES}; put them into an archive.")
    os.makedirs(data, 0o700, exist_ok=True)
    kept = tuple(_keep(os.path.join(output, name), name, data) for name in found)
    sync_folder(data)
    return kept


def _files(folder: str, under: str = "") -> list[str]:
    names: list[str] = []
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return names
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            names += _files(entry.path, f"{under}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            names.append(under + entry.name)
    return names


def _keep(path: str, name: str, data: str) -> OutputFile:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    table = TableCount(SEPARATORS[kind]) if kind in SEPARATORS else None
    with open(handle, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BadResult(f"The output file {name} was exchanged while it was read; write it before the step ends.")
        digest, size = sha256(), 0
        while block := file.read(_CHUNK):
            digest.update(block)
            size += len(block)
            if table is not None:
                table.take(block)
        os.fsync(handle)
    kept = os.urandom(16).hex()
    os.chmod(path, 0o600, follow_symlinks=True)  # noqa: PTH101
    os.replace(path, f"{data}/{kept}")
    rows, columns = (None, None) if table is None else table.shape()
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return OutputFile(
        name=shown[-LONGEST_NAME:], file=kept, size=size, sha256=digest.hexdigest(),
        content_type=kind, rows=rows, columns=columns,
    )  # fmt: skip
