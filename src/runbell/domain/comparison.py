"""What differs between two JSON values, member by member. Bounded: a long list of differences helps nobody."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import UNSET

from runbell.domain.explanation import Difference
from runbell.domain.pointer import pointer

MOST: Final = 200


def differing(before: Any, after: Any, at: str = "", most: int = MOST) -> tuple[Difference, ...]:
    """Every member that differs, by its JSON pointer, in the order of the first value; at most `most` of them.

    Lists whose items have names (the steps of a job) are compared by name, others by place.
    """
    found: list[Difference] = []
    for difference in _walk(before, after, at):
        if len(found) == most:
            break
        found.append(difference)
    return tuple(found)


def _walk(before: Any, after: Any, at: str) -> Iterator[Difference]:
    if before == after and type(before) is type(after):
        return
    mine, theirs = _members(before), _members(after)
    if mine is None or theirs is None or isinstance(before, dict) is not isinstance(after, dict):
        yield Difference(at, before, after)
        return
    if list(mine) != list(theirs) and mine.keys() == theirs.keys() and isinstance(before, list):
        yield Difference(at, list(mine), list(theirs))  # the same steps in another order
    for name in dict.fromkeys([*mine, *theirs]):
        yield from _walk(mine.get(name, UNSET), theirs.get(name, UNSET), at + pointer(name))


def _members(value: Any) -> dict[str | int, Any] | None:
    if isinstance(value, dict):
        return dict(value)
    if not isinstance(value, list):
        return None
    named = {item["name"]: item for item in value if isinstance(item, dict) and isinstance(item.get("name"), str)}
    if value and len(named) == len(value):
        return dict(named)
    return dict(enumerate(value))
