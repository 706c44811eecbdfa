"""Result sets: what the steps of a job returned, as tables with their schema.

https://docs-v4-1.infolinkcloud.com/docs/rest-api/manage-jobs/post-executejob (the response example)
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from runbell.dialects.infolink.columns import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    TEXT,
    Column,
    Kind,
    as_text,
    kind_of,
    whole,
    written,
)
from runbell.domain.data import RowSet
from runbell.domain.data import result_sets as sets_of
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.faults import InvalidField
from runbell.domain.yielded import LeftRows, last_attempts, whence
from runbell.http.request import Request
from runbell.operations import look, read_data
from runbell.operations.ports import Ports

VALUE: Final = "value"


class Table(Struct, frozen=True, kw_only=True):
    """Rows by column name, and the schema unless it was not wanted."""

    records: list[dict[str, Any]]
    schema: list[Column] | UnsetType = UNSET


class ResultSet(Struct, frozen=True, kw_only=True):
    """What one step returned. `name` is the one that the step gave it; a returned value goes by that of its step."""

    name: str | None
    result: Table


async def result_sets(request: Request, execution: Execution, *, schema: bool, most_bytes: int) -> list[ResultSet]:
    """What each step returned, in the order of the steps: its result sets, else the value that it returned.

    Of a step that failed in the end what it had left until then. None for a caller who may look but not read results.
    Raises InvalidField when they are larger than `most_bytes` in all, Gone when retention took them.
    """
    if not request.sees(execution).results:
        return []
    ports = request.ports
    rows = [row for row in last_attempts(await look.steps(ports, execution)) if not row.inner]
    size = sum(_size(row) for row in rows)
    if size > most_bytes:
        raise InvalidField(f"Result is too large: {size} bytes")
    found = []
    for row in rows:
        if sets := sets_of(row.data):
            found += [
                ResultSet(name=one.name, result=await _rows(request, execution, row, one, schema)) for one in sets
            ]
        elif (value := await _value(ports, execution, row)) is not None:
            found.append(ResultSet(name=row.name, result=table(value, schema=schema)))
    return found


def _size(row: StepExecution) -> int:
    sets = sets_of(row.data)
    if sets:
        return sum(one.size for one in sets)
    return 0 if row.result is None else row.result.size


async def _rows(request: Request, execution: Execution, row: StepExecution, rows: RowSet, schema: bool) -> Table:
    kinds = [(column.name, kind_of(column)) for column in rows.columns]
    left = LeftRows(name=rows.name if rows.name is not None else row.name, whence=whence(row), rows=rows)
    pieces: list[bytes] = []
    async for batch in read_data.batches(request.ports, request.actor, execution, left):
        if batch:
            pieces.append(await asyncio.to_thread(_encoded, batch, kinds))
    records = Raw(b"[" + b",".join(pieces) + b"]")  # as objects they would take ten times the room
    schemas = [kind.column(name) for name, kind in kinds] if schema else UNSET
    return Table(records=records, schema=schemas)  # type: ignore[arg-type]


def _encoded(batch: list[list[Any]], kinds: Iterable[tuple[str, Kind]]) -> bytes:
    """Records as they stand in a list, without its brackets: many of them take a while, beside the event loop."""
    return msgspec.json.encode([_record(values, kinds) for values in batch])[1:-1]


def _record(values: list[Any], kinds: Iterable[tuple[str, Kind]]) -> dict[str, Any]:
    last = len(values)
    return {name: written(values[place], kind) if place < last else None for place, (name, kind) in enumerate(kinds)}


async def _value(ports: Ports, execution: Execution, row: StepExecution) -> Any:
    held = row.result
    if held is None:
        return None
    raw = held.inline or await ports.artifacts.result(execution.id, held.file or "")
    return None if raw is None else msgspec.json.decode(raw)


def table(value: Any, *, schema: bool = True) -> Table:
    """A JSON value as a table: a list of objects column by column; anything else is one column and one record."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        value = [{VALUE: as_text(value)}]
    names = list(dict.fromkeys(name for row in value for name in row))
    kinds = {name: _kind_of([row.get(name) for row in value]) for name in names}
    records = [{name: _shown(row.get(name), kinds[name]) for name in names} for row in value]
    return Table(records=records, schema=[kinds[name][0].column(name) for name in names] if schema else UNSET)


def _kind_of(values: list[Any]) -> tuple[Kind, bool]:
    """The type of a column by what it holds, and whether its values are mixed: then each is written as JSON text."""
    types = {type(value) for value in values if value is not None}
    if types <= {str}:
        return TEXT, False
    if types == {bool}:
        return BOOLEAN, False
    if types == {int}:
        return INTEGER, False
    return (FLOAT, False) if types <= {int, float} else (TEXT, True)


def _shown(value: Any, kind: tuple[Kind, bool]) -> Any:
    if value is None:
        return None
    return as_text(value) if kind[1] else whole(value)
