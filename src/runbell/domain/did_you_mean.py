"""A hint for a word that nobody knows: the known one that looks most like it."""

from collections.abc import Iterable
from difflib import get_close_matches
from heapq import nsmallest
from itertools import islice
from typing import Final

# Comparing costs 100 µs a pair. These keep a hostile input with many unknown words from buying minutes of it.
LONGEST_WORD: Final = 100
MOST_KNOWN: Final = 1_000
MOST_COMPARED: Final = 8


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` to append to a sentence, or nothing when no known word comes near."""
    word = word[:LONGEST_WORD].lower()
    letters = set(word)
    by_lower = {name.lower(): name for name in islice(known, MOST_KNOWN)}
    likely = nsmallest(
        MOST_COMPARED, by_lower, key=lambda name: len(letters.symmetric_difference(name)) + abs(len(name) - len(word))
    )
    near = get_close_matches(word, likely, n=1)
    return f"; did you mean `{by_lower[near[0]]}`?" if near else ""
