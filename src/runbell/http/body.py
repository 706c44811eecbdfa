"""Bodies: read up to the cap and not past it, then made sure of step by step before anything believes them.

The order is fixed: size, strict UTF-8, depth, JSON without duplicates or NaN, no NUL and no half characters, then the
Struct. A small body costs about 10 µs: depth is settled by counting brackets, and without a `\\u` escape there can be
neither NUL nor a lone surrogate in valid UTF-8, so nothing is walked. (msgspec alone would be twice as fast and would
take the last of two equal names.)
"""

import json
import math
import re
from typing import Any, Final, NoReturn, TypeVar

import msgspec
from starlette.types import Receive

from runbell.domain.faults import BodyTooLarge, InvalidField, Malformed, UnknownField, UnsupportedMediaType
from runbell.domain.pointer import pointer
from runbell.http.unknown import unknown_members, without_unknown
from runbell.http.wrong_member import wrong_member

MAX_BODY: Final = 1 << 20
MAX_DEPTH: Final = 64
T = TypeVar("T")


async def read(receive: Receive, announced: bytes | None, limit: int = MAX_BODY) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as it is known to be over `limit` bytes."""
    if announced is not None and (not announced.isdigit() or len(announced) > 15 or int(announced) > limit):
        _too_large(limit)
    message = await receive()
    pieces = [message.get("body", b"")]
    size = len(pieces[0])
    while message.get("more_body") and size <= limit:
        message = await receive()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
    if message["type"] == "http.disconnect":
        raise Malformed("The connection was closed before the body was complete.")
    if size > limit:
        _too_large(limit)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def check_type(media: str | None, coding: str | None, allowed: tuple[str, ...]) -> None:
    """Refuse compressed bodies, and media types other than those allowed. Raises UnsupportedMediaType."""
    if coding not in {None, "", "identity"}:
        raise UnsupportedMediaType("Send the body as it is; compressed request bodies are not taken.")
    if media is None:
        return
    name, _, options = media.lower().partition(";")
    if name.strip() not in allowed:
        raise UnsupportedMediaType(f"Send the body with `Content-Type: {allowed[0]}`.")
    if "charset" in options and "utf-8" not in options:
        raise UnsupportedMediaType("Send the body in UTF-8.")


def parse(body: bytes) -> Any:
    """The JSON value of a body. Raises Malformed, or InvalidField for NUL in text."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 (byte {error.start + 1}); send JSON in UTF-8.") from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _too_deep(body):
        raise Malformed(f"The body is nested deeper than {MAX_DEPTH} levels; send it flatter.")
    try:
        value = _read(text)
    except json.JSONDecodeError as error:
        if text.startswith("\ufeff"):
            raise Malformed("The body begins with a byte order mark; send UTF-8 without one.") from None
        raise Malformed(f"The body is not JSON: {error.msg}, line {error.lineno} column {error.colno}.") from None
    except (ValueError, RecursionError):
        raise Malformed("The body holds a number of too many digits, or is nested too deeply.") from None
    if b"\\u" in body:
        _check_text(value, ())
    return value


def typed(value: Any, shape: type[T], *, lenient: bool = False) -> tuple[T, list[str]]:
    """The value as `shape`, and the names of the unknown members that were left out (only when `lenient`).

    Raises UnknownField with one problem per unknown member, InvalidField with the place of a wrong type.
    """
    try:
        return msgspec.convert(value, shape), []
    except msgspec.ValidationError as error:
        unknown = unknown_members(shape, value)
        if unknown and not lenient:
            raise UnknownField(unknown[0].detail, problems=tuple(unknown)) from None
        if unknown:
            return typed(without_unknown(shape, value), shape)[0], [problem.pointer for problem in unknown]
        raise wrong_member(shape, str(error)) from None


def _too_large(limit: int) -> NoReturn:
    raise BodyTooLarge(f"Send at most {limit} bytes; larger data belongs in a file or a database.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        left = set(found)
        for name, _ in pairs:
            if name not in left:
                raise Malformed(f"The member {name[:100]!r} is given twice in one object.")
            left.remove(name)
    return found


def _constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a JSON number; send null, or the number as text.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise Malformed(f"The number {text[:50]} is too large; send it as text.")
    return number


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
_STRINGS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")


def _read(text: str) -> Any:
    """The value of a text; to look for blanks around it costs as much as to read a small one."""
    if text[:1] == "{":
        value, end = _DECODER.raw_decode(text)
        if end == len(text):
            return value
    return _DECODER.decode(text)


def _too_deep(body: bytes) -> bool:
    """Whether it nests deeper than MAX_DEPTH: each round takes away the innermost brackets of what is left."""
    shape = _STRINGS.sub(b"", body).translate(_SQUARE, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        shape = shape.replace(b"[]", b"")
    return b"[]" in shape or shape.count(b"[") > MAX_DEPTH


def _check_text(value: Any, place: tuple[str | int, ...]) -> None:
    """Refuse half characters (400) and NUL (422) in any text, names of members too.

    `place` is spelled for a refusal only: else a long name would be written once for each item of the list behind it.
    """
    if isinstance(value, str):
        _check_one(value, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_text(item, (*place, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_one(name, place)
            _check_text(item, (*place, name))


def _check_one(text: str, place: tuple[str | int, ...]) -> None:
    if "\0" in text:
        said = "Text must not hold the NUL character."
        raise InvalidField.at(pointer(*place), "nul", said)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed("The body holds half of a surrogate pair; send whole characters.") from None
