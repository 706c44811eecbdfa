"""Result sets: what the steps of a job returned, as tables with their schema.

https://docs-v4-1.infolinkcloud.com/docs/rest-api/manage-jobs/post-executejob (the response example)
"""

from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from runbell.domain.execution import Execution, StepExecution
from runbell.domain.faults import InvalidField
from runbell.domain.restart import FINISHED
from runbell.operations import look
from runbell.operations.ports import Ports

SAFE: Final = 2**53
VALUE: Final = "value"


class SourceType(Struct, frozen=True, kw_only=True, rename="camel"):
    """The type of a column where it comes from."""

    type_str: str
    precision: int
    name: str
    scale: int = 0


class StandardType(Struct, frozen=True, kw_only=True, rename="camel"):
    """The normal form of a column's type."""

    type_str: str
    name: str


class Column(Struct, frozen=True, kw_only=True, rename="camel"):
    """One column of a result set."""

    name: str
    type: SourceType
    type_standard: StandardType
    updateable: bool = False


class Table(Struct, frozen=True, kw_only=True):
    """Rows by column name, and the schema unless it was not wanted."""

    records: list[dict[str, Any]]
    schema: list[Column] | UnsetType = UNSET


class ResultSet(Struct, frozen=True, kw_only=True):
    """What one step returned."""

    name: str | None
    result: Table


class _Kind(Struct, frozen=True):
    source: SourceType
    standard: StandardType


def _kind(name: str, text: str, precision: int, standard: str) -> _Kind:
    return _Kind(
        SourceType(type_str=text, precision=precision, name=name), StandardType(type_str=standard, name=standard)
    )


TEXT: Final = _kind("nvarchar", "nvarchar(max)", -1, "text")
INTEGER: Final = _kind("bigint", "bigint", 19, "integer")
FLOAT: Final = _kind("float", "float", 53, "double")
BOOLEAN: Final = _kind("bit", "bit", 1, "boolean")


async def result_sets(ports: Ports, execution: Execution, *, schema: bool, most_bytes: int) -> list[ResultSet]:
    """One result set per step that returned something, in the order of the steps.

    Raises InvalidField when they are larger than `most_bytes` in all.
    """
    rows = [row for row in await look.steps(ports, execution) if row.result is not None and row.status in FINISHED]
    rows = [row for row in rows if not row.inner]
    size = sum(row.result.size for row in rows if row.result is not None)
    if size > most_bytes:
        raise InvalidField(f"Result is too large: {size} bytes")
    found = [(row.name, await _value(ports, execution, row)) for row in rows]
    return [ResultSet(name=name, result=table(value, schema=schema)) for name, value in found if value is not None]


async def _value(ports: Ports, execution: Execution, row: StepExecution) -> Any:
    held = row.result
    if held is None:
        return None
    raw = held.inline or await ports.artifacts.result(execution.id, held.file or "")
    return None if raw is None else msgspec.json.decode(raw)


def table(value: Any, *, schema: bool = True) -> Table:
    """A JSON value as a table: a list of objects column by column; anything else is one column and one record."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        value = [{VALUE: _text(value)}]
    names = list(dict.fromkeys(name for row in value for name in row))
    kinds = {name: _kind_of([row.get(name) for row in value]) for name in names}
    records = [{name: _shown(row.get(name), kinds[name]) for name in names} for row in value]
    columns = [Column(name=name, type=kinds[name][0].source, type_standard=kinds[name][0].standard) for name in names]
    return Table(records=records, schema=columns if schema else UNSET)


def _kind_of(values: list[Any]) -> tuple[_Kind, bool]:
    """The type of a column by what it holds, and whether its values are mixed: then each is written as JSON text."""
    types = {type(value) for value in values if value is not None}
    if types <= {str}:
        return TEXT, False
    if types == {bool}:
        return BOOLEAN, False
    if types == {int}:
        return INTEGER, False
    return (FLOAT, False) if types <= {int, float} else (TEXT, True)


def _shown(value: Any, kind: tuple[_Kind, bool]) -> Any:
    if value is None:
        return None
    if kind[1]:
        return _text(value)
    return str(value) if type(value) is int and not -SAFE <= value <= SAFE else value


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
