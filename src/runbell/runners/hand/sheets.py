"""The files in which a step finds its parameters: on disk, or in memory when one of them is secret.

A hand that is killed leaves its files behind; what lies in its memory goes with it. The path leads to an open file of
the hand, which every process of the step may read as often as it likes.
"""

import os
from pathlib import Path


class Sheets:
    """The files of one step. `folder` is private to it, and made already."""

    def __init__(self, folder: Path, *, in_memory: bool) -> None:
        self.folder = folder
        self._in_memory = in_memory
        self._handles: list[int] = []

    def write(self, name: str, content: bytes) -> str:
        """The path of a new file with that content."""
        if not self._in_memory:
            file = self.folder / name
            file.write_bytes(content)
            return str(file)
        handle = os.memfd_create(name)
        self._handles.append(handle)
        with open(handle, "wb", closefd=False) as opened:
            opened.write(content)
        return f"/proc/{os.getpid()}/fd/{handle}"

    def close(self) -> None:
        """The step has ended."""
        for handle in self._handles:
            os.close(handle)
        self._handles.clear()
