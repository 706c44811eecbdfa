"""The `parameters` of a definition: declared types and rules, each default held against its own rules."""

import re
from typing import Any, Final

from msgspec import structs

from runbell.domain.definition_members import Members, Problems, shown
from runbell.domain.job import Parameter, ParameterType
from runbell.domain.parameters_pattern import check_pattern
from runbell.domain.parameters_values import Unfit, check_value
from runbell.domain.pointer import pointer

MOST_PARAMETERS: Final = 200
MOST_CHOICES: Final = 1_000
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")

MEMBERS: Final = (
    *("type", "title", "description", "required", "nullable", "default"),
    *("min", "max", "max_length", "pattern", "choices", "indexed", "secret", "keep"),
)
BOUNDED: Final = frozenset({ParameterType.INT, ParameterType.DECIMAL, ParameterType.DATE, ParameterType.DATETIME})
CHOOSING: Final = frozenset({ParameterType.ENUM, ParameterType.MULTI})


def read_parameters(value: dict[str, Any], problems: Problems) -> tuple[Parameter, ...]:
    """The declared parameters in their order. Notes every problem under `/parameters`."""
    parameters = []
    by_lower: dict[str, str] = {}
    for name, declared in value.items():
        at = pointer("parameters", name)
        if not NAME.fullmatch(name):
            said = f"a parameter's name is letters, digits and `_`, not beginning with a digit, not {shown(name)}"
            problems.add(at, "pattern", said)
        twin = by_lower.setdefault(name.lower(), name)
        if twin != name:
            problems.add(at, "duplicate", f"`{twin}` is there already; names must differ by more than case")
        parameters.append(_parameter(name, Members(declared, at, problems, MEMBERS)))
    return tuple(parameters)


def _parameter(name: str, members: Members) -> Parameter:
    parameter = Parameter(
        name=name,
        type=_type(members),
        title=members.text("title"),
        description=members.text("description", longest=10_000, lines=True),
        required=members.flag("required", False),
        nullable=members.flag("nullable", False),
        indexed=members.flag("indexed", False),
        secret=members.flag("secret", False),
        keep=members.flag("keep", False),
        choices=members.lines("choices", most=MOST_CHOICES),
        max_length=members.whole("max_length", None, least=1, most=1 << 18),
        pattern=members.read("pattern", None, _pattern),
    )
    if parameter.keep and parameter.secret:
        members.wrong("keep", "invalid", "a secret is never kept; take one of the two out")
    _check_fit(parameter, members)
    _check_secret(parameter, members)
    parameter = _bounded(parameter, members)
    if "default" in members:
        default = _checked(parameter, members, "default")
        parameter = structs.replace(parameter, default=default)
    return parameter


def _type(members: Members) -> ParameterType:
    if members.demand("type", f"one of {', '.join(ParameterType)}"):
        return members.choice("type", ParameterType.TEXT, ParameterType)
    return ParameterType.TEXT


def _pattern(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit("wrong_type", f"expected a regular expression, not {shown(value)}")
    try:
        check_pattern(value)
    except ValueError as error:
        raise Unfit("pattern", str(error)) from None
    return value


def _check_fit(parameter: Parameter, members: Members) -> None:
    """Rules that mean nothing for the type are mistakes."""
    kind = parameter.type
    for rule in ("min", "max"):
        if rule in members and kind not in BOUNDED:
            hint = "; did you mean `max_length`?" if kind is ParameterType.TEXT and rule == "max" else ""
            members.wrong(rule, "invalid", f"means nothing for the type {kind}{hint}")
    for rule in ("max_length", "pattern"):
        if rule in members and kind is not ParameterType.TEXT:
            members.wrong(rule, "invalid", f"means nothing for the type {kind}, only for text")
    if kind in CHOOSING:
        if members.demand("choices", f"the type {kind} needs them") and members.get("choices") == []:
            members.wrong("choices", "too_small", "at least one choice")
    elif "choices" in members:
        members.wrong("choices", "invalid", f"means nothing for the type {kind}; did you mean `type: enum`?")


def _check_secret(parameter: Parameter, members: Members) -> None:
    """What would show a secret, or is no text, is a mistake."""
    if not parameter.secret:
        return
    if parameter.type is not ParameterType.TEXT:
        members.wrong("secret", "invalid", "only a `text` can be secret; make it one")
    if parameter.indexed:
        members.wrong("indexed", "invalid", "a secret is never searched for; take it out")
    if members.get("default") not in (None, ""):
        members.wrong("default", "invalid", "everybody who sees the job would see it; keep it in the secret store")


def _bounded(parameter: Parameter, members: Members) -> Parameter:
    if parameter.type not in BOUNDED:
        return parameter
    plain = Parameter(name=parameter.name, type=parameter.type)
    parameter = structs.replace(parameter, min=_checked(plain, members, "min"), max=_checked(plain, members, "max"))
    if parameter.min is not None and parameter.max is not None:
        try:
            check_value(structs.replace(plain, min=parameter.min), parameter.max)
        except Unfit:
            members.wrong("max", "too_small", f"is below `min` ({parameter.min}), so that nothing would fit")
    return parameter


def _checked(parameter: Parameter, members: Members, name: str) -> Any:
    """The member as a value of the parameter's own type; None when it is absent or wrong."""
    if name not in members:
        return None
    try:
        return check_value(parameter, members.get(name))
    except Unfit as unfit:
        members.wrong(name, unfit.code, unfit.detail)
        return None
