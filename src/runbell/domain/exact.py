"""Integers that many readers of JSON would round: beyond ±2⁵³ they are shown as text."""

from typing import Any, Final

_EXACT: Final = 2**53


def exact(value: Any) -> Any:
    """The value with integers beyond ±2⁵³ as text: many readers of JSON would round them."""
    kind = type(value)
    if kind is int:
        return value if -_EXACT <= value <= _EXACT else str(value)
    if kind is list:
        return [exact(item) for item in value]
    if kind is dict:
        return {name: exact(item) for name, item in value.items()}
    return value
