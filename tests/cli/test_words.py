"""Short words for ends, proofs, times and tables."""

import io
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from runbell.cli.ending import exit_code, sentence
from runbell.cli.given import read_given, settle
from runbell.cli.phrases import ago, duration
from runbell.cli.proof import proof_sentence
from runbell.cli.serve import plainly
from runbell.cli.terminal import columns_of
from runbell.client import Execution, StopReport
from tests.client.builders import execution


def ended(status: str, code: str = "", **members: Any) -> Execution:
    said = {"code": code or status.upper(), "message": ""}
    return msgspec.convert(execution(status, exit_status=said, **members), Execution)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [("succeeded", "OK", 0), ("failed", "ERROR", 10), ("failed", "TIMEOUT", 11), ("stopped", "", 12),
     ("succeeded", "WARN", 13), ("discarded", "", 14), ("lost", "", 15), ("a word of next year", "", 1)],
)  # fmt: skip
def test_every_end_has_its_exit_code(status: str, code: str, expected: int) -> None:
    assert exit_code(ended(status, code)) == expected


def test_rejected_records_are_a_warning() -> None:
    assert exit_code(ended("succeeded", "OK", exceptions={"count": 3, "truncated": False})) == 13


def test_the_steps_own_code_is_used_only_where_there_is_one() -> None:
    assert exit_code(ended("failed", error={"detail": "x", "exit_code": 3}), exit_step=True) == 3
    assert exit_code(ended("failed", error={"detail": "x", "exit_code": -9}), exit_step=True) == 10
    assert exit_code(ended("succeeded", "OK"), exit_step=True) == 0


def test_the_end_is_said_in_a_sentence() -> None:
    one = ended("failed", "TIMEOUT", duration_ms=61_000)
    assert sentence(one, io.StringIO()) == "failed (TIMEOUT)  hello 7 after 1 m 01 s"


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(None, "-"), (0, "0 ms"), (999, "999 ms"), (1_250, "1.2 s"), (59_900, "59.9 s"), (61_000, "1 m 01 s"),
     (3 * 3_600_000 + 7 * 60_000, "3 h 07 m"), (50 * 3_600_000, "2 d 2 h")],
)  # fmt: skip
def test_durations_are_short(milliseconds: int | None, words: str) -> None:
    assert duration(milliseconds) == words


@pytest.mark.parametrize(
    ("then", "words"),
    [("2031-04-07T02:00:00.000Z", "12 s ago"), ("2031-04-07T01:00:00.000Z", "60 m ago"), (None, "-"),
     ("2031-04-07T02:05:12.000Z", "in 5 m"), ("2031-04-01T02:00:12.000Z", "6 d ago")],
)  # fmt: skip
def test_moments_are_told_from_now(then: str | None, words: str) -> None:
    assert ago(then, datetime(2031, 4, 7, 2, 0, 12, tzinfo=UTC)) == words


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (StopReport(outcome="discarded"), "j 1 is discarded: it had not begun, and never will."),
        (StopReport(outcome="already_finished", status="lost"), "j 1 had ended before: lost."),
        (StopReport(outcome="pending", survivors=2), "2 processes outlived every signal"),
        (StopReport(outcome="pending", deadline_at="2031-04-07T02:00:06Z"), "asked to stop and will be gone by"),
        (StopReport(outcome="stopped", signalled_at="x", forced_at="x"), "by force"),
        (StopReport(outcome="stopped", signalled_at="x"), "in good order"),
        (StopReport(outcome="stopped"), "nothing left to end"),
        (
            StopReport(
                outcome="stopped", requested_at="2031-04-07T02:00:00.000Z", process_gone_at="2031-04-07T02:00:01.200Z"
            ),
            "1.2 s after the request",
        ),
    ],
)
def test_every_outcome_of_a_stop_has_its_sentence(report: StopReport, said: str) -> None:
    assert said in proof_sentence("j", 1, report)


def test_texts_become_the_declared_types_and_json_is_taken_as_it_is() -> None:
    declared = {"flag": {"type": "bool"}, "many": {"type": "multi"}, "count": {"type": "int"}, "odd": {"type": "new"}}
    typed = ["flag=true", "many=a, b", "count= 5 ", "odd=x", "raw:=[1]", "unknown=y"]
    sent = settle(read_given(typed, None), {"parameters": declared})
    assert sent == {"flag": True, "many": ["a", "b"], "count": "5", "odd": "x", "raw": [1], "unknown": "y"}


def test_the_last_of_two_values_for_one_name_counts() -> None:
    assert settle(read_given(["a=1", "a:=2"], None), {}) == {"a": 2}
    assert settle(read_given(["a:=1", "a=2"], None), {}) == {"a": "2"}


def test_columns_count_what_is_seen() -> None:
    assert columns_of("\x1b[31mred\x1b[0m") == 3
    assert columns_of("日本") == 4


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ([], {}),
        (["--port", "0", "--reload", "--data=x y"], {"port": "0", "reload": True, "data": "x y"}),
        (["--help"], None),
        (["--port"], None),
        (["--port", "--reload"], None),
        (["port", "1"], None),
        (["--reload=yes"], None),
    ],
)
def test_serve_skips_the_parser_only_when_it_is_spelled_plainly(words: list[str], given: object) -> None:
    assert plainly(words) == given
