"""The routes of what steps left: result sets, exception records, files, and their downloads."""

from typing import Any

from runbell.dialects.native import data, downloads
from runbell.dialects.native.data import Rows
from runbell.dialects.native.data_shapes import (
    ArtifactsShape,
    DownloadShape,
    ExceptionSetsShape,
    ExceptionsPage,
    ResultsShape,
    RowsPage,
)
from runbell.dialects.native.logs import NDJSON
from runbell.dialects.native.routes.said import ABSENT, API, COUNT, EXECUTION, FLAG, PAGE, TEXT
from runbell.domain import faults as f
from runbell.http.route import JSON, Header, Query, Reply, Route
from runbell.operations.read_data import FORMS

_FORMAT = Query("format", {"enum": [*FORMS]}, "Of rows: csv (default), ndjson, json or parquet.")
_RANGE = (Header("Range", "One range of bytes."), Header("If-Range", "The ETag that the range is of."))
_ANY = "*/*"


def of_data(rows: Rows) -> list[Route]:
    """What steps left, with credentials."""
    accept = Header("Accept", f"{JSON} (a page), or all rows as {', '.join(data.FORM_OF)}.")
    filters = (
        *PAGE, Query("filter.*", TEXT, "Rows whose value in this column has this text: filter.country=DE."),
        Query("after_row", COUNT, "Begin behind the row of this number."),
    )  # fmt: skip
    reason = Query("reason", TEXT, "Records of this reason.")
    listed: dict[str, Any] = {"scope": "results:read", "faults": ABSENT, "method": "GET"}
    paged: dict[str, Any] = {"scope": "results:read", "method": "GET", "headers": (accept,),
             "faults": (*ABSENT, f.BadCursor, f.NotAcceptable)}  # fmt: skip
    one = f"{EXECUTION}/results/{{name}}"
    some = f"{EXECUTION}/exceptions/{{set}}"
    file = f"{EXECUTION}/artifacts/{{name}}"
    return [
        Route(path=f"{EXECUTION}/results", endpoint=data.results, name="list_results",
              summary="The named result sets of an execution", replies=_is(ResultsShape), **listed),
        Route(path=one, endpoint=rows.result, name="get_rows", query=filters,
              summary="Rows of a result set, in pages or exported", replies=_rows(RowsPage), **paged),
        Route(path=f"{EXECUTION}/exceptions", endpoint=data.exceptions, name="list_exceptions",
              summary="The exception records of an execution, counted by reason", replies=_is(ExceptionSetsShape),
              **listed),
        Route(path=some, endpoint=rows.exceptions, name="get_exceptions", query=(*filters, reason),
              summary="Exception records with their reasons, in pages or exported", replies=_rows(ExceptionsPage),
              **paged),
        Route(path=f"{EXECUTION}/artifacts", endpoint=data.artifacts, name="list_artifacts",
              summary="The files that the steps of an execution left", replies=_is(ArtifactsShape), **listed),
        Route(path=file, endpoint=data.artifact, name="get_artifact", scope="results:read", method="GET",
              headers=_RANGE, summary="A file, or a part of it", faults=(*ABSENT, f.BadRange), replies=_whole()),
        _download(one, downloads.result, "download_rows", _FORMAT),
        _download(some, downloads.exceptions, "download_exceptions", _FORMAT),
        _download(file, downloads.artifact, "download_artifact"),
    ]  # fmt: skip


def of_downloads() -> list[Route]:
    """The downloads that a signed link opens, or a key for one execution."""
    signed = (
        _FORMAT, Query("project", TEXT, "Of the signed form."), Query("execution", TEXT, "Of the signed form."),
        Query("artifact", TEXT, "What is fetched, by its name in the execution's data."),
        Query("by", TEXT, "Who gave the link out."),
        Query("expires", COUNT, "Until when it is good, in epoch seconds."),
        Query("key", TEXT, "The name of the key that it is signed with."),
        Query("signature", TEXT, "HMAC-SHA256 over method, path and the query before it."),
    )  # fmt: skip
    key = Header("x-api-key", "Of the gateway form: the key that came with the link.")
    return [
        Route(method="GET", path=f"{API}/downloads/{{id}}/{{name}}", endpoint=downloads.get, name="fetch", open=True,
              query=signed, headers=(key, *_RANGE), replies=_whole(),
              summary="Fetch what a download link is for; its signature or key is all that is asked for",
              faults=(*ABSENT, f.Unauthenticated, f.InvalidToken, f.BadRange, f.NotAcceptable)),
    ]  # fmt: skip


def _download(path: str, endpoint: Any, name: str, *more: Query) -> Route:
    said = "signed (default): a link that needs nothing; gateway: one that needs the x-api-key beside it."
    form = Query("form", {"enum": ["signed", "gateway"]}, said)
    expires = Query("expires_in", {"type": "integer", "minimum": 1, "maximum": 604_800},
                    "For how many seconds it is good; default 900, at most 604,800.")  # fmt: skip
    redirect = Query("redirect", FLAG, "Answer with a redirect to the signed link.", blank=True)
    return Route(
        method="GET", path=f"{path}/download", endpoint=endpoint, name=name, scope="results:read",
        query=(*more, form, expires, redirect), summary="A link that fetches it without credentials, for a while",
        faults=(*ABSENT, f.StorageFull),
        replies={200: Reply("Where and how to fetch it.", {JSON: DownloadShape}),
                 303: Reply("Go there.", {}, ("Location",))},
    )  # fmt: skip


def _is(shape: type) -> dict[int, Reply]:
    return {200: Reply("All there are.", {JSON: shape})}


def _rows(page: type) -> dict[int, Reply]:
    exports = {media: dict[str, Any] if media == NDJSON else str for media in data.FORM_OF if media != JSON}
    return {200: Reply("One page, or all rows.", {JSON: page, **exports}, ("Link", "Content-Disposition"))}


def _whole() -> dict[int, Reply]:
    told = ("Content-Disposition", "ETag")
    return {200: Reply("The file.", {_ANY: str}, told),
            206: Reply("One range of it.", {_ANY: str}, (*told, "Content-Range"))}  # fmt: skip
