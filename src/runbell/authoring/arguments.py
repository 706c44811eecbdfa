"""From the JSON values of an execution to the keyword arguments of a function, each of the type that it asks for."""

import inspect
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

from runbell.authoring.context import Secret
from runbell.authoring.signature import hints_of, is_context, without_none
from runbell.domain.job import ParameterType


class Arguments:
    """How one function wants to be called. Made once, used for every call."""

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = hints_of(function)
        parameters = inspect.signature(function).parameters.values()
        self.context = next((each.name for each in parameters if is_context(each.name, hints.get(each.name))), None)
        self._takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters)
        named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        self._hints = {
            each.name: hints.get(each.name) for each in parameters if each.kind in named and each.name != self.context
        }

    def of(self, params: Mapping[str, Any], declared: Mapping[str, ParameterType]) -> dict[str, Any]:
        """The keyword arguments: what the function takes of `params`, typed. What was not given is left out."""
        return {
            name: typed(value, declared.get(name), self._hints.get(name))
            for name, value in params.items()
            if self._takes_all or name in self._hints
        }


def typed(value: Any, declared: ParameterType | None, hint: Any = None) -> Any:
    """A JSON value as Python has it by its declared type, and by the annotation where that says more (float, Enum)."""
    if value is None:
        return None
    hint, _ = without_none(hint)
    if hint is Secret:
        return Secret(value)
    if declared is ParameterType.DECIMAL:
        return float(value) if hint is float else Decimal(str(value))
    if declared is ParameterType.DATE:
        return date.fromisoformat(value)
    if declared is ParameterType.DATETIME:
        return datetime.fromisoformat(value)
    if declared is ParameterType.FILE:
        return Path(value)
    if declared is ParameterType.INT:
        return int(value)
    if declared is ParameterType.ENUM and _is_enum(hint):
        return hint(value)
    if declared is ParameterType.MULTI:
        collection = get_origin(hint)
        inner = get_args(hint)
        values = [inner[0](each) for each in value] if inner and _is_enum(inner[0]) else list(value)
        return collection(values) if collection in (set, frozenset, tuple) else values
    return value


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)
