"""The selector: `?select=(id,status,step_executions.[0:2].(id))`, which members of an answer are wanted.

https://developer.salesforce.com/docs/commerce/b2c-commerce/references/b2c-commerce-ocapi/propertyselection.html
"""

import re
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from runbell.dialects.ocapi.refusals import MalformedSelector, refusal

LONGEST: Final = 10_000
DEEPEST: Final = 20
MOST: Final = 200
"""Items of a selector, those inside of others too: each goes over all that was found."""
KEPT: Final = ("_v", "_type")
STATE: Final = "_resource_state"
ALL, PLAIN = "**", "*"


class Compared(Struct, frozen=True):
    """`@.name == 'text'`."""

    name: str
    operator: str
    value: Any


class Index(Struct, frozen=True):
    """Which elements of a list: from `first` up to before `last`, the `places`, or those that fulfil one of `any_of`
    (each a list of comparisons that must all hold)."""

    first: int | None = None
    last: int | None = None
    places: tuple[int, ...] = ()
    any_of: tuple[tuple[Compared, ...], ...] = ()


class Item(Struct, frozen=True):
    """One item of a selector: `name` is a member, `*` or `**`."""

    name: str
    take: bool = True
    index: Index | None = None
    inner: "tuple[Item, ...] | None" = None


Selector = tuple[Item, ...]


def asked(text: str | None) -> Selector | None:
    """The selector of a text, None for none. Raises MalformedSelector."""
    return None if text is None or not text.strip() else read(text)


def wants(selector: Selector | None, of: str, member: str) -> bool:
    """True when the selector names `member` inside the list `of`, or everything there."""
    for item in selector or ():
        if item.take and item.name == ALL:
            return True
        if item.take and item.name == of and any(one.take and one.name in {member, ALL} for one in item.inner or ()):
            return True
    return False


def reduced(document: dict[str, Any], selector: Selector) -> dict[str, Any]:
    """What the selector leaves of a document."""
    found = _chosen(document, selector)
    if not any(item.take and item.name == ALL for item in selector):
        found.pop(STATE, None)
    return found


def _chosen(value: dict[str, Any], selector: Selector) -> dict[str, Any]:
    """The members that are selected, in the order in which they were; items work from left to right."""
    found: dict[str, Any] = {} if selector[0].take else dict(value)
    for item in selector:
        if item.name in {ALL, PLAIN}:
            found |= {name: member for name, member in value.items() if item.name == ALL or not _is_deep(member)}
        elif item.name in value and item.take:
            taken = _taken(value[item.name], item)
            found[item.name] = _joined(found[item.name], taken) if item.name in found else taken
        elif item.name in found and not item.take:
            _leave(found, item)
    return {name: found.get(name, value[name]) for name in value if name in found or name in KEPT}


def _taken(value: Any, item: Item) -> Any:
    if item.index is not None:
        value = [value[place] for place in _places(value, item.index)] if isinstance(value, list) else []
    if item.inner is None:
        return value
    if isinstance(value, list):
        return [_chosen(entry, item.inner) if isinstance(entry, dict) else entry for entry in value]
    return _chosen(value, item.inner) if isinstance(value, dict) else value


def _leave(found: dict[str, Any], item: Item) -> None:
    """Take something out again: a member, elements of it, or members of its elements."""
    value = found[item.name]
    if item.index is None and item.inner is None:
        del found[item.name]
        return
    entries = value if isinstance(value, list) else [value]
    chosen = range(len(entries)) if item.index is None else _places(entries, item.index)
    if item.inner is None:
        found[item.name] = [entry for place, entry in enumerate(entries) if place not in chosen]
        return
    gone = tuple(Item(one.name, False, one.index, one.inner) for one in item.inner)
    left = [
        _chosen(entry, gone) if place in chosen and isinstance(entry, dict) else entry
        for place, entry in enumerate(entries)
    ]
    found[item.name] = left if isinstance(value, list) else left[0]


def _joined(one: Any, other: Any) -> Any:
    """What two items took of the same member."""
    if one == other:
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        both = one | other | {name: _joined(one[name], other[name]) for name in one.keys() & other.keys()}
        return dict(sorted(both.items(), key=lambda member: (not member[0].startswith("_"), member[0])))
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_joined(left, right) for left, right in zip(one, other, strict=True)]
    return other


def _places(entries: list[Any], index: Index) -> list[int]:
    if index.any_of:
        return [place for place, entry in enumerate(entries) if any(_fulfils(entry, every) for every in index.any_of)]
    if index.first is not None:
        return list(range(len(entries)))[index.first : index.last]
    return [place for place in index.places if place < len(entries)]


