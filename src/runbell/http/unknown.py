"""Members that a body has and its Struct has not: found all at once, with the name that was probably meant."""

from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.fault import Problem
from runbell.domain.pointer import pointer


def unknown_members(shape: Any, value: Any, above: str = "") -> list[Problem]:
    """One Problem per member of `value` that `shape` (a Struct type, maybe nested) does not declare."""
    struct = _struct_in(shape)
    if struct is None or not isinstance(value, dict):
        return []
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    problems = []
    for name, member in value.items():
        place = above + pointer(name)
        if name in fields:
            problems += unknown_members(fields[name].type, member, place)
        else:
            hint = did_you_mean(name, fields) or f"; there are: {', '.join(fields) or 'none'}."
            said = f"There is no member {name[:100]!r} here{hint}"
            problems.append(Problem(place, "unknown_field", said))
    return problems


def without_unknown(shape: Any, value: Any) -> Any:
    """The value with only the members that `shape` declares."""
    struct = _struct_in(shape)
    if struct is None or not isinstance(value, dict):
        return value
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    return {name: without_unknown(fields[name].type, member) for name, member in value.items() if name in fields}


def _struct_in(shape: Any) -> type[Struct] | None:
    """The Struct type that a type is, or allows beside null."""
    options = get_args(shape) if get_origin(shape) in {Union, UnionType} else (shape,)
    return next((option for option in options if isinstance(option, type) and issubclass(option, Struct)), None)
