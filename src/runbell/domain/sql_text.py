"""The text of an SQL step: its statements, and the `:name` in them for which a value is bound.

Nothing is ever put into the text: each engine gets its own placeholder where `:name` stood. Quotes, comments, dollar
quoting, casts (`x::date`) and slices (`x[1:n]`) are told apart from names.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>--[^\n]*|/\*)
    |(?P<dollar>\$(?:[^\W\d]\w*)?\$)
    |(?P<quote>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)|"(?:[^"]|"")*(?:"|\Z)|`(?:[^`]|``)*(?:`|\Z))
    |(?P<cast>::|:=)
    |:(?P<bind>[A-Za-z_]\w*)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<number>\d[\w.]*)
    |(?P<end>;)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK: Final = re.compile(r"/\*|\*/")
_CLOSING: Final = (")", "]", "}")
_WITH_BODY: Final = frozenset(("TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "PACKAGE"))
_INNER_ENDS: Final = frozenset(("IF", "LOOP", "WHILE", "REPEAT"))


class Bound(Struct, frozen=True):
    """A place in the text for which the value of that name is bound."""

    name: str


class Statement(Struct, frozen=True):
    """One statement: its text with the places of values, and its words in capitals (the first twenty)."""

    parts: tuple[str | Bound, ...]
    words: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """What it begins with: SELECT, WITH, INSERT, …; empty when it begins with no word."""
        return self.words[0] if self.words else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names for which values are bound, each once, in their order."""
        return tuple(dict.fromkeys(part.name for part in self.parts if isinstance(part, Bound)))

    def written(self, place: Callable[[str], str], plain: Callable[[str], str] = str) -> str:
        """The text for an engine: `place` writes its placeholder for a name, `plain` escapes what stands between."""
        return "".join(place(part.name) if isinstance(part, Bound) else plain(part) for part in self.parts)

    def values(self, bind: Mapping[str, Any]) -> dict[str, Any]:
        """The values that it needs. Raises ValueError, with a sentence, for a name without one."""
        missing = [name for name in self.names if name not in bind]
        if missing:
            raise ValueError(f"There is no value for `:{missing[0]}`; give one in `bind`.")
        return {name: bind[name] for name in self.names}


def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a text, in their order; what holds only blanks and comments is none."""
    return tuple(_statements(text))


def names_in(text: str) -> tuple[str, ...]:
    """All names for which the text wants values, each once."""
    return tuple(dict.fromkeys(name for one in statements(text) for name in one.names))


def is_ordered(text: str) -> bool:
    """Whether a query says itself in which order its rows come: an ORDER BY outside of all brackets."""
    depth, before = 0, ""
    for kind, at, end in _tokens(text):
        piece = text[at:end]
        if kind == "other" and piece in ("(", "[", "{"):
            depth += 1
        elif kind == "other" and piece in _CLOSING:
            depth -= 1
        elif kind == "word" and not depth:
            if before == "ORDER" and piece.upper() == "BY":
                return True
            before = piece.upper()
    return False


def _statements(text: str) -> Iterator[Statement]:
    parts: list[str | Bound] = []
    words: list[str] = []
    start = 0
    body = _Body()
    told = False
    for kind, at, end in _tokens(text):
        if kind == "bind":
            parts += [text[start:at], Bound(text[at + 1 : end])]
            start = end
        elif kind == "word":
            word = text[at:end].upper()
            if len(words) < 20:
                words.append(word)
            body.read(word)
        if kind == "end" and not body.depth:
            if told:
                yield Statement(_whole(parts, text[start:at]), tuple(words))
            parts, words, start, body, told = [], [], end, _Body(), False
        elif kind not in ("space", "comment"):
            told = True
    if told:
        yield Statement(_whole(parts, text[start:]), tuple(words))


def _whole(parts: list[str | Bound], rest: str) -> tuple[str | Bound, ...]:
    whole = [part for part in (*parts, rest) if part]
    if isinstance(whole[0], str):
        whole[0] = whole[0].lstrip()
    if isinstance(whole[-1], str):
        whole[-1] = whole[-1].rstrip()
    return tuple(part for part in whole if part)


class _Body:
    """Follows `create trigger … begin …; … end`: a semicolon in there ends no statement."""

    def __init__(self) -> None:
        self.depth = 0
        self._count = 0
        self._creates = self._has_body = self._ended = False

    def read(self, word: str) -> None:
        """Take the next word of the statement."""
        self._count += 1
        if self._count == 1:
            self._creates = word == "CREATE"
        if not self._creates:
            return
        ended, self._ended = self._ended, False
        if ended and word in _INNER_ENDS:
            self.depth += 1
        self._has_body = self._has_body or word in _WITH_BODY
        if self._has_body and (word == "BEGIN" or (self.depth and word == "CASE" and not ended)):
            self.depth += 1
        elif self.depth and word == "END":
            self.depth -= 1
            self._ended = True


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """What the text is made of: kind, begin, end."""
    at, before = 0, ""
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # `other` takes whatever nothing else does
        kind, end = str(match.lastgroup), match.end()
        if kind == "comment" and text[at] == "/":
            end = _comment_end(text, end)
        elif kind == "dollar":
            closing = text.find(match["dollar"], end)
            kind, end = "quote", len(text) if closing < 0 else closing + end - at
        elif kind == "bind" and before:
            kind, end = "other", at + 1  # `x[1:n]`, `{'a':b}`: the colon belongs to what stands right before it
        yield kind, at, end
        value = kind in ("word", "number", "quote", "bind") or (kind == "other" and text[at:end] in _CLOSING)
        before = kind if value else ""
        at = end


def _comment_end(text: str, start: int) -> int:
    """Where a comment ends that begins before `start`. Comments may hold comments, where that comes out even."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    first = text.find("*/", start)
    return len(text) if first < 0 else first + 2
