"""A file that a caller handed in, and its reference: the value of a `file` parameter."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from runbell.domain.ids import LENGTH, is_id

PREFIX: Final = "file_"
LONGEST_NAME: Final = 255


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file as it is kept: its id, the name it came with, its size in bytes and its SHA-256 (hex)."""

    id: str
    project: str
    name: str
    size: int
    sha256: str
    created_at: int
    created_by: str


def reference(file_id: str) -> str:
    """The id as it is written in parameters."""
    return PREFIX + file_id


def referred(value: Any) -> str | None:
    """The id of the file that a value refers to; None when it is no reference."""
    if isinstance(value, str) and value.startswith(PREFIX) and len(value) == len(PREFIX) + LENGTH:
        file_id = value[len(PREFIX) :]
        return file_id if is_id(file_id) else None
    return None


def files_in(values: Iterable[Any]) -> Iterator[str]:
    """The ids of the files that parameter values refer to."""
    return (file_id for value in values if (file_id := referred(value)) is not None)


def plain_name(text: str) -> str:
    """A name to show: the last part of what was given, without control characters. It never becomes part of a path."""
    last = text.rpartition("/")[2].rpartition("\\")[2]
    shown = "".join(letter for letter in last if letter.isprintable()).strip()
    return shown[:LONGEST_NAME] or "file"
