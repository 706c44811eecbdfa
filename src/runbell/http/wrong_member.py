"""A value that does not fit its Struct: msgspec's message as a place, a code and a sentence that says what fits."""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidField
from runbell.domain.pointer import pointer

_PLACE: Final = re.compile(r" - at `(?:key in )?\$(.*)`$", re.DOTALL)
_TOKEN: Final = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_MISSING: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_ENUM: Final = "Invalid enum value"
_BOUND: Final = re.compile(r"( of length)? (<=?|>=?) (-?\d+)$")
_WORDS: Final = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false",
                 "object": "an object", "array": "a list", "null": "null"}  # fmt: skip
_CODES: Final = {("", "<"): "too_large", ("", ">"): "too_small", ("length", "<"): "too_long",
                 ("length", ">"): "too_short"}  # fmt: skip


def wrong_member(shape: Any, message: str) -> InvalidField:
    """What msgspec says of a value that is no `shape`, for whoever sent it."""
    found = _PLACE.search(message)
    path = [name or index for name, index in _TOKEN.findall(found[1])] if found else []
    said = _PLACE.sub("", message)
    code = "invalid_type"
    if missing := _MISSING.fullmatch(said):
        path.append(missing[1])
        code, said = "required", "It must be there"
    elif said.startswith(_ENUM) and (choices := list(_choices(_at(shape, path)))):
        code, said = "not_a_choice", f"Expected one of {', '.join(choices)}; got {said.removeprefix(_ENUM).strip()}"
    elif bound := _BOUND.search(said):
        code = _CODES["length" if bound[1] else "", bound[2][0]]
    said = re.sub(r"`([a-z |]+)`", lambda types: " or ".join(_WORDS.get(t, t) for t in types[1].split(" | ")), said)
    place = pointer(*path)
    return InvalidField(f"{place or 'The body'}: {said}.", problems=(Problem(place, code, f"{said}."),))


def _at(shape: Any, path: list[str]) -> Any:
    """The type of what stands at that place."""
    for token in path:
        shape = next((inner for option in _options(shape) if (inner := _within(option, token)) is not None), None)
    return shape


def _within(shape: Any, token: str) -> Any:
    """The type of a member, of an item or of a value; None when the type has none."""
    if isinstance(shape, type) and issubclass(shape, Struct):
        return next((field.type for field in msgspec.structs.fields(shape) if field.encode_name == token), None)
    inner = get_args(shape)
    return inner[-1] if inner and get_origin(shape) in {list, tuple, dict} else None


def _choices(shape: Any) -> Iterator[str]:
    for option in _options(shape):
        if get_origin(option) is Literal:
            yield from (str(choice) for choice in get_args(option))


def _options(shape: Any) -> Iterator[Any]:
    """A type without its annotations; of several that are allowed, each."""
    if get_origin(shape) is Annotated:
        yield from _options(get_args(shape)[0])
    elif get_origin(shape) in {Union, UnionType}:
        for option in get_args(shape):
            yield from _options(option)
    else:
        yield shape
