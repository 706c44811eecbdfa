"""One value of each parameter type: what is taken for it, and the one form in which it is kept (idempotent)."""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.files import referred
from runbell.domain.job import Parameter, ParameterType
from runbell.domain.parameters_pattern import compiled

INT_LEAST: Final = -(2**63)
INT_MOST: Final = 2**63 - 1
MOST_DIGITS: Final = 100  # of a decimal, before and after the point together, written out
DEEPEST: Final = 64
LONGEST_MATCHED: Final = 4_096  # characters: `.*x.*y` takes a time that grows with the square of its text

_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")
_INT: Final = re.compile(r"-?[0-9]{1,40}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,30}))?"
    r"(?:[Zz]|([+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))"
)
_BOOLS: Final = {"true": True, "1": True, "false": False, "0": False}


class Unfit(ValueError):  # noqa: N818 - a finding about a value, turned into a Problem by whoever knows its place
    """The value breaks the parameter's rule `code`; the message says what would fit."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def check_value(parameter: Parameter, value: Any) -> Any:
    """The value in the form in which it is kept. Raises Unfit. `None` fits a nullable parameter."""
    if value is None:
        if not parameter.nullable:
            raise Unfit("not_null", "must not be null; leave it out, or give a value")
        return None
    return _CHECKS[parameter.type](parameter, value)


def from_text(parameter: Parameter, value: Any) -> Any:
    """What a text stands for, as the JSON value that `check_value` wants. Raises Unfit. Other values pass."""
    if not isinstance(value, str):
        return value
    if parameter.type is ParameterType.BOOL:
        return _BOOLS.get(value.strip().lower(), value)
    if parameter.type is ParameterType.JSON or (parameter.type is ParameterType.MULTI and value.startswith("[")):
        return _parsed(value)
    if parameter.type is ParameterType.MULTI:
        return [choice.strip() for choice in value.split(",")] if value else []
    return value if parameter.type in (ParameterType.TEXT, ParameterType.ENUM) else value.strip()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unfit("wrong_type", 'expected JSON, for instance `[1, 2]` or `"text"`') from None


def _text(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit("wrong_type", f"expected a text, not {'this' if parameter.secret else _kind(value)}")
    if _UNFIT.search(value):
        raise Unfit("bad_text", "must not hold NUL or half a surrogate pair")
    if parameter.max_length is not None and len(value) > parameter.max_length:
        raise Unfit("too_long", f"at most {parameter.max_length} characters")
    if parameter.pattern is not None:
        if len(value) > LONGEST_MATCHED:
            raise Unfit("too_long", f"at most {LONGEST_MATCHED} characters where a pattern is declared")
        if compiled(parameter.pattern).fullmatch(value) is None:
            raise Unfit("pattern", f"must match {parameter.pattern} as a whole")
    return value


def _int(parameter: Parameter, value: Any) -> int:
    if type(value) is not int:
        if not (isinstance(value, str) and _INT.fullmatch(value)):
            raise Unfit("wrong_type", f"expected a whole number, not {_kind(value)}")
        value = int(value)
    if not INT_LEAST <= value <= INT_MOST:
        raise Unfit("too_large" if value > 0 else "too_small", f"must lie within {INT_LEAST} and {INT_MOST}")
    _check_bounds(parameter, value, parameter.min, parameter.max)
    return int(value)


def _decimal(parameter: Parameter, value: Any) -> str:
    if type(value) is float or (type(value) is int and value.bit_length() < 4 * MOST_DIGITS):
        value = repr(value)
    if type(value) is int or (isinstance(value, str) and len(value) > 2 * MOST_DIGITS):
        raise Unfit("too_long", f"at most {MOST_DIGITS} digits")
    if not (isinstance(value, str) and _DECIMAL.fullmatch(value)):
        raise Unfit("wrong_type", f"expected a decimal number, not {_kind(value)}")
    number = Decimal(value)
    if max(number.adjusted() + 1, 1) - min(int(number.as_tuple().exponent), 0) > MOST_DIGITS:
        raise Unfit("too_long", f"at most {MOST_DIGITS} digits")
    least, most = (None if bound is None else Decimal(bound) for bound in (parameter.min, parameter.max))
    _check_bounds(parameter, number, least, most)
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _bool(_: Parameter, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit("wrong_type", f"expected true or false, not {_kind(value)}")
    return value


def _date(parameter: Parameter, value: Any) -> str:
    if not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise Unfit("wrong_type", "expected a date like 2031-04-07")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise Unfit("wrong_type", "there is no such day") from None
    _check_bounds(parameter, value, parameter.min, parameter.max)
    return value


def _datetime(parameter: Parameter, value: Any) -> str:
    match = _DATETIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unfit("wrong_type", "expected a time with its offset, like 2031-04-07T02:00:00Z (RFC 3339)")
    day, time, fraction, offset = match.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{time}.{(fraction or '0')[:3]:0<3}{offset or '+00:00'}")
        moment = local.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise Unfit("wrong_type", "there is no such time") from None
    _check_bounds(parameter, moment, parameter.min, parameter.max)
    return moment


def _enum(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str) or value not in parameter.choices:
        shown = ", ".join(parameter.choices[:20])
        hint = did_you_mean(value, parameter.choices) if isinstance(value, str) else ""
        raise Unfit("not_a_choice", f"one of {shown}" + hint)
    return value


def _multi(parameter: Parameter, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Unfit("wrong_type", f"expected a list of choices, not {_kind(value)}")
    chosen = [_enum(parameter, choice) for choice in value[: len(parameter.choices) + 1]]
    if len(set(chosen)) < len(chosen):
        raise Unfit("duplicate", "the same choice is there twice")
    return chosen


def _file(_: Parameter, value: Any) -> str:
    if referred(value) is None:
        raise Unfit("wrong_type", "expected the reference of a file that was handed in (POST it to /files), file_…")
    return str(value)


def _json(_: Parameter, value: Any) -> Any:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST + 1:
            raise Unfit("too_deep", f"at most {DEEPEST} levels of lists and objects")
        for item in level:
            _check_leaf(item)
        level = [inner for item in level if isinstance(item, (dict, list)) for inner in _inside(item)]
    return value


def _inside(item: Any) -> list[Any]:
    return [*item.keys(), *item.values()] if isinstance(item, dict) else item


def _check_leaf(item: Any) -> None:
    if isinstance(item, str):
        if _UNFIT.search(item):
            raise Unfit("bad_text", "must not hold NUL or half a surrogate pair")
    elif isinstance(item, float):
        if not math.isfinite(item):
            raise Unfit("wrong_type", "NaN and infinity are no JSON numbers")
    elif isinstance(item, int) and not INT_LEAST <= item <= INT_MOST:
        raise Unfit("too_large", f"whole numbers must lie within {INT_LEAST} and {INT_MOST}")


def _check_bounds(parameter: Parameter, value: Any, least: Any, most: Any) -> None:
    if least is not None and value < least:
        raise Unfit("too_small", f"at least {parameter.min}")
    if most is not None and value > most:
        raise Unfit("too_large", f"at most {parameter.max}")


def _kind(value: Any) -> str:
    """What a JSON value is, for a sentence."""
    if isinstance(value, str):
        return f"`{value}`" if len(value) <= 40 and value.isprintable() else "this text"
    if isinstance(value, float):
        return repr(value)
    names = {bool: "true or false", int: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), "null")


_CHECKS: Final[dict[ParameterType, Callable[[Parameter, Any], Any]]] = {
    ParameterType.TEXT: _text,
    ParameterType.INT: _int,
    ParameterType.DECIMAL: _decimal,
    ParameterType.BOOL: _bool,
    ParameterType.DATE: _date,
    ParameterType.DATETIME: _datetime,
    ParameterType.ENUM: _enum,
    ParameterType.MULTI: _multi,
    ParameterType.JSON: _json,
    ParameterType.FILE: _file,
}
