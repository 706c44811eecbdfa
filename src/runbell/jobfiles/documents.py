"""YAML documents read from their events: JSON values, the line of everything in them, and bounded in every way."""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml
from msgspec import Struct

from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.fault import Problem
from runbell.domain.pointer import pointer
from runbell.jobfiles.core_schema import plain, tagged

DEEPEST: Final = 64
HEAVIEST: Final = 4 << 20  # characters and nodes with every alias written out; a file has at most half of it

_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MARKER: Final = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_UNREADABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

_REMEDIES: Final = {
    "found a tab": "indent with blanks instead of tabs",
    "found character": "indent with blanks instead of tabs, and put a value that begins with one of @`%&*!|> in quotes",
    "mapping values": "put a value that holds `: ` in quotes, or correct the indentation",
    "did not find expected ',' or ']'": 'close the bracket, and put fill-ins in quotes: "{workspace}/x"',
    "did not find expected ',' or '}'": 'close the brace, and put fill-ins in quotes: "{workspace}/x"',
}
_COLLECTION_TAGS: Final = ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")
_REMEDY: Final = "correct the indentation, the quotes or the brackets here or in the line above"


class Document(Struct, frozen=True):
    """One YAML document: its value, the line of each of its members (by JSON pointer), what is wrong with it."""

    value: Any
    lines: dict[str, int]
    problems: tuple[Problem, ...]

    def line_of(self, place: str) -> int | None:
        """The line of what the JSON pointer names, or of the nearest thing around it."""
        while place not in self.lines and place:
            place = place.rpartition("/")[0]
        return self.lines.get(place)


def read_documents(text: str) -> Iterator[Document]:
    """The documents of a file, the empty ones left out. A broken one does not spoil those after it.

    Documents are parted at the `---` lines first: YAML allows no such line inside of one (1.2.2, 9.1.2).
    """
    starts = [0, *(match.start() for match in _MARKER.finditer(text))]
    lines_above = 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        if not _is_idle(part):
            yield from _read(part, lines_above)
        lines_above += part.count("\n")


def _is_idle(part: str) -> bool:
    """Nothing but the marker, blanks, comments and directives."""
    return all(line in ("", "---") or line.startswith(("#", "%")) for line in map(str.strip, part.splitlines()))


def _read(part: str, lines_above: int) -> Iterator[Document]:
    reader = _Reader(lines_above)
    try:
        found = _UNREADABLE.search(part)
        if found:
            line = lines_above + part.count("\n", 0, found.start()) + 1
            said = f"the character U+{ord(found[0]):04X} must not stand in a file; write it with an escape"
            raise _Broken(Problem("", "bad_text", said, line))
        for event in (events := yaml.parse(part, Loader=_LOADER)):
            if isinstance(event, yaml.DocumentStartEvent):
                value = reader.node(next(events), events, "", 0)
                if value is not None or reader.problems:
                    yield reader.document(value)
                reader = _Reader(lines_above)
    except yaml.YAMLError as error:
        yield Document(None, {}, (_syntax(error, lines_above),))
    except _Broken as broken:
        yield Document(None, reader.lines, (*reader.problems, broken.problem))


class _Broken(Exception):  # noqa: N818 - ends the reading of one document
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class _Reader:
    """Builds one document from its events."""

    def __init__(self, lines_above: int) -> None:
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self._lines_above = lines_above
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._weight = 0

    def document(self, value: Any) -> Document:
        return Document(value, self.lines, tuple(self.problems))

    def node(self, event: yaml.Event, events: Iterator[yaml.Event], at: str, depth: int) -> Any:
        """The value that begins with `event`."""
        line = self._line(event)
        self.lines.setdefault(at, line)
        if depth > DEEPEST:
            raise _Broken(Problem(at, "too_deep", f"at most {DEEPEST} levels of lists and mappings", line))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, at)
        before = self._weight
        self._weigh(1, at, line)
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, at)
        else:
            value = self._collection(event, events, at, depth)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = (value, self._weight - before)
        return value

    def _alias(self, event: yaml.AliasEvent, at: str) -> Any:
        line = self._line(event)
        if event.anchor is None or event.anchor not in self._anchors:
            hint = did_you_mean(event.anchor or "", self._anchors)
            said = f"nothing above is marked &{event.anchor} (and ended){hint}; put a text that begins with * in quotes"
            raise _Broken(Problem(at, "bad_alias", said, line))
        value, weight = self._anchors[event.anchor]
        self._weigh(weight, at, line)
        return value

    def _scalar(self, event: yaml.ScalarEvent, at: str) -> Any:
        self._weigh(len(event.value), at, self._line(event))
        if event.tag is None:
            return plain(event.value) if event.implicit[0] else event.value
        try:
            return tagged(event.tag, event.value)
        except ValueError as error:
            self._note(at, self._line(event), "bad_tag", str(error))
            return event.value

    def _collection(self, event: yaml.Event, events: Iterator[yaml.Event], at: str, depth: int) -> Any:
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", *_COLLECTION_TAGS):
            self._note(at, self._line(event), "bad_tag", f"the tag {tag} is not taken in job files; take it out")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, at, depth)
        return self._mapping(events, at, depth)

    def _sequence(self, events: Iterator[yaml.Event], at: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self.node(event, events, f"{at}/{len(items)}", depth + 1))
        return items

    def _mapping(self, events: Iterator[yaml.Event], at: str, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            line = self._line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise _Broken(Problem(at, "bad_key", "the name of a member must be a plain text", line))
            place = at + pointer(event.value)
            self._weigh(len(event.value), at, line)
            if event.value in members:
                said = f"`{event.value[:60]}` stands in line {self.lines[place]} already; take one of the two out"
                self._note(place, line, "duplicate", said)
            self.lines.setdefault(place, line)
            members[event.value] = self.node(next(events), events, place, depth + 1)
        return members

    def _weigh(self, weight: int, at: str, line: int) -> None:
        self._weight += weight
        if self._weight > HEAVIEST:
            said = "the aliases (*name) blow this document up beyond measure; write it out"
            raise _Broken(Problem(at, "too_large", said, line))

    def _note(self, at: str, line: int, code: str, detail: str) -> None:
        if len(self.problems) < 100:
            self.problems.append(Problem(at, code, detail, line))

    def _line(self, event: yaml.Event) -> int:
        return self._lines_above + int(getattr(event.start_mark, "line", 0)) + 1


def _syntax(error: yaml.YAMLError, lines_above: int) -> Problem:
    said, mark = getattr(error, "problem", None) or "this is no YAML", getattr(error, "problem_mark", None)
    remedy = next((remedy for begin, remedy in _REMEDIES.items() if said.startswith(begin)), _REMEDY)
    return Problem("", "syntax", f"{said}; {remedy}", lines_above + mark.line + 1 if mark else None)
