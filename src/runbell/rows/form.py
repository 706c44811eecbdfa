"""How rows lie on disk: one JSON array a line, and beside it where every thousandth row begins.

A reader needs no library for it, finds any row by one look at the index, and may read while the file is still written.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from runbell.domain.data import StandardType

ROWS: Final = ".rows"
INDEX: Final = ".index"
STRIDE: Final = 1_000
"""Rows between two entries of the index."""
OFFSET_BYTES: Final = 8
"""An entry: the offset of a row in the file, little-endian."""


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    return str(value)


_TYPES: Final[tuple[tuple[type, StandardType], ...]] = (
    *((bool, "bool"), (int, "int"), (float, "decimal"), (Decimal, "decimal")),
    *((datetime, "datetime"), (date, "date")),
)
_encoder: Final = msgspec.json.Encoder(enc_hook=_plain, decimal_format="string")
_encode: Final = _encoder.encode
_NO_NUMBERS: Final = (b'"NaN"', b'"sNaN"', b'Infinity"')
decode_row: Final = msgspec.json.Decoder(list[Any]).decode


def encode_row(values: list[Any]) -> bytes:
    """One line. Decimals become texts, bytes base64, times ISO 8601; what has no JSON form becomes its text."""
    try:
        return _encode(values) + b"\n"
    except (ValueError, RecursionError):  # half a surrogate pair, or nested without end
        return _encode([_readable(value) for value in values]) + b"\n"


def encode_rows(rows: Sequence[Sequence[Any]]) -> bytes:
    """Their lines, as `encode_row` writes each; a thousand at once cost a tenth of that."""
    try:
        lines = _encoder.encode_lines(rows)
    except (ValueError, RecursionError):
        pass
    else:
        if not any(word in lines for word in _NO_NUMBERS):  # decimals that are none, or a text that looks like one
            return lines
    return b"".join(encode_row([None if is_null(value) else value for value in row]) for row in rows)


def _readable(value: Any) -> Any:
    """The same with a question mark for each half of a surrogate pair; what is nested without end becomes its text."""
    try:
        _encode(value)
    except ValueError:
        if isinstance(value, dict):
            return {_readable(name): _readable(one) for name, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [_readable(one) for one in value]
    except RecursionError:
        pass
    else:
        return value
    return str(value).encode("utf-8", "replace").decode()


def standard_type(value: Any) -> str:
    """The standard type of a Python value that is not None."""
    for kind, name in _TYPES:
        if isinstance(value, kind):
            return name
    return "json" if isinstance(value, (list, tuple, dict)) else "text"


def standard_type_of(kind: type) -> StandardType:
    """The standard type of values of that Python type."""
    return next((name for known, name in _TYPES if issubclass(kind, known)), "text")


def plain(value: Any) -> Any:
    """The value as it is kept: null for numbers that are none, and a time with an offset as the same moment in UTC."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        with suppress(OverflowError):  # the first and last day that there is
            return value.astimezone(UTC)
    return None if is_null(value) else value


def is_null(value: Any) -> bool:
    """None, and numbers that are none: JSON has no word for them."""
    if isinstance(value, float):
        return not math.isfinite(value)
    return value is None or (isinstance(value, Decimal) and not value.is_finite())
