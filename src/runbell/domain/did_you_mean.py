"""A hint for a word that nobody knows: the known one that looks most like it."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Final

LONGEST_WORD: Final = 100
MOST_KNOWN: Final = 200  # both bounds keep a hostile input from buying minutes of comparing


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` to append to a sentence, or nothing when no known word comes near."""
    by_lower = {name.lower(): name for name in islice(known, MOST_KNOWN)}
    near = get_close_matches(word[:LONGEST_WORD].lower(), by_lower, n=1)
    return f"; did you mean `{by_lower[near[0]]}`?" if near else ""
