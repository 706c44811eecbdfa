"""The columns of a result set: the type of each where it comes from, its normal form, and how a value is written.

https://docs-v4-1.infolinkcloud.com/docs/rest-api/manage-jobs/post-executejob (the response example; text is
the vendor's, the other types are ours)
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from runbell.domain import data

SAFE: Final = 2**53
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_BINARY: Final = re.compile("float|double|real", re.IGNORECASE)


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


class Kind(Struct, frozen=True):
    """Both types of a column."""

    source: SourceType
    standard: StandardType

    def column(self, name: str) -> Column:
        """A column of this kind."""
        return Column(name=name, type=self.source, type_standard=self.standard)


def _kind(name: str, text: str, precision: int, standard: str, scale: int = 0) -> Kind:
    source = SourceType(type_str=text, precision=precision, name=name, scale=scale)
    return Kind(source, StandardType(type_str=standard, name=standard))


TEXT: Final = _kind("nvarchar", "nvarchar(max)", -1, "text")
INTEGER: Final = _kind("bigint", "bigint", 19, "integer")
DECIMAL: Final = _kind("decimal", "decimal(38,10)", 38, "decimal", 10)
FLOAT: Final = _kind("float", "float", 53, "double")
BOOLEAN: Final = _kind("bit", "bit", 1, "boolean")
DATE: Final = _kind("date", "date", 10, "date")
DATETIME: Final = _kind("datetime2", "datetime2(3)", 23, "datetime", 3)
_KINDS: Final = {
    "text": TEXT, "int": INTEGER, "decimal": DECIMAL, "bool": BOOLEAN, "date": DATE, "datetime": DATETIME, "json": TEXT,
}  # fmt: skip


def kind_of(column: data.Column) -> Kind:
    """The kind of a column that a step left."""
    return FLOAT if column.type == "decimal" and _BINARY.search(column.source) else _KINDS[column.type]


def written(value: Any, kind: Kind) -> Any:
    """A value as it lies in a file of rows, as a record has it."""
    if value is None:
        return None
    if kind is TEXT:
        return value if type(value) is str else as_text(value)
    if kind is INTEGER:
        return whole(value)
    if kind is DECIMAL or kind is FLOAT:
        return Raw(value.encode()) if type(value) is str and _NUMBER.fullmatch(value) else value
    return _moment(value) if kind is DATETIME else value


def whole(value: Any) -> Any:
    """A whole number, as text where a reader would round it."""
    return str(value) if type(value) is int and not -SAFE <= value <= SAFE else value


def as_text(value: Any) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()


def _moment(value: Any) -> Any:
    """A time to the millisecond, UTC; as it lies there when it is none, or none in UTC (the first hours of year 1)."""
    try:
        moment = datetime.fromisoformat(value)
        aware = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return value
    return aware.isoformat(timespec="milliseconds").replace("+00:00", "Z")
