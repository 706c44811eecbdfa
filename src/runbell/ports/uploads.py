"""Where files that callers hand in lie."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Protocol

from msgspec import Struct


class Received(Struct, frozen=True):
    """What came: how many bytes, and their SHA-256 (hex)."""

    size: int
    sha256: str


class Uploads(Protocol):
    """A file lies there whole or not at all. Its name is made by the house from its id."""

    async def receive(self, file_id: str, pieces: AsyncIterator[bytes], most: int) -> Received:
        """Write what comes, durably. Raises BodyTooLarge beyond `most` bytes, StorageFull; then nothing is left."""
        ...

    def path(self, file_id: str) -> Path:
        """Where that file lies, whether it is there or not."""
        ...

    async def remove(self, files: Iterable[str]) -> None:
        """Remove files."""
        ...
