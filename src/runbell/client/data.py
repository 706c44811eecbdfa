"""The calls about what steps left: result sets, exception records and files; rows one by one, and downloads."""

import errno
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from msgspec import Struct

from runbell.client.call import call, stream
from runbell.client.caller import Caller, execution_path
from runbell.client.effects import Ask, Flow, ReadPiece, Stream
from runbell.client.problems import DamagedDownload

Kind = Literal["results", "exceptions", "artifacts"]
Format = Literal["csv", "ndjson", "parquet"]
PAGE: Final = 1_000
MEDIA: Final[dict[Format, str]] = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


class Column(Struct, frozen=True, kw_only=True):
    """A column of rows; `source_type` is its source's word for the type."""

    name: str
    type: str
    nullable: bool = True
    source_type: str | None = None


class RowSet(Struct, frozen=True, kw_only=True):
    """A result set, and the step that left it."""

    name: str
    step: str
    scope: str | None = None
    attempt: int = 1
    reused_from: str | None = None
    row_count: int
    columns: tuple[Column, ...] = ()


class ReasonCount(Struct, frozen=True, kw_only=True):
    """How many records were rejected for a reason."""

    reason: str
    count: int


class ExceptionSet(RowSet, frozen=True, kw_only=True):
    """A set of exception records."""

    by_reason: tuple[ReasonCount, ...] = ()


class ExceptionSets(Struct, frozen=True, kw_only=True):
    """All exception records of an execution, counted. `kept` false: retention has taken the rows."""

    count: int
    by_reason: tuple[ReasonCount, ...] = ()
    sets: tuple[ExceptionSet, ...] = ()
    kept: bool = True


class ExceptionRecord(Struct, frozen=True, kw_only=True):
    """A rejected record: its number in its set, why, and the row."""

    n: int
    reason: str
    sample: bool = False
    row: dict[str, Any]


class Artifact(Struct, frozen=True, kw_only=True):
    """A file that a step left."""

    name: str
    file_name: str
    step: str
    scope: str | None = None
    attempt: int = 1
    reused_from: str | None = None
    size: int
    sha256: str
    content_type: str


class DownloadLink(Struct, frozen=True, kw_only=True):
    """Where to fetch something without credentials, and until when; `headers` must be sent with it."""

    download_url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    expires_at: str
    size: int | None = None
    sha256: str | None = None
    content_type: str = ""


class _Results(Struct, frozen=True):
    items: tuple[RowSet, ...]


class _Artifacts(Struct, frozen=True):
    items: tuple[Artifact, ...]


class DataCalls(Caller):
    """Read what steps left."""

    @call
    def results(self, ref: str | int) -> Flow[tuple[RowSet, ...]]:
        """The named result sets of an execution."""
        return (yield from self._get(f"{execution_path(ref)}/results", _Results)).items

    @call
    def exceptions(self, ref: str | int) -> Flow[ExceptionSets]:
        """The exception records of an execution: how many, why, in which sets."""
        return (yield from self._get(f"{execution_path(ref)}/exceptions", ExceptionSets))

    @call
    def artifacts(self, ref: str | int) -> Flow[tuple[Artifact, ...]]:
        """The files that the steps of an execution left."""
        return (yield from self._get(f"{execution_path(ref)}/artifacts", _Artifacts)).items

    @stream
    def rows(
        self, ref: str | int, name: str, *, filters: Mapping[str, str] | None = None, after_row: int = 0
    ) -> Stream[dict[str, Any]]:
        """The rows of a result set, fetched as they are needed. `filters`: the text that a column must have."""
        yield from self._pages(_place(ref, "results", name), dict[str, Any], _query(filters, after_row))

    @stream
    def exception_records(
        self,
        ref: str | int,
        name: str,
        *,
        reason: str | None = None,
        filters: Mapping[str, str] | None = None,
        after_row: int = 0,
    ) -> Stream[ExceptionRecord]:
        """The records of a set of exceptions, fetched as they are needed."""
        query = _query(filters, after_row) | {"reason": reason}
        yield from self._pages(_place(ref, "exceptions", name), ExceptionRecord, query)

    @call
    def download(self, ref: str | int, kind: Kind, name: str, to: str | Path, *, form: Format = "csv") -> Flow[Path]:
        """Fetch a file (`artifacts`), or all rows of a set in this `form`, into the file `to`; answers its path.

        It appears there only when it is whole; the digest of a file is checked. Raises DamagedDownload, OSError.
        """
        path, target = _place(ref, kind, name), Path(to)
        if not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(target.parent))
        headers = {"Accept": "*/*" if kind == "artifacts" else MEDIA[form], "Accept-Encoding": "identity"}
        answer = yield from self._send(Ask(method="GET", path=path, headers=headers, stream=True))
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        digest = sha256()
        try:
            with part.open("wb") as out:
                while piece := (yield ReadPiece()):
                    digest.update(piece)
                    out.write(piece)
            if piece is None:
                raise DamagedDownload(f"The connection broke off before {target.name} was whole; fetch it again.")
            wanted = answer.headers.get("etag", "").strip('"')
            if kind == "artifacts" and digest.hexdigest() != wanted:
                raise DamagedDownload(f"{name} is not what the step left (its SHA-256 differs); fetch it again.")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    @call
    def download_link(
        self, ref: str | int, kind: Kind, name: str, *, form: Format = "csv", expires_in: int = 900,
        gateway: bool = False,
    ) -> Flow[DownloadLink]:  # fmt: skip
        """A link that fetches it without credentials for so many seconds; `gateway`: with a key beside it."""
        asked = {"expires_in": expires_in, "form": "gateway" if gateway else None}
        if kind != "artifacts":
            asked["format"] = form
        return (yield from self._get(f"{_place(ref, kind, name)}/download", DownloadLink, **asked))


def _place(ref: str | int, kind: Kind, name: str) -> str:
    return f"{execution_path(ref)}/{kind}/{quote(name, safe='')}"


def _query(filters: Mapping[str, str] | None, after_row: int) -> dict[str, Any]:
    asked = {f"filter.{column}": text for column, text in (filters or {}).items()}
    return {"limit": PAGE, "after_row": after_row or None, **asked}
