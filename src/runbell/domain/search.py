"""What executions are searched for: a tree of conditions on a few fields. Pure; a store turns it into its own language.

Every condition is true or false, never in between: a field without a value fulfils `Missing`, and `Among` when that is
turned round, and nothing else. Times are epoch ms, numbers are whole, texts compare by code point.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct

from runbell.domain.status import Status, StepStatus

MOST_CONDITIONS: Final = 500
MOST_VALUES: Final = 5_000

Value = int | str


class Field(StrEnum):
    """What can be compared: of an execution, and inside `SomeStep` of a step execution."""

    NUMBER = "number"
    JOB = "job"
    BEGAN = "began"
    ENDED = "ended"
    WORD = "word"
    STEP = "step"
    SCOPE = "scope"


class All(Struct, frozen=True, tag=True):
    """Every one of these holds; without any: true."""

    of: "tuple[Condition, ...]" = ()


class AnyOf(Struct, frozen=True, tag=True):
    """At least one of these holds; without any: false."""

    of: "tuple[Condition, ...]" = ()


class Not(Struct, frozen=True, tag=True):
    """It does not hold."""

    of: "Condition"


class Among(Struct, frozen=True, tag=True):
    """The field has one of the values; `outside`: it has none of them, or no value at all."""

    field: Field
    values: tuple[Value, ...]
    outside: bool = False


class Missing(Struct, frozen=True, tag=True):
    """The field has no value."""

    field: Field


class Compared(Struct, frozen=True, tag=True):
    """The field has a value, which stands so to `value`."""

    field: Field
    sign: Literal["<", "<=", ">", ">="]
    value: Value


class Contains(Struct, frozen=True, tag=True):
    """The text of the field holds `part`; A to Z count as a to z."""

    field: Field
    part: str


class SomeStep(Struct, frozen=True, tag=True):
    """A single one of its step executions fulfils the condition."""

    of: "Condition"


Condition = All | AnyOf | Not | Among | Missing | Compared | Contains | SomeStep


class Word(Struct, frozen=True):
    """How a status is said: always `said`, or (None) the exit code, or `otherwise` when that is empty or `unfit`."""

    said: str | None
    otherwise: str = ""
    unfit: tuple[str, ...] = ()

    def of(self, exit_code: str | None) -> str:
        """The word for an exit code."""
        if self.said is not None:
            return self.said
        return self.otherwise if not exit_code or exit_code in self.unfit else exit_code


class View(Struct, frozen=True):
    """How a door shows what is searched: the words of its statuses, its ids of jobs, the name of no scope.

    A status of steps without a word is not shown at all. `waiting`: statuses in which an execution that has not begun
    counts as begun when it was accepted.
    """

    dialect: str
    words: Mapping[Status, Word]
    step_words: Mapping[StepStatus, Word]
    no_scope: str
    waiting: tuple[Status, ...] = ()


class Order(Struct, frozen=True):
    """Sort by a field; what has no value comes last either way."""

    field: Field
    descending: bool = False


class Search(Struct, frozen=True, kw_only=True):
    """Which executions of a project, in which order (ties: by number, in the direction of the first order).

    `jobs` are those that the caller may see (None: all).
    """

    project: str
    where: Condition
    view: View
    order: tuple[Order, ...]
    jobs: tuple[str, ...] | None = None
    start: int = 0
    count: int = 25


def parts(condition: Condition) -> Iterator[Condition]:
    """The condition and all within it."""
    todo = [condition]
    while todo:
        one = todo.pop()
        yield one
        if isinstance(one, All | AnyOf):
            todo += one.of
        elif isinstance(one, Not | SomeStep):
            todo.append(one.of)


def too_large(condition: Condition) -> bool:
    """Whether it has more conditions or values than one search may have."""
    found = list(parts(condition))
    values = sum(len(one.values) for one in found if isinstance(one, Among))
    return len(found) > MOST_CONDITIONS or values > MOST_VALUES