def _fulfils(entry: Any, every: tuple[Compared, ...]) -> bool:
    return isinstance(entry, dict) and all(_holds(entry.get(one.name), one) for one in every)


def _holds(value: Any, compared: Compared) -> bool:
    wanted = compared.value
    if compared.operator == "==":
        return value is not None and type(value) is type(wanted) and bool(value == wanted)
    if compared.operator == "!=":
        return type(value) is not type(wanted) or bool(value != wanted)
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (value, wanted))
    if not numbers and not (isinstance(value, str) and isinstance(wanted, str)):
        return False
    before, same = bool(value < wanted), bool(value == wanted)
    return {"<": before, "<=": before or same, ">": not before and not same, ">=": not before}[compared.operator]


def _is_deep(value: Any) -> bool:
    return isinstance(value, (dict, list))


@lru_cache(256)
def read(text: str) -> Selector:
    """The selector of a text. Raises MalformedSelector."""
    if len(text) > LONGEST:
        raise _malformed(text)
    reader = _Reader(text)
    selector = reader.selector(0)
    reader.blanks()
    if reader.at != len(text):
        raise _malformed(text)
    return selector


_BLANKS: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIGN: Final = re.compile(r"[+-]")
_DIGITS: Final = re.compile(r"\d{1,9}")
_COMPARED: Final = re.compile(
    r"@\.([A-Za-z_][A-Za-z0-9_]*)\s*(==|!=|<=|>=|<|>)\s*(?:'([^']*)'|(-?\d{1,15}(?:\.\d{1,15})?)|(true|false))"
)


class _Reader:
    """Reads a text from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.items = 0

    def selector(self, depth: int) -> Selector:
        """`( item , item )`."""
        if depth > DEEPEST:
            raise _malformed(self.text)
        self.must("(")
        items = [self.item(depth)]
        while self.takes(","):
            items.append(self.item(depth))
        self.must(")")
        return tuple(items)

    def item(self, depth: int) -> Item:
        """A member with its sign, its index and what is wanted inside, or `*`, or `**`."""
        self.items += 1
        if self.items > MOST:
            raise refusal(MalformedSelector, f"A selector has at most {MOST} items.", selector=self.text[:200])
        if self.takes(ALL):
            return Item(ALL)
        if self.takes(PLAIN):
            return Item(PLAIN)
        sign = self.matches(_SIGN)
        word = self.matches(_WORD)
        if word is None:
            raise _malformed(self.text)
        index = None
        if self.takes("[") or self.takes(".["):
            index = self.index()
        inner = self.selector(depth + 1) if self.takes(".") else None
        return Item(word[0], sign is None or sign[0] == "+", index, inner)

    def index(self) -> Index:
        """What stands in square brackets, without the first of them."""
        if self.takes("?("):
            groups = [[self.compared()]]
            while not self.takes(")"):
                if self.takes("&&"):
                    groups[-1].append(self.compared())
                else:
                    self.must("||")
                    groups.append([self.compared()])
            self.must("]")
            return Index(any_of=tuple(tuple(group) for group in groups))
        places = [self.number()]
        if self.takes(":"):
            last = self.number()
            self.must("]")
            return Index(first=places[0], last=last)
        while self.takes(","):
            places.append(self.number())
        self.must("]")
        return Index(places=tuple(dict.fromkeys(places)))  # none twice: inside of each other they would multiply

    def compared(self) -> Compared:
        found = self.matches(_COMPARED)
        if found is None:
            raise _malformed(self.text)
        name, operator, word, number, flag = found.groups()
        if number is not None:
            return Compared(name, operator, float(number) if "." in number else int(number))
        return Compared(name, operator, word if flag is None else flag == "true")

    def number(self) -> int:
        found = self.matches(_DIGITS)
        if found is None:
            raise _malformed(self.text)
        return int(found[0])

    def blanks(self) -> None:
        found = _BLANKS.match(self.text, self.at)
        self.at = self.at if found is None else found.end()

    def matches(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.blanks()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def takes(self, sign: str) -> bool:
        self.blanks()
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def must(self, sign: str) -> None:
        if not self.takes(sign):
            raise _malformed(self.text)


def _malformed(text: str) -> MalformedSelector:
    said = "The selector cannot be read; write it like (id,status,step_executions.[0:2].(step_id))."
    return refusal(MalformedSelector, said, selector=text[:200])
