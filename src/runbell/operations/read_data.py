"""Read what the steps of an execution left: pages of rows, rows in batches, exports, and files."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final, Literal

from runbell.domain.data import OutputFile, RowSet, index_of
from runbell.domain.execution import DATA_REMOVED, Execution
from runbell.domain.faults import Gone, NotAcceptable, Unavailable
from runbell.domain.identity import Actor
from runbell.domain.yielded import LeftFile, LeftRows
from runbell.operations import take
from runbell.operations.look_data import Left, stored
from runbell.operations.output import check_kept
from runbell.operations.ports import Ports
from runbell.ports.artifacts import NoParquet
from runbell.ports.data_files import CannotReach, NoSuchData
from runbell.rows.export import WRITERS, Format, exported, whole_lines
from runbell.rows.form import decode_row
from runbell.rows.read import RowPage, Wanted, read_page

Form = Format | Literal["parquet"]
FORMS: Final[dict[Form, str]] = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
"""The forms of an export, and the media type of each."""
WHOLE: Final[tuple[int, int | None]] = (0, None)


async def page(ports: Ports, actor: Actor, execution: Execution, left: LeftRows, wanted: Wanted) -> RowPage:
    """One page of a set of rows. Raises Gone."""
    rows = left.rows
    holder = await _holder(ports, execution, rows.file)
    data = ports.artifacts.data
    take.read(ports, actor, execution, left)
    try:
        return await read_page(
            partial(data.read, holder, rows.file), partial(data.read, holder, index_of(rows.file)), wanted
        )
    except NoSuchData:
        raise _gone(execution) from None
    except CannotReach as trouble:
        raise Unavailable(str(trouble)) from None


async def batches(ports: Ports, actor: Actor, execution: Execution, left: LeftRows) -> AsyncIterator[list[list[Any]]]:
    """All rows in their order, some at a time; those of exception records begin with their reason. Raises Gone."""
    async for lines in whole_lines(await raw(ports, actor, execution, left)):
        yield [decode_row(line) for line in lines.splitlines()]


async def export(ports: Ports, actor: Actor, execution: Execution, left: LeftRows, form: Form) -> AsyncIterator[bytes]:
    """A set of rows as a file of that form, piece by piece. Raises Gone, NotAcceptable before the first of them."""
    lines = await raw(ports, actor, execution, left, format=form)
    if form != "parquet":
        return exported(lines, WRITERS[form](left.rows))
    try:
        return await ports.artifacts.parquet(left.rows, lines)
    except NoParquet as refusal:
        raise NotAcceptable(str(refusal)) from None


async def raw(
    ports: Ports, actor: Actor, execution: Execution, left: Left, part: tuple[int, int | None] = WHOLE, **detail: Any
) -> AsyncIterator[bytes]:
    """The file as it lies there, or `part` (first byte, length) of it, in pieces. Raises Gone before the first.

    The audit log tells of it, with the `detail`, before the first piece.
    """
    file = stored(left).file
    pieces = ports.artifacts.data.stream(await _holder(ports, execution, file), file, *part)
    return take.told_first(ports, actor, execution, left, pieces, **detail)


def part(
    ports: Ports, actor: Actor, execution: Execution, left: LeftFile, first: int, length: int
) -> AsyncIterator[bytes]:
    """A part of a file whose place was checked."""

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in await raw(ports, actor, execution, left, (first, length)):
            yield piece

    return pieces()


async def check(ports: Ports, execution: Execution, thing: RowSet | OutputFile) -> None:
    """Whether it is still there. Raises Gone."""
    await _holder(ports, execution, thing.file)


async def missing(ports: Ports, execution: Execution, files: list[str]) -> tuple[str, ...]:
    """Those of these files of its data that are not there any more. Raises Unavailable."""
    try:
        return await ports.artifacts.data.missing(execution.id, files)
    except CannotReach as trouble:
        raise Unavailable(str(trouble)) from None


async def signed_by_store(ports: Ports, execution: Execution, thing: OutputFile, seconds: int) -> str | None:
    """A URL of the object store's own for a file, good for so long; None when data lies in a folder. Raises Gone."""
    holder = await _holder(ports, execution, thing.file)
    return await ports.artifacts.data.sign(holder, thing.file, seconds)


async def _holder(ports: Ports, execution: Execution, file: str) -> str:
    """The execution whose data holds the file: this one, or, before a restart has begun, the one that it goes on from.

    Raises Gone, Unavailable.
    """
    check_kept(execution, DATA_REMOVED, "data")
    for holder in (execution.id, execution.restart_of):
        if holder is not None:
            try:
                await ports.artifacts.data.size(holder, file)
            except NoSuchData:
                continue
            except CannotReach as trouble:
                raise Unavailable(str(trouble)) from None
            return holder
    raise _gone(execution)


def _gone(execution: Execution) -> Gone:
    return Gone(
        f"This part of the data of execution {execution.number} is not there any more; rerun it to make it again.",
        execution=execution.id,
    )
