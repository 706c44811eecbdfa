"""Fill-ins: `{parameters.x}` and its like in a text. Parsed once, filled many times, never evaluated.

A filled-in value is never filled in again, and nothing but the forms of `Reference` is understood.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import UNSET, Struct, field

LONGEST: Final = 1 << 20

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]{0,99}"
_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_FORM: Final = re.compile(
    rf"(?P<fixed>scope|workspace|execution\.id|execution\.number)"
    rf"|(?:parameters\.)?(?P<parameter>{_NAME})"
    rf"|steps\.(?P<step>[A-Za-z0-9].{{0,99}}?)\.result(?P<path>(?:\.[^.]+)*)"
    rf"|secrets\.(?P<secret>[A-Za-z0-9][A-Za-z0-9._-]{{0,99}})"
    rf"|answer(?P<answer>(?:\.[^.]+)+)"
)
_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")


class FillInError(ValueError):
    """A fill-in cannot be understood, or has no value. The message is a sentence that says what to do."""


class ParameterValue(Struct, frozen=True):
    """`{parameters.x}`, or short `{x}`."""

    name: str

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return f"{{parameters.{self.name}}}"


class StepResult(Struct, frozen=True):
    """`{steps.NAME.result}`, or further down into it by member names and list indexes."""

    step: str
    path: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return "{" + ".".join(("steps", self.step, "result", *self.path)) + "}"


class Given(Struct, frozen=True):
    """`{scope}`, `{workspace}`, `{execution.id}`, `{execution.number}`: what the house knows by itself."""

    name: str

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return f"{{{self.name}}}"


class SecretValue(Struct, frozen=True):
    """`{secrets.x}`: the value of a secret of the project. Only a step of kind `http` may name it."""

    name: str

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return f"{{secrets.{self.name}}}"


class AnswerValue(Struct, frozen=True):
    """`{answer.x}`: what the first answer of a step of kind `http` holds. Only its `until.url` may name it."""

    path: tuple[str, ...]

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return "{" + ".".join(("answer", *self.path)) + "}"


Reference = ParameterValue | StepResult | Given | SecretValue | AnswerValue


class Filling(Struct, frozen=True, kw_only=True):
    """The values to fill in. `results` holds what each finished step returned, by the step's name.

    A parameter that was not given is absent here and fills in like null. `secret` answers the value of a secret.
    """

    execution_id: str
    execution_number: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)
    workspace: str | None = None
    scope: str | None = None
    secret: Callable[[str], str] | None = None


class Template(Struct, frozen=True):
    """A text with its fill-ins found."""

    parts: tuple[str | Reference, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        """The fill-ins, in their order."""
        return tuple(part for part in self.parts if not isinstance(part, str))

    def fill(self, filling: Filling) -> str:
        """The text with every fill-in replaced by its value. Raises FillInError when one has no value."""
        texts: list[str] = []
        left = LONGEST
        for part in self.parts:
            text = part if isinstance(part, str) else text_of(part, filling)
            left -= len(text)
            if left < 0:
                raise FillInError(f"The filled-in text is longer than {LONGEST} characters; hand it over as a file.")
            texts.append(text)
        return "".join(texts)


def parse(text: str) -> Template:
    """Find the fill-ins of a text; `{{` and `}}` are braces. Raises FillInError for a brace that is neither."""
    parts: list[str | Reference] = []
    plain = ""
    end = 0
    for match in _PART.finditer(text):
        plain += text[end : match.start()]
        end = match.end()
        if match[0] in ("{{", "}}"):
            plain += match[0][0]
            continue
        if plain:
            parts.append(plain)
            plain = ""
        parts.append(_reference(match))
    plain += text[end:]
    return Template((*parts, plain) if plain or not parts else tuple(parts))


def secrets_in(text: str) -> list[str]:
    """The secrets that the fill-ins of a text name; none when it cannot be understood."""
    try:
        return [reference.name for reference in parse(text).references if isinstance(reference, SecretValue)]
    except FillInError:
        return []


def fill_value(value: Any, filling: Filling) -> Any:
    """A JSON value with the fill-ins of all its texts replaced. Raises FillInError.

    A text that is exactly one fill-in becomes the value itself, with its type. Is that a parameter that was not
    given, the member that holds it is left out (elsewhere it is null).
    """
    filled = _filled(value, filling)
    return None if filled is UNSET else filled


def _filled(value: Any, filling: Filling) -> Any:
    if isinstance(value, str):
        template = parse(value)
        only = template.parts[0]
        if len(template.parts) > 1 or isinstance(only, str):
            return template.fill(filling)
        return _value(only, filling)
    if isinstance(value, dict):
        members = {name: _filled(item, filling) for name, item in value.items()}
        return {name: item for name, item in members.items() if item is not UNSET}
    if isinstance(value, list):
        return [fill_value(item, filling) for item in value]
    return value


def _reference(match: re.Match[str]) -> Reference:
    form = _FORM.fullmatch(match[1]) if match[1] is not None else None
    if form is None:
        shown = match[0] if len(match[0]) < 60 else match[0][:60] + "…"
        raise FillInError(
            f"`{shown}` is not a fill-in (parameters.NAME, steps.NAME.result, scope, workspace, execution.id, "
            "execution.number, in a step of kind `http` secrets.NAME); for a brace write `{{` or `}}`"
        )
    if form["fixed"]:
        return Given(form["fixed"])
    if form["parameter"]:
        return ParameterValue(form["parameter"])
    if form["secret"]:
        return SecretValue(form["secret"])
    if form["answer"]:
        return AnswerValue(tuple(form["answer"].split(".")[1:]))
    return StepResult(form["step"], tuple(form["path"].split(".")[1:]))


def _value(reference: Reference, filling: Filling) -> Any:
    """What stands for a reference; UNSET for a parameter that was not given."""
    if isinstance(reference, ParameterValue):
        return filling.parameters.get(reference.name, UNSET)
    if isinstance(reference, StepResult):
        return _result(reference, filling.results)
    if isinstance(reference, SecretValue) and filling.secret is not None:
        return filling.secret(reference.name)
    if isinstance(reference, SecretValue | AnswerValue):
        raise FillInError(f"There is no `{reference.written}` here; take it out.")
    if reference.name == "execution.id":
        return filling.execution_id
    if reference.name == "execution.number":
        return filling.execution_number
    value = filling.scope if reference.name == "scope" else filling.workspace
    if value is None:
        raise FillInError(f"There is no {reference.name} here; take `{reference.written}` out.")
    return value


def _result(reference: StepResult, results: Mapping[str, Any]) -> Any:
    if reference.step not in results:
        raise FillInError(f"Step {reference.step} has no result to fill in; let it return one, or leave this out.")
    value = results[reference.step]
    for depth, member in enumerate(reference.path):
        value = member_of(value, member)
        if value is UNSET:
            path = ".".join(("result", *reference.path[:depth]))
            raise FillInError(f"The {path} of step {reference.step} holds no `{member}`; look at what it returned.")
    return value


def member_of(value: Any, member: str) -> Any:
    """One step down into a JSON value, by member name or list index; UNSET when there is nothing."""
    if isinstance(value, dict):
        return value.get(member, UNSET)
    if isinstance(value, list) and re.fullmatch("[0-9]{1,9}", member) and int(member) < len(value):
        return value[int(member)]
    return UNSET


def text_of(reference: Reference, filling: Filling) -> str:
    """The value of one fill-in as text. Raises FillInError."""
    value = _value(reference, filling)
    if value is None or value is UNSET:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if _UNFIT.search(text):
        raise FillInError(
            f"The value of `{reference.written}` has a NUL or half a surrogate pair, which no text can carry."
        )
    return text
