"""The whole surface of the program: every command has help, a form for programs, and an end that is documented."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from runbell.cli.app import app
from runbell.cli.overview import COMMANDS, PAGE
from runbell.cli.reaching import Common

from .conftest import Typed

ENDLESS = ("serve", "work")
"""What serves answers nothing that would have a form."""


def leaves(node: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that name it."""
    for name in node:
        if name.startswith("-"):
            continue
        below = node[name]
        if below.default_command is not None:
            yield (*words, name), below.default_command
        yield from leaves(below, (*words, name))


EVERY = list(leaves(app))


def test_there_are_commands_below_commands() -> None:
    named = {" ".join(words) for words, _ in EVERY}
    assert {command.name for command in COMMANDS} <= {words[0] for words, _ in EVERY}
    assert {"run", "jobs export", "config use", "db backup", "logs"} <= named


@pytest.mark.parametrize(("words", "does"), EVERY, ids=[" ".join(words) for words, _ in EVERY])
def test_every_command_says_what_it_does_and_what_it_takes(words: tuple[str, ...], does: Any, typed: Typed) -> None:
    ended = typed(*words, "--help")
    assert ended.code == 0
    assert f"Usage: runbell {' '.join(words)}" in ended.out
    told = inspect.getdoc(does) or ""
    assert " ".join(told.partition("\nParameters\n")[0].split()) in " ".join(ended.out.split())
    if words[0] not in ENDLESS:
        assert {"--output -o", "--json", "--url", "--profile", "--project"} <= set(flags(ended.out))


@pytest.mark.parametrize(("words", "does"), EVERY, ids=[" ".join(words) for words, _ in EVERY])
def test_every_option_says_what_it_is_for(words: tuple[str, ...], does: Any) -> None:
    told = inspect.getdoc(does) or ""
    for name, parameter in inspect.signature(does).parameters.items():
        if name in ("common", "attendance") or "help=" in str(parameter.annotation):
            continue
        assert f"\n{name}\n" in told, f"{' '.join(words)}: {name} is not explained"


@pytest.mark.parametrize(("words", "does"), EVERY, ids=[" ".join(words) for words, _ in EVERY])
def test_every_command_has_a_form_for_programs(words: tuple[str, ...], does: Any) -> None:
    common = inspect.signature(does).parameters.get("common")
    assert words[0] in ENDLESS or (common is not None and common.annotation is Common)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 15, 124, 130])
def test_every_exit_code_is_on_the_overview(code: int) -> None:
    assert f" {code} " in PAGE.replace("\n", " ")


def test_the_codes_that_are_used_are_those() -> None:
    from runbell.cli import ending, trouble

    mirrored = {*ending.CODES.values(), ending.WARNED, ending.TIME_LIMIT}
    troubles = {trouble.FAULT, trouble.USAGE, trouble.NOT_FOUND, trouble.NOT_ALLOWED}
    assert mirrored | troubles | {trouble.TIMED_OUT, trouble.DETACHED} == {0, 1, 2, 3, 4, *range(10, 16), 124, 130}


def flags(text: str) -> Iterator[str]:
    """The options that a page of help lists."""
    for line in text.splitlines():
        said = line.strip("│ ")
        for flag in ("--output -o", "--json", "--url", "--profile", "--project"):
            if said.startswith(flag):
                yield flag
