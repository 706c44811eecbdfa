"""What an execution can be found by: the values of its job's indexed parameters, as texts."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.json import encode

from runbell.domain.job import Parameter

LONGEST: Final = 200
"""A longer text stands as its digest: it is found whole, and no index grows by it."""


def marks(declared: Sequence[Parameter], values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Name and text of every indexed parameter that has a value; each choice of a `multi` by itself."""
    found: dict[tuple[str, str], None] = {}
    for parameter in declared:
        if parameter.indexed and not parameter.secret and (value := values.get(parameter.name)) is not None:
            for one in value if isinstance(value, list) and parameter.type == "multi" else [value]:
                found[(parameter.name, mark(one))] = None
    return tuple(found)


def mark(value: Any) -> str:
    """One value as the text that it is found by."""
    text = value if isinstance(value, str) else encode(value).decode()
    if len(text) <= LONGEST:
        return text
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
