"""Durations and sizes as people write them: `500ms 5s 10m 2h 3d` and `256MiB`."""

import re
from typing import Any, Final

UNITS_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
UNITS_BYTES: Final = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
LONGEST_MS: Final = 36_500 * UNITS_MS["d"]
LATEST: Final = 253_402_300_799_999
"""The last moment of the year 9999, in epoch ms: no later one can be written as RFC 3339."""
LARGEST_BYTES: Final = 1 << 40

_DURATION: Final = re.compile(r"([0-9]{1,15})(ms|s|m|h|d)")
_SIZE: Final = re.compile(r"([0-9]{1,15})(KiB|MiB|GiB)")


def duration_ms(value: Any) -> int:
    """A duration in milliseconds. Raises ValueError with a sentence when it is not one, or longer than 36500d."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a duration is a number and a unit, like `500ms`, `5s`, `10m`, `2h` or `3d`")
    length = int(match[1]) * UNITS_MS[match[2]]
    if length > LONGEST_MS:
        raise ValueError("at most `36500d`")
    return length


def size_bytes(value: Any) -> int:
    """A size in bytes. Raises ValueError with a sentence when it is not one, or more than 1024GiB."""
    if type(value) is int and value >= 0:
        size = value
    elif isinstance(value, str) and (match := _SIZE.fullmatch(value)):
        size = int(match[1]) * UNITS_BYTES[match[2]]
    else:
        raise ValueError("a size is a number of bytes, or a number and a unit, like `64KiB`, `256MiB` or `1GiB`")
    if size > LARGEST_BYTES:
        raise ValueError("at most `1024GiB`")
    return size
