"""Where the rows and files lie that steps left: a folder, or an object store."""

from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from runbell.domain.data import Yield


class NoSuchData(LookupError):  # noqa: N818 - what is wrong, in a word
    """There is no file of that name in the data of that execution (any more)."""


class CannotKeep(Exception):  # noqa: N818 - an answer about the step, not a defect
    """What a step left could not be brought to where it belongs; the sentence says why and what to do."""


class CannotReach(OSError):  # noqa: N818 - what is wrong, in a word
    """Where the data lies cannot be reached now."""


class DataFiles(Protocol):
    """The data of executions. Every name is one that the house made (`domain.data`); nothing a caller says is one."""

    async def size(self, execution: str, file: str) -> int:
        """How many bytes a file has. Raises NoSuchData."""
        ...

    async def read(self, execution: str, file: str, first: int, length: int) -> bytes:
        """So many bytes from `first` on, fewer at the end of the file. Raises NoSuchData."""
        ...

    def stream(self, execution: str, file: str, first: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The file, or a part of it, in pieces. Raises NoSuchData with the first of them."""
        ...

    async def publish(self, execution: str, left: Iterable[Yield]) -> None:
        """Once this returns, what a step left on this machine lies durably where it belongs. Raises CannotKeep."""
        ...

    async def missing(self, execution: str, files: Iterable[str]) -> tuple[str, ...]:
        """Those of these files that are not there."""
        ...

    async def copy(self, source: str, target: str, files: Iterable[str]) -> None:
        """Give `target` these files of `source`; what it has already is left alone."""
        ...

    async def sign(self, execution: str, file: str, seconds: int) -> str | None:
        """A URL of the store's own that fetches the file for so long; None when it has no such thing."""
        ...

    async def delete(self, executions: Iterable[str]) -> None:
        """Remove all data of these executions."""
        ...

    def lying(self, before: int) -> AsyncIterator[tuple[str, list[str]]]:
        """Per execution its files outside its folder that were written before then (epoch ms). Raises CannotReach."""
        ...

    async def take_away(self, execution: str, files: Iterable[str]) -> int:
        """Remove some of them, which no step names; how many."""
        ...

    def held(self, at_once: int) -> AsyncIterator[list[str]]:
        """The executions that have data outside their folders, `at_once` at a time."""
        ...
