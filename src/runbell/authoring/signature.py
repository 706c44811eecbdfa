"""A job's parameters, read from its function's signature."""

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin

from runbell.authoring.context import Context, Secret

_TYPES: Final = {
    str: "text",
    Secret: "text",
    int: "int",
    float: "decimal",
    Decimal: "decimal",
    bool: "bool",
    datetime: "datetime",
    date: "date",
    list: "json",
    tuple: "json",
    dict: "json",
    object: "json",
    Path: "file",
}
_KNOWN: Final = (
    "str, int, float, Decimal, bool, date, datetime, Literal, an Enum, list, dict, Path, or one of these | None"
)


def parameters_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The parameters as a definition declares them, in their order. Raises TypeError with a sentence."""
    hints = hints_of(function)
    found = {}
    for parameter in inspect.signature(function).parameters.values():
        if is_context(parameter.name, hints.get(parameter.name)):
            continue
        where = f"Parameter {parameter.name} of {function.__name__}"
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise TypeError(f"{where} cannot be given by name; write it as a plain parameter.")
        if parameter.name not in hints:
            raise TypeError(f"{where} has no type; write `{parameter.name}: str`, or another of {_KNOWN}.")
        found[parameter.name] = _declared(where, hints[parameter.name], parameter.default)
    return found


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations as types; what cannot be resolved (a name only for type checkers) is left out."""
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError):
        hints = getattr(function, "__annotations__", {})
        return {name: hint for name, hint in hints.items() if not isinstance(hint, str)}


def is_context(name: str, hint: Any) -> bool:
    """True for the argument that gets the Context: annotated so, or named `ctx`."""
    return hint is Context or name == "ctx"


def without_none(hint: Any) -> tuple[Any, bool]:
    """`X | None` as X and True; any other hint as it is and False."""
    if get_origin(hint) in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not types.NoneType]
        if len(members) < len(get_args(hint)):
            return (members[0] if len(members) == 1 else Union[tuple(members)]), True  # noqa: UP007 - made at run time
    return hint, False


def choices_of(hint: Any) -> list[str] | None:
    """The choices of a Literal or an Enum of texts, None for anything else."""
    if get_origin(hint) is Literal:
        values = list(get_args(hint))
    elif isinstance(hint, type) and issubclass(hint, Enum):
        values = [member.value for member in hint]
    else:
        return None
    return values if all(isinstance(value, str) for value in values) else None


def _declared(where: str, hint: Any, default: Any) -> dict[str, Any]:
    hint, nullable = without_none(hint)
    declared = _type(where, hint)
    if nullable or default is None:
        declared["nullable"] = True
    if default is inspect.Parameter.empty:
        declared["required"] = True
    else:
        declared["default"] = _json(default)
    return declared


def _type(where: str, hint: Any) -> dict[str, Any]:
    choices = choices_of(hint)
    if choices is not None:
        return {"type": "enum", "choices": choices}
    origin = get_origin(hint) or hint
    inner = get_args(hint)
    if origin in (list, set, frozenset) and inner and choices_of(inner[0]) is not None:
        return {"type": "multi", "choices": choices_of(inner[0])}
    if origin is Any or origin is Mapping or typing.is_typeddict(origin):
        return {"type": "json"}
    found = _TYPES.get(origin)
    if found is None:
        raise TypeError(f"{where} has a type that no start can give ({hint!r}); write one of {_KNOWN}.")
    return {"type": found, "secret": True} if origin is Secret else {"type": found}


def _json(value: Any) -> Any:
    """A default as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal | float):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(inner) for inner in value]
    return value
