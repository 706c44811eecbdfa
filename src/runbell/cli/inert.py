"""Text of jobs, callers and servers, made harmless for a terminal: colours may stay, everything else is shown as text.

Of the escape sequences only SGR (ECMA-48 8.3.117) with colours and weights passes, and only where it is wanted.
"""

import re
from typing import Final

_SEQUENCE: Final = re.compile(
    "(?P<sgr>\x1b\\[(?P<codes>[0-9;:]{0,64})m)"
    "|(?P<control>[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff])"
)
_WEIGHTS: Final = {0, 1, 2, 3, 4, 7, 21, 22, 23, 24, 27, 38, 39, 48, 49}
_COLOURS: Final = {*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108)}
_RESET: Final = "\x1b[0m"


def inert(text: str, *, colours: bool = False) -> str:
    """One line in which nothing is active. A line drawn over with `\\r` shows its last state, as a terminal would."""
    text = text.removesuffix("\r").rpartition("\r")[2]
    coloured = False

    def shown(found: re.Match[str]) -> str:
        nonlocal coloured
        if found["sgr"] is None:
            return _visible(found["control"])
        if not (colours and _colours_only(found["codes"])):
            return ""
        coloured = True
        return found["sgr"]

    safe = _SEQUENCE.sub(shown, text)
    return safe + _RESET if coloured else safe


def inert_json(text: str) -> str:
    """JSON text that is the same value and cannot reach a terminal as anything but text."""
    return _SEQUENCE.sub(lambda found: found[0] if found[0] == "\n" else _escaped(found[0]), text)


def _visible(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def _colours_only(codes: str) -> bool:
    """Colours, weights and resets; nothing that blinks or hides text. What follows 38 or 48 is a colour's value."""
    numbers = [int(code or 0) for code in re.split("[;:]", codes)]
    if 38 in numbers or 48 in numbers:
        place = min(numbers.index(code) for code in (38, 48) if code in numbers)
        return all(number < 256 for number in numbers) and _all_known(numbers[:place])
    return _all_known(numbers)


def _all_known(numbers: list[int]) -> bool:
    return all(number in _WEIGHTS or number in _COLOURS for number in numbers)
