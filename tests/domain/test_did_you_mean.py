"""A hint names the known word that looks most like the unknown one."""

import pytest

from runbell.domain.did_you_mean import did_you_mean

STEP = ("name", "title", "command", "shell", "python", "needs", "for_each", "retry", "timeout", "exit_codes", "when")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("neds", "needs"),
        ("NEEDS", "needs"),
        ("comand", "command"),
        ("foreach", "for_each"),
        ("exit_code", "exit_codes"),
    ],
)
def test_a_near_word_is_named(word: str, meant: str) -> None:
    assert did_you_mean(word, STEP) == f"; did you mean `{meant}`?"


@pytest.mark.parametrize("word", ["", "x", "completely_different", "n" * 100_000])
def test_a_far_word_gets_no_hint(word: str) -> None:
    assert did_you_mean(word, STEP) == ""


def test_the_hint_is_written_as_the_known_word_is() -> None:
    assert did_you_mean("limit", ["LIMIT"]) == "; did you mean `LIMIT`?"


def test_one_among_many_is_found() -> None:
    assert did_you_mean("limti", [*(f"name{number}" for number in range(900)), "limit"]) == "; did you mean `limit`?"
