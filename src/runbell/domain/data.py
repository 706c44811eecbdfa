"""What a step leaves besides its result: row sets, exception records, output files, an execution that it started."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

StandardType = Literal["text", "int", "decimal", "bool", "date", "datetime", "json"]


class Column(Struct, frozen=True):
    """One column: its standard type, and the word that its source has for it (empty when the source has none)."""

    name: str
    type: StandardType = "text"
    source: str = ""
    nullable: bool = True


class RowSet(Struct, frozen=True, kw_only=True, tag="rows"):
    """Rows in `file` of the execution's data, in the order in which the step gave them.

    `kind` exceptions: each row begins with its reason, which is no column; `reasons` counts them. `name` None: the step
    gave none. A row may be shorter than `columns`: the rest is null. `size` is that of the file, in bytes.
    """

    kind: Literal["result", "exceptions"]
    name: str | None
    file: str
    columns: tuple[Column, ...]
    rows: int
    size: int
    reasons: dict[str, int] = {}


class OutputFile(Struct, frozen=True, kw_only=True, tag="file"):
    """A file that a step left. `name` is for people, `file` is where it lies in the execution's data.

    Of a CSV file `rows` (without the line of names) and `columns` are known.
    """

    name: str
    file: str
    size: int
    sha256: str
    content_type: str
    rows: int | None = None
    columns: int | None = None


class ChildExecution(Struct, frozen=True, kw_only=True, tag="execution"):
    """The execution of another job that a step started and waited for."""

    job: str
    id: str
    number: int


Yield = RowSet | OutputFile | ChildExecution


def exception_sets(data: Iterable[Yield]) -> list[RowSet]:
    """The exception records among what a step left."""
    return [one for one in data if isinstance(one, RowSet) and one.kind == "exceptions"]


def result_sets(data: Iterable[Yield]) -> list[RowSet]:
    """The result sets among what a step left."""
    return [one for one in data if isinstance(one, RowSet) and one.kind == "result"]


def output_files(data: Iterable[Yield]) -> list[OutputFile]:
    """The files among what a step left."""
    return [one for one in data if isinstance(one, OutputFile)]


def parts(data: Iterable[Yield]) -> list[str]:
    """The names under which these lie in the execution's data: a set of rows has an index beside it."""
    names: list[str] = []
    for one in data:
        if isinstance(one, RowSet):
            names += (one.file, index_of(one.file))
        elif isinstance(one, OutputFile):
            names.append(one.file)
    return names


def index_of(rows: str) -> str:
    """Where the index of a file of rows lies."""
    return rows.removesuffix(".rows") + ".index"


def exception_count(data: Iterable[Yield]) -> int:
    """How many exception records a step left."""
    return sum(one.rows for one in exception_sets(data))
