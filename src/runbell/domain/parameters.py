"""The parameters of a start: every rule of every declared one, all problems at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import UNSET
from msgspec.json import encode

from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidParams
from runbell.domain.job import Parameter
from runbell.domain.parameters_values import Unfit, check_value, from_text
from runbell.domain.pointer import pointer

LARGEST_BYTES: Final = 256 << 10
MOST_PROBLEMS: Final = 100


def coerce(
    declared: Sequence[Parameter], given: Mapping[str, Any], *, texts: bool = False, can_name_none: bool = True
) -> dict[str, Any]:
    """The values that the job receives, in the order of the declarations; idempotent.

    `texts`: every value arrived as text and is read as its type first. `can_name_none` False: a start that cannot
    name parameters (a follow-up); then a default serves a required parameter too. Absent, not required and without
    default: absent. Raises InvalidParams with every problem (at most 100), pointers `/params/NAME`.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    named = 0
    for parameter in declared:
        value = given.get(parameter.name, UNSET)
        if value is UNSET:
            if parameter.required and (can_name_none or parameter.default is UNSET):
                problems.append(_problem(parameter.name, "required", "this start must name it"))
            elif parameter.default is not UNSET:
                values[parameter.name] = parameter.default
            continue
        named += 1
        try:
            values[parameter.name] = check_value(parameter, from_text(parameter, value) if texts else value)
        except Unfit as unfit:
            problems.append(_problem(parameter.name, unfit.code, unfit.detail))
    if named < len(given):
        problems += _unknown(declared, given)
    if not problems and len(encode(values)) > LARGEST_BYTES:
        said = f"at most {LARGEST_BYTES} bytes of JSON in all; hand large data over as a file"
        problems.append(Problem("/params", "too_large", said))
    if problems:
        raise InvalidParams(_sentence(len(problems)), problems=tuple(problems[:MOST_PROBLEMS]))
    return values


def _unknown(declared: Sequence[Parameter], given: Mapping[str, Any]) -> list[Problem]:
    known = {parameter.name: True for parameter in declared}
    strange = [name for name in given if name not in known]
    return [
        _problem(name, "unknown_param", "the job declares no such parameter" + did_you_mean(name, known))
        for name in strange[:MOST_PROBLEMS]
    ]


def _problem(name: str, code: str, detail: str) -> Problem:
    return Problem(pointer("params", name), code, detail)


def _sentence(count: int) -> str:
    return "One parameter is not valid; see errors." if count == 1 else f"{count} parameters are not valid; see errors."
