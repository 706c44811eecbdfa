"""Reading one object of a definition: its members by name and type, every problem noted instead of raised."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

from msgspec import UNSET

from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.durations import duration_ms, size_bytes
from runbell.domain.fault import Problem
from runbell.domain.parameters_values import Unfit
from runbell.domain.pointer import pointer

MOST_PROBLEMS: Final = 100
LONGEST_LINE: Final = 255
LONGEST_TEXT: Final = 1 << 20

T = TypeVar("T")
R = TypeVar("R")
E = TypeVar("E", bound=Enum)

_LINE_BREAKS: Final = re.compile("[\t\n\r]")


class Problems:
    """What is wrong with a definition, in the order in which it was found. No more than 100 are kept."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    @property
    def full(self) -> bool:
        """True when no more are kept."""
        return len(self.found) >= MOST_PROBLEMS

    def add(self, at: str, code: str, detail: str, *, word: str = "", known: Iterable[str] = ()) -> None:
        """Note a problem at the JSON pointer `at`, with a hint if the unknown `word` looks like a known one."""
        if not self.full:
            self.found.append(Problem(at, code, detail + did_you_mean(word, known)))


class Members:
    """One object of a definition. Each reading answers the member's value, or `default` when it is absent or wrong."""

    def __init__(
        self, value: Any, at: str, problems: Problems, known: tuple[str, ...], later: Mapping[str, str] | None = None
    ) -> None:
        self.at = at
        self.problems = problems
        self.refused: set[str] = set()
        self._members: dict[str, Any] = {}
        if not isinstance(value, dict):
            problems.add(at, "wrong_type", f"expected an object with members like `{known[0]}`, not {kind_of(value)}")
            return
        for name in value:
            if later and name in later:
                self.refused.add(name)
                self.wrong(name, "not_available", f"`{name}` is not available yet; {later[name]}")
            elif name in known:
                self._members[name] = value[name]
            else:
                problems.add(self.place(name), "unknown_field", "unknown member", word=str(name), known=known)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def get(self, name: str) -> Any:
        """The member as it is written; None when it is absent."""
        return self._members.get(name)

    def place(self, *names: str | int) -> str:
        """The JSON pointer of a member of this object, or of something inside it."""
        return self.at + pointer(*names)

    def wrong(self, name: str, code: str, detail: str) -> None:
        """Note a problem with a member."""
        self.problems.add(self.place(name), code, detail)

    def inner(self, name: str, known: tuple[str, ...]) -> "Members":
        """The member as an object of its own; without members when it is absent."""
        return Members(self._members.get(name, {}), self.place(name), self.problems, known)

    def demand(self, name: str, remedy: str) -> bool:
        """Note a problem unless the member is there."""
        if name not in self._members:
            self.problems.add(self.at, "required", f"`{name}` is missing; {remedy}")
        return name in self._members

    def text(self, name: str, default: str = "", *, longest: int = LONGEST_LINE, lines: bool = False) -> str:
        """A text; of one line unless `lines`."""

        def read(value: Any) -> str:
            if not isinstance(value, str):
                raise Unfit("wrong_type", f"expected a text, not {kind_of(value)}" + quote_hint(value))
            if len(value) > longest:
                raise Unfit("too_long", f"at most {longest} characters")
            if not lines and _LINE_BREAKS.search(value):
                raise Unfit("bad_text", "must be one line, without tabs")
            return value

        return self.read(name, default, read)

    def matching(self, name: str, default: T, pattern: re.Pattern[str], like: str) -> str | T:
        """A text that the pattern matches as a whole; `like` says in words what would."""

        def read(value: Any) -> str:
            if not (isinstance(value, str) and pattern.fullmatch(value)):
                raise Unfit("pattern", f"expected {like}, not {shown(value)}")
            return value

        return self.read(name, default, read)

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""

        def read(value: Any) -> bool:
            if not isinstance(value, bool):
                raise Unfit("wrong_type", f"expected true or false, not {kind_of(value)}")
            return value

        return self.read(name, default, read)

    def whole(self, name: str, default: T, *, least: int, most: int) -> int | T:
        """A whole number within bounds."""

        def read(value: Any) -> int:
            if type(value) is not int:
                raise Unfit("wrong_type", f"expected a whole number, not {kind_of(value)}")
            if not least <= value <= most:
                raise Unfit("out_of_bounds", f"must lie within {least} and {most}")
            return value

        return self.read(name, default, read)

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """A number within bounds."""

        def read(value: Any) -> float:
            if type(value) not in (int, float):
                raise Unfit("wrong_type", f"expected a number, not {kind_of(value)}")
            if not least <= value <= most:
                raise Unfit("out_of_bounds", f"must lie within {least:g} and {most:g}")
            return float(value)

        return self.read(name, default, read)

    def duration(self, name: str, default: T, *, least: int = 1) -> int | T:
        """A duration in milliseconds."""

        def read(value: Any) -> int:
            length = duration_ms(value)
            if length < least:
                raise Unfit("too_small", f"at least {least}ms")
            return length

        return self.read(name, default, read)

    def size(self, name: str, default: int, *, least: int) -> int:
        """A size in bytes."""

        def read(value: Any) -> int:
            size = size_bytes(value)
            if size < least:
                raise Unfit("too_small", f"at least {least} bytes")
            return size

        return self.read(name, default, read)

    def choice(self, name: str, default: T, choices: type[E]) -> E | T:
        """One of the values of a closed set."""

        def read(value: Any) -> E:
            words = [str(choice.value) for choice in choices]
            if not (isinstance(value, str) and value in words):
                hint = did_you_mean(value, words) if isinstance(value, str) else ""
                raise Unfit("not_a_choice", f"one of {', '.join(words)}{hint}")
            return choices(value)

        return self.read(name, default, read)

    def lines(self, name: str, *, most: int, longest: int = LONGEST_LINE) -> tuple[str, ...]:
        """A list of texts of one line each, none empty, none twice."""
        value = self.list(name, most=most)
        seen: set[str] = set()
        for place, item in enumerate(value):
            if not (isinstance(item, str) and 0 < len(item) <= longest and not _LINE_BREAKS.search(item)):
                said = f"expected a text of one line, 1 to {longest} characters, not {shown(item)}" + quote_hint(item)
                self.problems.add(self.place(name, place), "wrong_type", said)
            elif item in seen:
                self.problems.add(self.place(name, place), "duplicate", f"`{item}` is there twice; take one out")
            else:
                seen.add(item)
        return tuple(item for item in value if isinstance(item, str))

    def list(self, name: str, *, least: int = 0, most: int) -> list[Any]:
        """A list of anything; so many."""

        def read(value: Any) -> list[Any]:
            if not isinstance(value, list):
                raise Unfit("wrong_type", f"expected a list, not {kind_of(value)}")
            if not least <= len(value) <= most:
                raise Unfit("too_short" if len(value) < least else "too_long", f"{least} to {most} of them")
            return value

        return self.read(name, [], read)

    def object(self, name: str, *, most: int) -> dict[str, Any]:
        """An object with free names; at most so many."""

        def read(value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise Unfit("wrong_type", f"expected an object, not {kind_of(value)}")
            if len(value) > most:
                raise Unfit("too_long", f"at most {most} of them")
            return value

        return self.read(name, {}, read)

    def read(self, name: str, default: T, read: Callable[[Any], R]) -> R | T:
        """What `read` makes of the member; it raises Unfit, or ValueError with a sentence, when the member is wrong."""
        value = self._members.get(name, UNSET)
        if value is UNSET:
            return default
        if value is None:
            self.wrong(name, "not_null", "must not be null; leave it out to get its default")
            return default
        try:
            return read(value)
        except Unfit as unfit:
            self.wrong(name, unfit.code, unfit.detail)
        except ValueError as error:
            self.wrong(name, "invalid", str(error))
        return default


def kind_of(value: Any) -> str:
    """What a JSON value is, for a sentence."""
    names = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "null")


def shown(value: Any) -> str:
    """A short text itself, else what the value is."""
    return f"`{value}`" if isinstance(value, str) and len(value) <= 60 and value.isprintable() else kind_of(value)


def quote_hint(value: Any) -> str:
    """How to make a text of a number or a boolean."""
    return "; put it in quotes" if isinstance(value, (bool, int, float)) else ""
