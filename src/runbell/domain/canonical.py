"""Canonical JSON (RFC 8785), and the digests that are taken of it.

One difference: an integer is written with all its digits. The RFC would round it to the nearest double, and
two starts that differ beyond 2^53 are two different starts.
"""

from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from msgspec.json import Encoder

from runbell.domain.pointer import pointer

DEEPEST: Final = 100

_encode: Final = Encoder(order="deterministic").encode  # right for all but floats and names beyond ASCII
_PLAIN: Final = frozenset({str, int, bool, type(None)})


def canonical(value: Any) -> bytes:
    """The one way to write this JSON value (RFC 8785): sorted members, shortest numbers, no blanks.

    Raises ValueError for what JSON cannot say: NaN, infinity, a lone surrogate, a key that is no text, another
    type, more than 100 levels.
    """
    return _written(value, DEEPEST)


def fingerprint(key: bytes, method: str, body: Any) -> str:
    """HMAC-SHA256 (hex) of a method and the canonical form of a JSON body: nobody else can try out values."""
    return _keyed_digest(key, method.encode() + b"\n" + canonical(body))


def member_digests(key: bytes, body: Any) -> dict[str, str]:
    """HMAC-SHA256 (hex) per member of a JSON object, and per member of its `params`, each under its JSON pointer.

    So a difference between two bodies can be named without keeping their values. A body that is no object has none.
    """
    if not isinstance(body, dict):
        return {}
    members = {pointer(name): value for name, value in body.items()}
    params = body.get("params")
    if params and isinstance(params, dict):
        del members["/params"]
        members |= {pointer("params", name): value for name, value in params.items()}
    return {place: _keyed_digest(key, canonical(value)) for place, value in members.items()}


@lru_cache(maxsize=8)
def _pads(key: bytes) -> tuple[Any, Any]:
    """SHA-256 after the inner and the outer pad of HMAC (RFC 2104): half the time of `hmac.digest` per message."""
    block = (key if len(key) <= 64 else sha256(key).digest()).ljust(64, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in block)), sha256(bytes(byte ^ 0x5C for byte in block))


def _keyed_digest(key: bytes, message: bytes) -> str:
    begun_inner, begun_outer = _pads(key)
    inner, outer = begun_inner.copy(), begun_outer.copy()
    inner.update(message)
    outer.update(inner.digest())
    return str(outer.hexdigest())


def _written(value: Any, levels: int) -> bytes:
    kind = type(value)
    if kind in _PLAIN:
        return _encode(value)
    if kind is float:
        return _number(value).encode()
    if levels == 0:
        raise ValueError(f"more than {DEEPEST} levels of lists and objects")
    if kind is dict:
        if _PLAIN.issuperset(map(type, value.values())) and _all_ascii(value):
            return _encode(value)
        members = [_encode(name) + b":" + _written(value[name], levels - 1) for name in _ordered(value)]
        return b"{" + b",".join(members) + b"}"
    if kind is list or kind is tuple:
        return b"[" + b",".join([_written(item, levels - 1) for item in value]) + b"]"
    raise ValueError(f"{kind.__name__} is no JSON value")


def _all_ascii(members: dict[str, Any]) -> bool:
    """Then plain sorting is sorting by UTF-16 code units."""
    try:
        return "".join(members).isascii()
    except TypeError as error:
        raise ValueError("the name of a member is a text") from error


def _ordered(members: dict[str, Any]) -> list[str]:
    """Names by their UTF-16 code units (RFC 8785, 3.2.3)."""
    if _all_ascii(members):
        return sorted(members)
    return sorted(members, key=lambda name: name.encode("utf-16-be"))


def _number(value: float) -> str:
    """A double as ECMAScript writes it (RFC 8785, 3.2.2.3), from the same shortest digits that Python finds."""
    if value - value != 0:
        raise ValueError(f"{value} is no JSON number")
    if value == 0:
        return "0"
    sign, text = ("-", repr(-value)) if value < 0 else ("", repr(value))
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    return sign + _placed(digits.rstrip("0"), len(whole) - leading + int(exponent or 0))


def _placed(digits: str, point: int) -> str:
    """Digits with the decimal point after `point` of them."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    power = point - 1
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'+' if power > 0 else '-'}{abs(power)}"
