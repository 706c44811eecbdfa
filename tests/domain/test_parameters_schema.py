"""The JSON Schema of declared parameters agrees with what a start takes."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runbell.domain.definition import read_job
from runbell.domain.faults import InvalidParams
from runbell.domain.job import Parameter
from runbell.domain.parameters import coerce
from runbell.domain.parameters_schema import json_schema

from .definitions import a_definition

DECLARED = read_job(
    a_definition(
        parameters={
            "name": {"type": "text", "title": "Name", "max_length": 5, "pattern": "[A-Z].*", "required": True},
            "count": {"type": "int", "min": 1, "default": 3, "description": "How many"},
            "price": {"type": "decimal", "min": "0.5"},
            "dry": {"type": "bool", "nullable": True},
            "day": {"type": "date"},
            "since": {"type": "datetime"},
            "mode": {"type": "enum", "choices": ["a", "b"], "nullable": True},
            "parts": {"type": "multi", "choices": ["a", "b"]},
            "extra": {"type": "json"},
        }
    )
).parameters

STARTS: list[dict[str, Any]] = [
    {"name": "Ada"},
    {},
    {"name": "ada"},
    {"name": "Adabraham"},
    {"name": None},
    {"name": "A", "count": 0},
    {"name": "A", "count": 1},
    {"name": "A", "count": 2**63},
    {"name": "A", "count": "5"},
    {"name": "A", "count": "x"},
    {"name": "A", "price": 1.5},
    {"name": "A", "price": True},
    {"name": "A", "dry": None},
    {"name": "A", "dry": "true"},
    {"name": "A", "day": 5},
    {"name": "A", "mode": None},
    {"name": "A", "mode": "c"},
    {"name": "A", "parts": ["b", "a"]},
    {"name": "A", "parts": ["a", "a"]},
    {"name": "A", "parts": ["c"]},
    {"name": "A", "extra": {"any": [1]}},
    {"name": "A", "other": 1},
]


@pytest.mark.parametrize("params", STARTS)
def test_the_schema_takes_what_a_start_takes(params: dict[str, Any]) -> None:
    assert Draft202012Validator(json_schema(DECLARED)).is_valid(params) == starts(params)


def starts(params: dict[str, Any]) -> bool:
    try:
        coerce(DECLARED, params)
    except InvalidParams:
        return False
    return True


def test_the_schema_is_a_schema_and_carries_what_a_form_shows() -> None:
    schema = json_schema(DECLARED)
    Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == [parameter.name for parameter in DECLARED]
    assert schema["properties"]["name"]["title"] == "Name"
    assert (schema["properties"]["count"]["description"], schema["properties"]["count"]["default"]) == ("How many", 3)
    assert schema["properties"]["price"]["x-min"] == "0.5"


def test_a_job_without_parameters_takes_none() -> None:
    nothing: list[Parameter] = []
    assert not Draft202012Validator(json_schema(nothing)).is_valid({"x": 1})
