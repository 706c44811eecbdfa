"""An example value is one that the parameter takes."""

from typing import Any

import pytest

from runbell.domain.job import Parameter, ParameterType
from runbell.domain.parameters import coerce
from runbell.domain.parameters_example import example


@pytest.mark.parametrize("kind", sorted(set(ParameterType) - {ParameterType.FILE}))
@pytest.mark.parametrize("more", [{}, {"nullable": True, "default": None}])
def test_an_example_of_every_type_is_taken(kind: ParameterType, more: dict[str, Any]) -> None:
    parameter = Parameter(name="value", type=kind, required=True, choices=("x", "y"), **more)
    assert coerce([parameter], {"value": example(parameter)})["value"] is not None


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        (ParameterType.INT, 7),
        (ParameterType.DECIMAL, "2.5"),
        (ParameterType.DATE, "2040-01-01"),
        (ParameterType.DATETIME, "2040-01-01T00:00:00.000Z"),
    ],
)
def test_a_least_value_is_an_example_of_itself(kind: ParameterType, least: Any) -> None:
    assert example(Parameter(name="value", type=kind, min=least)) == least


def test_the_default_goes_first_and_a_file_or_secret_has_no_example() -> None:
    assert example(Parameter(name="value", type=ParameterType.INT, default=5, min=1)) == 5
    assert example(Parameter(name="value", type=ParameterType.TEXT, secret=True)) == ""
    assert example(Parameter(name="value", type=ParameterType.FILE)) == ""
