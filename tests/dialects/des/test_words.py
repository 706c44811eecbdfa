"""The words of DES: every status, every refusal, comments in bodies, texts that stand for values."""

import itertools
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbell.dialects.des import words
from runbell.dialects.des.comments import BOM, without_comments
from runbell.dialects.des.faults import ABSENT, RULES
from runbell.dialects.des.parameters import TYPES
from runbell.domain.execution import Progress
from runbell.domain.faults import FAULTS
from runbell.domain.job import ParameterType
from runbell.domain.status import ExitStatus, Status
from tests.builders import an_execution

LONG = "x" * 5_000


@pytest.mark.parametrize(
    ("status", "ended", "said"),
    [
        (Status.SCHEDULED, None, "Scheduled"),
        (Status.QUEUED, None, "Queued"),
        (Status.RUNNING, None, "Running"),
        (Status.STOPPING, None, "Stopping"),
        (Status.SUCCEEDED, ExitStatus("OK"), None),
        (Status.SUCCEEDED, ExitStatus("OK", "17 rows"), "17 rows"),
        (Status.FAILED, ExitStatus("ERROR", "Ratio must be positive"), "Ratio must be positive"),
        (Status.FAILED, ExitStatus("E7"), "Failed (E7)"),
        (Status.STOPPED, ExitStatus("STOPPED"), "Stopped"),
        (Status.STOPPED, ExitStatus("STOPPED", "wrong day"), "Stopped: wrong day"),
        (Status.DISCARDED, ExitStatus("DISCARDED", "too late"), "Discarded: too late"),
        (Status.LOST, ExitStatus("LOST", "its hand died"), "Lost: its hand died"),
        (Status.FAILED, ExitStatus("ERROR", LONG), "x" * 4_095 + "…"),
    ],
)
def test_every_status_has_its_text(status: Status, ended: ExitStatus | None, said: str | None) -> None:
    assert words.text(an_execution(status, exit_status=ended)) == said


def test_the_words_are_total() -> None:
    assert set(words.WORDS) == set(Status)
    assert set(TYPES) == set(ParameterType)
    assert [status for status in Status if words.succeeded(status)] == [Status.SUCCEEDED]
    assert RULES.keys() == {fault.code for fault in FAULTS}
    assert set(ABSENT.values()) == {"JobNotFound", "JobRunNotFound", "FileNotFound"}


def test_only_statuses_are_used_that_a_client_of_des_knows() -> None:
    known = {400, 401, 403, 404, 405, 431, 500, 503}
    assert {rule.status for rule in RULES.values()} <= known


def test_what_runs_may_say_how_far_it_is() -> None:
    assert words.text(an_execution(Status.RUNNING, progress=Progress(1, 2, "half"))) == "half"


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["/*", "*/", "//", '"', "\\", "/* a */"])
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
COMMENTS = st.sampled_from(["/**/", "/* a */", "// b\n", '/*\n// " */', "/* ** / */", "//\r\n", '//"\n', " "])


@given(VALUES, st.lists(COMMENTS, min_size=1), st.booleans())
def test_json_with_comments_is_the_same_json(value: Any, comments: list[str], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, separators=("\0", "\1"))
    if "\0" in json.dumps(value, ensure_ascii=False) or "\1" in json.dumps(value, ensure_ascii=False):
        return
    turn = itertools.cycle(comments)
    parts = {"\0": ",", "\1": ":"}
    pieces = [f"{next(turn)}{parts[letter]}{next(turn)}" if letter in parts else letter for letter in text]
    noisy = (comments[0] + "".join(pieces) + comments[-1]).encode()
    assert json.loads(without_comments(BOM + noisy)) == value


@given(VALUES)
def test_json_without_comments_stays_what_it_is(value: Any) -> None:
    raw = json.dumps(value).encode()
    assert json.loads(without_comments(raw)) == value


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_in_one_go(raw: bytes) -> None:
    assert len(without_comments(raw)) <= len(raw) + raw.count(b"/")


@pytest.mark.parametrize("raw", [b"/* no end", b'{"a": 1 /* }', b"1/**/2", b'"a // b', b"{/}", b"# no"])
def test_what_is_no_json_with_comments_is_no_json(raw: bytes) -> None:
    with pytest.raises(ValueError):
        json.loads(without_comments(raw))


def test_a_comment_moves_no_line() -> None:
    assert without_comments(b"[1, /* a\nb\n*/ x]").count(b"\n") == 2


def test_ten_thousand_quotes_take_no_time() -> None:
    assert without_comments(b'"\\' * 200_000 + b"/") != b""


@pytest.mark.parametrize("opening", [b"/* ", b"/*", b'/*"', b"/* *"])
def test_a_body_full_of_comments_without_an_end_is_looked_through_once(opening: bytes) -> None:
    """From every one of them to the end, a body of 1 MiB took half an hour, in which nobody else was answered."""
    began = time.process_time()
    assert len(without_comments(b"{" + opening * (200_000 // len(opening)))) > 1
    assert time.process_time() - began < 2
