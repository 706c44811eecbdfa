"""What goes over the native wire of results, exception records and files."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from runbell.dialects.native.shapes import Links, Moment
from runbell.domain.data import StandardType


class ColumnShape(Struct, frozen=True):
    """A column; `source_type` is what its source calls the type, null when it has no word for it."""

    name: str
    type: StandardType
    nullable: bool
    source_type: str | None


class RowSetShape(Struct, frozen=True, kw_only=True):
    """A set of rows, and the step that left it. `reused_from`: the execution that ran this step."""

    name: str
    step: str
    scope: str | None
    attempt: int
    reused_from: str | None
    row_count: int
    columns: tuple[ColumnShape, ...]
    links: Links


class ResultsShape(Struct, frozen=True, kw_only=True):
    """The result sets of an execution. `kept` false: retention has taken the rows."""

    items: tuple[RowSetShape, ...]
    kept: bool


class ReasonShape(Struct, frozen=True):
    """How many records were rejected for this reason."""

    reason: str
    count: int


class ExceptionSetShape(RowSetShape, frozen=True, kw_only=True):
    """A set of exception records, with its own reasons."""

    by_reason: tuple[ReasonShape, ...]


class ExceptionSetsShape(Struct, frozen=True, kw_only=True):
    """The exception records of an execution; none is ever cut off here, so `truncated` is false."""

    count: int
    truncated: Literal[False] = False
    by_reason: tuple[ReasonShape, ...]
    sets: tuple[ExceptionSetShape, ...]
    kept: bool


class RowsPage(Struct, frozen=True, kw_only=True):
    """One page of rows, each an object by column. Only a missing `next_cursor` is the end."""

    schema: tuple[ColumnShape, ...]
    items: list[dict[str, Any]]
    next_cursor: str | None
    has_more: bool
    row_count: int


class ExceptionShape(Struct, frozen=True):
    """A rejected record: the row, why, its number in the set. `sample`: not all such rows are on record."""

    n: int
    reason: str
    sample: bool
    row: dict[str, Any]


class ExceptionsPage(Struct, frozen=True, kw_only=True):
    """One page of exception records. Only a missing `next_cursor` is the end."""

    schema: tuple[ColumnShape, ...]
    items: list[ExceptionShape]
    next_cursor: str | None
    has_more: bool
    row_count: int


class ArtifactShape(Struct, frozen=True, kw_only=True):
    """A file that a step left. `file_name` is what the step called it, `name` what it goes by here."""

    name: str
    file_name: str
    step: str
    scope: str | None
    attempt: int
    reused_from: str | None
    size: int
    sha256: str
    content_type: str
    links: Links


class ArtifactsShape(Struct, frozen=True, kw_only=True):
    """The files of an execution. `kept` false: retention has taken them."""

    items: tuple[ArtifactShape, ...]
    kept: bool


class DownloadShape(Struct, frozen=True, kw_only=True):
    """How to fetch something without credentials. `headers` must be sent with it (the gateway form only).

    `size` and `sha256` are null for rows, which are written when they are fetched.
    """

    download_url: str
    method: Literal["GET"] = "GET"
    headers: dict[str, str] | UnsetType = UNSET
    expires_at: Moment
    size: int | None
    sha256: str | None
    content_type: str
    truncated: Literal[False] = False
