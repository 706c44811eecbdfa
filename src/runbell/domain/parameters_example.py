"""A value for a declared parameter that can stand in an example: its default, else one that its rules allow."""

from collections.abc import Callable
from typing import Any, Final

from msgspec import UNSET

from runbell.domain.job import Parameter, ParameterType


def example(parameter: Parameter) -> Any:
    """A value that the parameter takes, as far as that can be known: a `pattern` and a `max` are not tried.

    A file has to be handed in first: its value is empty.
    """
    if parameter.default is not UNSET and parameter.default is not None:
        return parameter.default
    if parameter.secret:
        return ""
    return _VALUES[parameter.type](parameter)


_VALUES: Final[dict[ParameterType, Callable[[Parameter], Any]]] = {
    ParameterType.TEXT: lambda _: "text",
    ParameterType.INT: lambda parameter: 1 if parameter.min is None else parameter.min,
    ParameterType.DECIMAL: lambda parameter: "1.5" if parameter.min is None else str(parameter.min),
    ParameterType.BOOL: lambda _: True,
    ParameterType.DATE: lambda parameter: parameter.min or "2031-04-07",
    ParameterType.DATETIME: lambda parameter: parameter.min or "2031-04-07T02:00:00Z",
    ParameterType.ENUM: lambda parameter: parameter.choices[0],
    ParameterType.MULTI: lambda parameter: list(parameter.choices[:1]),
    ParameterType.JSON: lambda _: {},
    ParameterType.FILE: lambda _: "",
}
