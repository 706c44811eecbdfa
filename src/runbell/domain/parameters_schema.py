"""Declared parameters as a JSON Schema (draft 2020-12), for forms and the OpenAPI document."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from runbell.domain.job import Parameter, ParameterType
from runbell.domain.parameters_values import INT_LEAST, INT_MOST

_SHAPES: dict[ParameterType, dict[str, Any]] = {
    ParameterType.TEXT: {"type": "string"},
    ParameterType.INT: {"type": ["integer", "string"], "pattern": "^-?[0-9]+$"},
    ParameterType.DECIMAL: {"type": ["string", "number"], "format": "decimal"},
    ParameterType.BOOL: {"type": "boolean"},
    ParameterType.DATE: {"type": "string", "format": "date"},
    ParameterType.DATETIME: {"type": "string", "format": "date-time"},
    ParameterType.ENUM: {"type": "string"},
    ParameterType.MULTI: {"type": "array", "uniqueItems": True},
    ParameterType.JSON: {},
    ParameterType.FILE: {"type": "string", "pattern": "^file_[0-9a-z]{26}$"},
}


def json_schema(declared: Sequence[Parameter]) -> dict[str, Any]:
    """An object schema whose valid instances are those that `coerce` takes, as far as JSON Schema can say it.

    Bounds of decimals and times are annotations (`x-min`, `x-max`): JSON Schema bounds numbers only.
    """
    return {
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in declared},
        "required": [parameter.name for parameter in declared if parameter.required],
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    schema = dict(_SHAPES[parameter.type])
    if parameter.title:
        schema["title"] = parameter.title
    if parameter.secret:
        schema |= {"format": "password", "writeOnly": True}
    if parameter.description:
        schema["description"] = parameter.description
    if parameter.default is not UNSET:
        schema["default"] = parameter.default
    _add_rules(schema, parameter)
    if parameter.nullable and "type" in schema:
        types = schema["type"]
        schema["type"] = [*(types if isinstance(types, list) else [types]), "null"]
    return schema


def _add_rules(schema: dict[str, Any], parameter: Parameter) -> None:
    if parameter.type is ParameterType.INT:
        schema["minimum"] = INT_LEAST if parameter.min is None else parameter.min
        schema["maximum"] = INT_MOST if parameter.max is None else parameter.max
    else:
        bounds = {"x-min": parameter.min, "x-max": parameter.max}
        schema |= {name: bound for name, bound in bounds.items() if bound is not None}
    if parameter.max_length is not None:
        schema["maxLength"] = parameter.max_length
    if parameter.pattern is not None:
        schema["pattern"] = f"^(?:{parameter.pattern})$"
    if parameter.type is ParameterType.ENUM:
        schema["enum"] = [*parameter.choices, None] if parameter.nullable else list(parameter.choices)
    if parameter.type is ParameterType.MULTI:
        schema["items"] = {"enum": list(parameter.choices)}
