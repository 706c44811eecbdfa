"""What holds for every value of a definition: sound texts, finite numbers, bounded depth and size."""

import math
import re
from typing import Any, Final

from runbell.domain.canonical import canonical
from runbell.domain.definition_members import Problems, kind_of
from runbell.domain.pointer import pointer

LARGEST_BYTES: Final = 1 << 20
DEEPEST: Final = 64
MOST_BITS: Final = 1024

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_IN_NAMES: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def check_soundness(definition: Any, problems: Problems) -> bool:
    """Note every unsound value; False when the definition is too deep or too large to be looked at any further."""
    level = [("", definition)]
    depth = 0
    while level:
        if depth > DEEPEST:
            problems.add(level[0][0], "too_deep", f"at most {DEEPEST} levels of lists and objects")
            return False
        deeper: list[tuple[str, Any]] = []
        for at, value in level:
            if isinstance(value, dict):
                deeper += _members(at, value, problems)
            elif isinstance(value, list):
                deeper += [(f"{at}/{place}", item) for place, item in enumerate(value)]
            else:
                _check_leaf(at, value, problems)
        level = deeper
        depth += 1
    if not problems.found and len(canonical(definition)) > LARGEST_BYTES:
        problems.add("", "too_large", f"at most {LARGEST_BYTES} bytes of JSON; keep scripts and lists in files")
        return False
    return True


def _members(at: str, value: dict[Any, Any], problems: Problems) -> list[tuple[str, Any]]:
    members = []
    for name, item in value.items():
        if not isinstance(name, str):
            problems.add(at, "bad_text", f"the name of a member must be a text, not {kind_of(name)}")
        elif _IN_NAMES.search(name):
            problems.add(at, "bad_text", f"the name {name!a} holds a control character or half a surrogate pair")
        else:
            members.append((at + pointer(name), item))
    return members


def _check_leaf(at: str, value: Any, problems: Problems) -> None:
    if isinstance(value, str):
        if _CONTROLS.search(value):
            problems.add(at, "bad_text", "holds a control character (only tab and line breaks may stand in a text)")
        if _SURROGATES.search(value):
            problems.add(at, "bad_text", "holds half a surrogate pair; write the whole character")
    elif isinstance(value, float):
        if not math.isfinite(value):
            problems.add(at, "wrong_type", "NaN and infinity are no JSON numbers")
    elif isinstance(value, int):
        if value.bit_length() > MOST_BITS:
            problems.add(at, "too_large", "this number is too large")
    elif value is not None:
        problems.add(at, "wrong_type", f"{type(value).__name__} is no JSON value")
