"""Patterns that mean the same to every engine: a part of Python's regular expressions, in words that all of them read.

DuckDB matches with RE2, PostgreSQL with its own, SQLite with Python; `\\d` and `.` mean something else to each. So what
they differ in is written out (`[0-9]`), greed is left out (it changes no match of the whole text), and what one of
them has not is refused.
"""

from collections.abc import Callable
from functools import lru_cache
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

from runbell.domain.parameters_pattern import check_pattern

MOST_REPEATS: Final = 255
"""PostgreSQL counts no further."""
MOST_NESTED: Final = 1_000
"""RE2 writes repeats out, and stops there."""
LIKE: Final = {
    "date": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "datetime": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?"
    r"(Z|[+-]\d\d:?\d\d)?",
    "decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)",
    "email": r"[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
    "int": r"[+-]?\d+",
    "url": r"https?://[^\s/?#]+([/?#]\S*)?",
    "uuid": r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
}
"""Usual formats by name."""

_CLASSES: Final = {"DIGIT": "0-9", "SPACE": " \t\n\r\f\v", "WORD": "A-Za-z0-9_"}
_Seen = list[tuple[Any, Any]]


@lru_cache(maxsize=256)
def portable(pattern: str) -> str:
    """The pattern, for a match of the whole text. Raises ValueError when it says what some engine does not know."""
    check_pattern(pattern)
    tree = parser.parse(pattern)
    if tree.state.flags & ~32:  # 32: texts are Unicode, as always
        raise ValueError("flags like `(?i)` are not known everywhere; write `[Aa]`")
    pieces = list(tree)
    while pieces and str(pieces[0]) in ("(AT, AT_BEGINNING)", "(AT, AT_BEGINNING_STRING)"):
        pieces = pieces[1:]
    while pieces and str(pieces[-1]) in ("(AT, AT_END)", "(AT, AT_END_STRING)"):
        pieces = pieces[:-1]
    return _written(pieces)


def _written(pieces: _Seen) -> str:
    return "".join(_WRITE.get(str(kind), _refused)(given) for kind, given in pieces)


def _character(code: int) -> str:
    if code == 0:
        raise ValueError("no text holds a NUL; take it out")
    one = chr(code)
    return one if one.isalnum() or one in "_ " or not one.isprintable() or code > 127 else "\\" + one


def _set(items: _Seen) -> str:
    inverted = str(items[0][0]) == "NEGATE"
    inside, beside = "", []
    for kind, given in items[inverted:]:
        if str(kind) == "LITERAL":
            inside += _character(given)
        elif str(kind) == "RANGE":
            inside += f"{_character(given[0])}-{_character(given[1])}"
        elif (name := str(given).removeprefix("CATEGORY_")).startswith("NOT_"):
            beside.append(f"[^{_CLASSES[name.removeprefix('NOT_')]}]")
        else:
            inside += _CLASSES[name]
    if inverted and beside:
        raise ValueError(r"`[^\D]` and its like are not known everywhere; write out which characters you mean")
    parts = [f"[{'^' if inverted else ''}{inside}]"] * bool(inside) + beside
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _repeat(given: tuple[int, Any, _Seen]) -> str:
    least, most, inner = given
    endless = str(most) == "MAXREPEAT"
    if max(least, 0 if endless else most) > MOST_REPEATS:
        raise ValueError(f"at most {MOST_REPEATS} repeats are known everywhere")
    if _times([(None, given)]) > MOST_NESTED:
        raise ValueError(f"at most {MOST_NESTED} repeats of repeats are known everywhere")
    count = {(0, True): "*", (1, True): "+"}.get((least, endless)) or f"{{{least},{'' if endless else most}}}"
    return f"(?:{_written(inner)}){count}"


def _times(seen: Any) -> int:
    """The most often that anything in there is written out, repeats times the repeats inside them."""
    if not isinstance(seen, list | tuple | parser.SubPattern):
        return 1
    inside = max((_times(item) for item in seen), default=1)
    if isinstance(seen, tuple) and len(seen) == 3 and isinstance(seen[2], parser.SubPattern):
        return inside * max(int(seen[0]), 1 if str(seen[1]) == "MAXREPEAT" else int(seen[1]), 1)
    return inside


def _group(given: tuple[Any, int, int, _Seen]) -> str:
    _, added, removed, inner = given
    if added or removed:
        raise ValueError("flags like `(?i:…)` are not known everywhere; write `[Aa]`")
    return f"(?:{_written(inner)})"


def _refused(_: Any) -> str:
    raise ValueError(
        "look-around, references to groups, anchors inside and atomic groups are not known everywhere; write it without"
    )


_WRITE: Final[dict[str, Callable[[Any], str]]] = {
    "LITERAL": _character,
    "NOT_LITERAL": lambda code: f"[^{_character(code)}]",
    "ANY": lambda _: "[^\n]",
    "IN": _set,
    "BRANCH": lambda given: "(?:" + "|".join(_written(branch) for branch in given[1]) + ")",
    "SUBPATTERN": _group,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
}
