"""Patterns are written out until every engine reads them alike, and refused where one cannot."""

import re

import pytest

from runbell.domain.portable_pattern import LIKE, portable

TEXTS = [
    "",
    "a",
    "ab",
    "ABC",
    "abc",
    "3",
    "33",
    "-1.5",
    "a\nb",
    "a b",
    "é",
    "٣",
    "_",
    "a]b",
    "a-b",
    "2031-04-07",
    "a@b.de",
]
PATTERNS = [
    *LIKE.values(), "", "^[A-Z]{3}$", "a|b|", r"[\d\-\]x]+?", ".*", "(?P<x>a)(b)?", r"\W", r"[\W\d]+", r"a\Z",
    r"\\n[&~]", "[^a]", "[^0-9a]{2,}", "é", "a{2}", "(ab?){1,3}", "(?:a|b)+", r"\.", "[.]", "[]a]", "(a-)*b", r"\S+",
    r"\D",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_written_out_matches_what_was_meant(pattern: str) -> None:
    written = re.compile(portable(pattern))
    meant = re.compile(pattern, re.ASCII)
    for text in TEXTS:
        assert bool(written.fullmatch(text)) == bool(meant.fullmatch(text)), (text, written.pattern)


@pytest.mark.parametrize(
    ("pattern", "remedy"),
    [
        ("(?i)a", "write `\\[Aa\\]`"), ("(?i:a)", "write `\\[Aa\\]`"), ("(?=a)a", "look-around"),
        (r"(a)\1", "references"),
        (r"\ba", "anchors"), ("a^b", "anchors"), ("a{256}", "at most 255"), ("(a{200}b){6}", "repeats of repeats"),
        (r"[^\D]", "write out"), (r"a\x00", "NUL"), ("(a+)+", "forever"), ("(", "compile"), ("(?>a)", "atomic"),
    ],
)  # fmt: skip
def test_what_some_engine_does_not_know_is_refused(pattern: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        portable(pattern)
