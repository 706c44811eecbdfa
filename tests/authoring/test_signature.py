"""A job's parameters from its function's signature, and back: the arguments from an execution's values."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any, Literal, Optional, TypedDict

import pytest

from runbell.authoring import Context, Secret, job
from runbell.authoring.arguments import Arguments, typed
from runbell.authoring.jobs import definition
from runbell.authoring.signature import parameters_of
from runbell.domain.definition import read_job
from runbell.domain.job import ParameterType


class Mode(Enum):
    FULL = "full"
    INCREMENTAL = "incremental"


class Level(IntEnum):
    ONE = 1


class Row(TypedDict):
    a: int


def every(
    ctx: Context,
    text: str,
    whole: int,
    real: float,
    exact: Decimal,
    flag: bool,
    day: date,
    at: datetime,
    choice: Literal["a", "b"],
    mode: Mode,
    many: list[Mode],
    listed: list[str],
    told: dict[str, int],
    row: Row,
    anything: Any,
    maybe: str | None,
    older: Optional[int],  # noqa: UP045 - people write it
    limit: int = 5,
    price: Decimal = Decimal("1.10"),
    since: date = date(2030, 1, 2),
    how: Mode = Mode.FULL,
    country: str | None = None,
) -> None:
    """All types that a start can give."""


def test_every_annotation_has_its_type() -> None:
    assert parameters_of(every) == {
        "text": {"type": "text", "required": True},
        "whole": {"type": "int", "required": True},
        "real": {"type": "decimal", "required": True},
        "exact": {"type": "decimal", "required": True},
        "flag": {"type": "bool", "required": True},
        "day": {"type": "date", "required": True},
        "at": {"type": "datetime", "required": True},
        "choice": {"type": "enum", "choices": ["a", "b"], "required": True},
        "mode": {"type": "enum", "choices": ["full", "incremental"], "required": True},
        "many": {"type": "multi", "choices": ["full", "incremental"], "required": True},
        "listed": {"type": "json", "required": True},
        "told": {"type": "json", "required": True},
        "row": {"type": "json", "required": True},
        "anything": {"type": "json", "required": True},
        "maybe": {"type": "text", "nullable": True, "required": True},
        "older": {"type": "int", "nullable": True, "required": True},
        "limit": {"type": "int", "default": 5},
        "price": {"type": "decimal", "default": "1.10"},
        "since": {"type": "date", "default": "2030-01-02"},
        "how": {"type": "enum", "choices": ["full", "incremental"], "default": "full"},
        "country": {"type": "text", "nullable": True, "default": None},
    }


def test_the_definition_is_one_that_can_be_read() -> None:
    read = read_job(definition(job(every), "jobs:every"), trusted_python=True)
    assert [each.name for each in read.parameters] == list(parameters_of(every))


def test_a_secret_is_a_secret_text_and_shows_nothing_of_itself() -> None:
    def load(token: Secret = Secret("")) -> None: ...  # noqa: B008 - as job authors write it

    assert parameters_of(load) == {"token": {"type": "text", "secret": True, "default": ""}}
    given = Arguments(load).of({"token": "hunter2"}, {"token": ParameterType.TEXT})["token"]
    assert isinstance(given, Secret)
    assert (given, f"{given!r}") == ("hunter2", "Secret('***')")


def _refused() -> dict[str, Callable[..., Any]]:
    def untyped(x) -> None: ...  # type: ignore[no-untyped-def]
    def strange(x: complex) -> None: ...
    def either(x: int | str) -> None: ...
    def numbered(x: Level) -> None: ...
    def rest(*x: int) -> None: ...
    def keywords(**x: int) -> None: ...

    return {each.__name__: each for each in (untyped, strange, either, numbered, rest, keywords)}


@pytest.mark.parametrize("name", _refused())
def test_what_no_start_can_give_is_refused_with_name_and_remedy(name: str) -> None:
    said = {"untyped": "has no type"}
    with pytest.raises(TypeError, match=said.get(name, "cannot be given by name|no start can give")) as refusal:
        parameters_of(_refused()[name])
    assert f"of {name}" in str(refusal.value)


def test_a_path_is_a_file_that_is_handed_in() -> None:
    def load(source: Path, other: Path | None = None) -> None: ...

    assert parameters_of(load) == {
        "source": {"type": "file", "required": True},
        "other": {"type": "file", "nullable": True, "default": None},
    }
    assert Arguments(load).of({"source": "/x/y"}, {"source": ParameterType.FILE}) == {"source": Path("/x/y")}


def test_arguments_are_typed_by_declaration_and_annotation() -> None:
    arguments = Arguments(every)
    assert arguments.context == "ctx"
    given = arguments.of(
        {
            "real": "0.5", "exact": "1.10", "day": "2030-01-02", "at": "2030-01-02T03:04:05Z", "mode": "full",
            "many": ["full"], "choice": "a", "maybe": None, "unknown": 1, "told": {"a": 1}, "whole": "7",
        },
        {name: ParameterType(each["type"]) for name, each in parameters_of(every).items()},
    )  # fmt: skip
    assert given == {
        "real": 0.5, "exact": Decimal("1.10"), "day": date(2030, 1, 2), "at": datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        "mode": Mode.FULL, "many": [Mode.FULL], "choice": "a", "maybe": None, "told": {"a": 1}, "whole": 7,
    }  # fmt: skip
    assert isinstance(given["real"], float)


def test_a_value_without_declaration_stays_as_it_is() -> None:
    assert typed({"a": [1]}, None) == {"a": [1]}
    assert typed("2030-01-02", None, date) == "2030-01-02"


def test_annotations_that_only_type_checkers_know_do_not_matter_for_a_call() -> None:
    def main(x: "NotHere", ctx: Context) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    assert Arguments(main).of({"x": 1}, {}) == {"x": 1}
    assert Arguments(main).context == "ctx"
