"""What steps left → the native shapes."""

from typing import Any
from urllib.parse import quote

from runbell.dialects.native.data_shapes import (
    ArtifactShape,
    ArtifactsShape,
    ColumnShape,
    ExceptionSetShape,
    ExceptionSetsShape,
    ExceptionShape,
    ReasonShape,
    ResultsShape,
    RowSetShape,
)
from runbell.dialects.native.execution_wire import PREFIX, address
from runbell.domain.data import RowSet
from runbell.domain.execution import DATA_REMOVED, Execution
from runbell.domain.yielded import AllLeft, LeftFile, LeftRows, Whence, by_reason
from runbell.rows.export import JsonValues
from runbell.rows.read import RowPage


def results(execution: Execution, left: AllLeft) -> ResultsShape:
    """The list of result sets."""
    items = tuple(RowSetShape(**_set(execution, one, "results")) for one in left.results)
    return ResultsShape(items=items, kept=_kept(execution))


def exceptions(execution: Execution, left: AllLeft) -> ExceptionSetsShape:
    """The account of exception records."""
    sets = tuple(
        ExceptionSetShape(**_set(execution, one, "exceptions"), by_reason=_reasons(by_reason([one])))
        for one in left.exceptions
    )
    count, reasons = sum(one.row_count for one in sets), _reasons(by_reason(left.exceptions))
    return ExceptionSetsShape(count=count, by_reason=reasons, sets=sets, kept=_kept(execution))


def artifacts(execution: Execution, left: AllLeft) -> ArtifactsShape:
    """The list of files."""
    return ArtifactsShape(items=tuple(_file(execution, one) for one in left.files), kept=_kept(execution))


def columns(rows: RowSet) -> tuple[ColumnShape, ...]:
    """The schema of a set of rows."""
    return tuple(ColumnShape(one.name, one.type, one.nullable, one.source or None) for one in rows.columns)


def row_objects(rows: RowSet, page: RowPage) -> list[dict[str, Any]]:
    """The rows of a page, by column."""
    return list(JsonValues(rows).objects(values for _, values in page.rows))


def exception_objects(rows: RowSet, page: RowPage) -> list[ExceptionShape]:
    """The exception records of a page."""
    names = [column.name for column in rows.columns]
    numbered = zip(page.rows, JsonValues(rows).lists(values for _, values in page.rows), strict=True)
    return [
        ExceptionShape(number, str(values[0]), sample=False, row=dict(zip(names, values[1:], strict=True)))
        for (number, _), values in numbered
    ]


def place(execution: Execution, kind: str, name: str) -> str:
    """The path of one thing that an execution left."""
    return f"{address(execution)}/{kind}/{quote(name, safe='')}"


def _set(execution: Execution, one: LeftRows, kind: str) -> dict[str, Any]:
    return {
        **_whence(one.name, one.whence), "row_count": one.rows.rows, "columns": columns(one.rows),
        "links": _links(execution, kind, one.name),
    }  # fmt: skip


def _file(execution: Execution, one: LeftFile) -> ArtifactShape:
    kept = one.file
    return ArtifactShape(
        **_whence(one.name, one.whence), file_name=kept.name, size=kept.size, sha256=kept.sha256,
        content_type=kept.content_type, links=_links(execution, "artifacts", one.name),
    )  # fmt: skip


def _whence(name: str, whence: Whence) -> dict[str, Any]:
    reused = None if whence.reused_from is None else PREFIX + whence.reused_from
    return {
        "name": name, "step": whence.step, "scope": whence.scope, "attempt": whence.attempt, "reused_from": reused,
    }  # fmt: skip


def _links(execution: Execution, kind: str, name: str) -> dict[str, str]:
    own = place(execution, kind, name)
    return {"self": own, "download": f"{own}/download"}


def _reasons(counts: dict[str, int]) -> tuple[ReasonShape, ...]:
    return tuple(ReasonShape(reason, count) for reason, count in counts.items())


def _kept(execution: Execution) -> bool:
    return not execution.removed & DATA_REMOVED
