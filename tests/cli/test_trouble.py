"""What is said, and with which code it ends, when a command cannot do its work."""

from pathlib import Path

import pytest

from .conftest import Typed


def test_an_unknown_job_is_answered_with_the_nearest_one(here: Typed) -> None:
    ended = here("run", "helo")
    assert ended.code == 3
    assert ended.err.splitlines() == ["There is no job helo; did you mean `hello`?", "Try: runbell jobs ls"]


def test_an_unknown_execution_is_not_found(here: Typed) -> None:
    for name in ("4711", "key:nobody", "nobody", "run_00000000000000000000000000"):
        assert here("show", name).code == 3


def test_every_wrong_parameter_is_named_with_its_remedy(here: Typed) -> None:
    ended = here("run", "hello", "-p", "times=99", "-p", "nmae=x")
    assert ended.code == 2
    assert "params/times: at most 10" in ended.err
    assert "did you mean `name`?" in ended.err


def test_a_wrong_key_and_no_key_are_not_allowed(here: Typed, client: object, tmp_path: Path) -> None:
    assert here("ps", "--token", "nonsense").code == 4


def test_the_key_of_the_local_server_is_not_sent_elsewhere(here: Typed) -> None:
    from runbell.cli.reaching import find

    assert find().token.value is not None
    assert find("http://127.0.0.1:1").token.value is None


def test_a_server_that_is_not_there_is_answered_with_how_to_start_one(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("runbell.cli.reaching.FIRST_CONTACT_S", 0.1)
    ended = typed("ps", "--url", "http://127.0.0.1:1")
    assert ended.code == 1
    assert "http://127.0.0.1:1" in ended.err
    assert "runbell serve" in ended.err


@pytest.mark.parametrize(
    "words",
    [("rnu",), ("run",), ("run", "hello", "--bogus"), ("run", "hello", "-p", "x"), ("run", "hello", "--timeout", "5"),
     ("run", "hello", "-p", "x:=nope"), ("ps", "--url", "ftp://x"), ("serve", "--port", "70000"),
     ("serve", "--jobs", "/nowhere"), ("apply", "/nowhere.yaml"), ("show",), ("logs", "1", "--tail", "x")],
)  # fmt: skip
def test_a_mistyped_command_is_answered_in_a_sentence(here: Typed, words: tuple[str, ...]) -> None:
    ended = here(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert 0 < len(ended.err.splitlines()) <= 3


def test_a_defect_of_ours_is_one_line_and_no_traceback(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("over\x1b[2Jflow")

    monkeypatch.setattr("runbell.cli.reaching.find", broken)
    ended = typed("ps")
    assert ended.code == 1
    assert "RuntimeError" in ended.err
    assert "\x1b" not in ended.err


def test_the_overview_names_every_command(typed: Typed) -> None:
    from runbell.cli.overview import COMMANDS

    for words in ((), ("--help",), ("-h",)):
        ended = typed(*words)
        assert ended.code == 0
        assert all(f"  {command.name} " in ended.out for command in COMMANDS)


def test_every_command_says_what_it_takes(typed: Typed) -> None:
    from runbell.cli.overview import COMMANDS

    for command in COMMANDS:
        ended = typed(command.name, "--help")
        assert ended.code == 0
        assert f"Usage: runbell {command.name}" in ended.out


def test_an_idempotency_key_that_cannot_be_one_starts_nothing(here: Typed) -> None:
    newest = here("show", "@last", "--json").out
    for key in ("", "\u00e4"):
        ended = here("run", "hello", "--idempotency-key", key)
        assert (ended.code, "--idempotency-key: " in ended.err) == (2, True)
    assert here("show", "@last", "--json").out == newest


def test_what_is_not_there_is_answered_with_what_lists_it(here: Typed) -> None:
    for words, then in {
        ("keys", "rm", "none"): "runbell keys ls", ("webhooks", "show", "none"): "runbell webhooks ls",
        ("schedule", "show", "hello"): "runbell schedule ls", ("show", "4711"): "runbell ps",
    }.items():  # fmt: skip
        ended = here(*words)
        assert (ended.code, ended.err.splitlines()[-1]) == (3, f"Try: {then}")


def test_a_reason_is_said_once_and_one_word_too_many_is_named(here: Typed) -> None:
    wrong = here("ps", "--status", "nope")
    assert (wrong.code, wrong.err.count("status is one or more of")) == (2, 1)
    assert "nothing is expected where tomorrow stands" in here("run", "hello", "tomorrow").err


def test_a_folder_that_is_not_there_is_named_without_our_own_temporary_file(here: Typed) -> None:
    here("run", "leaves")
    ended = here("results", "download", "@last", "numbers", "--to", "nowhere/numbers.csv")
    assert (ended.code, ended.err.strip()) == (1, "nowhere: there is no such folder.")


def test_lists_take_a_duration_for_a_moment(here: Typed) -> None:
    here("run", "hello")
    assert "hello" in here("ps", "--since", "10m").out
    assert "hello" not in here("ps", "--before", "10m").out
    assert (here("ps", "--since", "yesterday").code, "a duration" in here("ps", "--since", "yesterday").err) == (
        2,
        True,
    )


def test_a_setting_that_is_no_number_is_named_with_what_it_should_be(typed: Typed) -> None:
    ended = typed("serve", "--port", "x")
    assert (ended.code, ended.err.splitlines()[0]) == (
        2,
        "port is not valid: Expected a whole number, got text. It is 'x'.",
    )
