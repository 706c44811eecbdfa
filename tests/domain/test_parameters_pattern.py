"""Patterns that could take forever are refused, those that people write are not."""

import pytest

from runbell.domain.parameters_pattern import check_pattern

SOUND = [
    *(
        r"[A-Z]{2}",
        r"\d{4}-\d{2}-\d{2}",
        r".*",
        r"a+b*c?",
        r"(foo|bar)+",
        r"((ab|cd))+",
        r"(\d+)?",
        r"v\d+(\.\d+)?",
        "",
    ),
    *(r"[a-z]+(-[a-z]+)*", r"(\d+,)*\d+", r"(?:[a-z0-9]+\.)+com", r"([a-z]+(-[a-z]+)*/)*x", r"(\w+\s)*", r"(a\d{3})+"),
    *(
        r"(?i)abc*",
        r"(?P<y>\d+)(?P=y)",
        r"(?=.*\d).*x",
        r"(.|\n)*",
        r"a{,3}",
        r"x{a}",
        r"()",
        r"(a+){1}",
        r"[]a]+",
        r"\(+\)",
    ),
]
RUNAWAY = [
    *(
        r"(a+)+",
        r"(a*)*",
        r"(a?){30}",
        r"(a+){10}",
        r"((a+))+",
        r"^(([a-z])+)+$",
        r"(x+x+)+y",
        r"(?:a+)+",
        r"(?P<n>a+)+",
    ),
    *(
        r"(.*a)*",
        r"(.+,)*",
        r"(\w+\s?)*",
        r"(\s*\w*)*",
        r"([\w.]+\.)+x",
        r"(\d+|x)*",
        r"((?:,|\d)\d+)+",
        r"(\d{1,9})*",
        r"(é+)+",
        r"([^,]+;)+",
    ),
]


@pytest.mark.parametrize("pattern", SOUND)
def test_a_pattern_whose_rounds_can_be_told_apart_is_taken(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize("pattern", RUNAWAY)
def test_a_pattern_that_could_take_forever_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="could take forever"):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(", "[", "a**", "(" * 900, "a{99999999999999999999}", "(?P<a>x)(?P<a>y)"])
def test_a_pattern_that_does_not_compile_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="does not compile"):
        check_pattern(pattern)


def test_a_long_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 1000 characters"):
        check_pattern("a" * 1_001)
