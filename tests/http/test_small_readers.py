"""The small standards: Prefer, Idempotency-Key, entity tags, ranges, times, the query string."""

from typing import Any

import pytest

from runbell.domain.faults import BadRange, InvalidField, Malformed, RevisionMismatch
from runbell.http import conditional, idempotency_key, prefer, query, ranges, times
from runbell.http.merge_patch import merged
from runbell.http.prefer import Preferences


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, Preferences()),
        ("wait=10", Preferences(wait_s=10)),
        ("wait=9999", Preferences(wait_s=300)),
        ("wait=99999999999999999999", Preferences(wait_s=300)),
        ("Wait = 5 ; x=y, respond-async", Preferences(wait_s=5, respond_async=True)),
        ('wait="7", wait=9', Preferences(wait_s=7)),
        ("return=minimal; a, handling=lenient", Preferences(minimal=True, lenient=True)),
        ("return=representation, handling=strict", Preferences()),
        ("wait=-1", Preferences()),
        ("wait=x", Preferences()),
        ("wait", Preferences()),
        (",,;;==", Preferences()),
        ("foo=bar, wait=3", Preferences(wait_s=3)),
    ],
)
def test_preferences_are_read_and_what_is_not_understood_is_ignored(header: str | None, wanted: Preferences) -> None:
    assert prefer.read(header, {}, longest_s=300) == wanted


@pytest.mark.parametrize(
    ("asked", "wait_s"), [({"wait": ""}, 30), ({"wait": "0"}, 0), ({"wait": "99"}, 60), ({"async": "true"}, None)]
)
def test_the_query_has_aliases_for_preferences(asked: dict[str, str], wait_s: int | None) -> None:
    found = prefer.read(None, asked, longest_s=60)
    assert (found.wait_s, found.respond_async) == (wait_s, "async" in asked)


def test_only_what_an_answer_honours_is_said_to_be_applied() -> None:
    wish = prefer.read("wait=3, return=minimal, respond-async, handling=lenient", {}, longest_s=60)
    assert dict(wish.applied())[b"preference-applied"] == b"wait=3, respond-async, return=minimal, handling=lenient"
    assert dict(wish.applied("handling", "wait"))[b"preference-applied"] == b"wait=3, handling=lenient"
    assert b"preference-applied" not in dict(prefer.read("return=minimal", {}, longest_s=60).applied("wait"))


def test_a_wait_that_is_no_number_is_refused_in_the_query() -> None:
    with pytest.raises(InvalidField):
        prefer.read(None, {"wait": "soon"}, longest_s=60)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (None, None),
        ('"8e03"', "8e03"),
        ("8e03", "8e03"),
        ('"a b\\"c"', 'a b"c'),
        (' "x" ', "x"),
        ("a" * 255, "a" * 255),
    ],
)
def test_an_idempotency_key_is_quoted_or_bare(header: str | None, key: str | None) -> None:
    assert idempotency_key.read(header) == key


@pytest.mark.parametrize("header", ["", '""', '"a', 'a"b', "a b", "a" * 256, '"é"', "\x7f", '"a\\nb"'])
def test_an_idempotency_key_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(Malformed):
        idempotency_key.read(header)


@pytest.mark.parametrize("header", ['"12"', 'W/"12"', '"9", "12"', '"12-gzip"', "*"])
def test_a_known_revision_is_unchanged(header: str) -> None:
    assert conditional.unchanged(header, 12)


@pytest.mark.parametrize("header", [None, "", "12", '"1"', '"121"', '"12'])
def test_another_revision_is_not_unchanged(header: str | None) -> None:
    assert not conditional.unchanged(header, 12)


@pytest.mark.parametrize(("header", "revision"), [(None, None), ("*", None), ('"7"', 7), ('"7-gzip"', 7)])
def test_if_match_names_a_revision(header: str | None, revision: int | None) -> None:
    assert conditional.expected(header) == revision


@pytest.mark.parametrize("header", ['W/"7"', "7", '"x"', '"1", "2"', '"' + "9" * 30 + '"', '"²"'])
def test_if_match_that_names_no_revision_never_matches(header: str) -> None:
    with pytest.raises(RevisionMismatch):
        conditional.expected(header)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("lines=1-2", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=5-", (5, 5)),
        ("bytes=-3", (7, 3)),
        ("bytes=-30", (0, 10)),
        ("bytes=2-400", (2, 8)),
    ],
)
def test_one_range_is_served(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert ranges.read(header, 10) == wanted


@pytest.mark.parametrize(
    "header",
    ["bytes=10-", "bytes=4-2", "bytes=-0", "bytes=-", "bytes=x", "bytes=0-1,3-4", "bytes=" + "0-1," * 20_000, "bytes=",
     "bytes=" + "9" * 50 + "-", "bytes=--1"],
)  # fmt: skip
def test_any_other_range_is_refused(header: str) -> None:
    with pytest.raises(BadRange) as refusal:
        ranges.read(header, 10)
    assert refusal.value.about == {"size": 10}


def test_there_is_no_range_of_nothing() -> None:
    with pytest.raises(BadRange):
        ranges.read("bytes=0-", 0)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2031-04-07T02:00:00.120Z", 1_933_293_600_120),
        ("2031-04-07T04:00:00.12+02:00", 1_933_293_600_120),
    ],
)
def test_times_are_rfc_3339(text: str, moment: int) -> None:
    assert times.moment(text) == moment
    assert times.moment(times.rfc3339(moment)) == moment


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    assert times.rfc3339(1_933_293_600_120) == "2031-04-07T02:00:00.120Z"


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2031-04-07", "2031-04-07T02:00:00", "2031-13-07T02:00:00Z", "1969-12-31T23:59:59Z",
     "1031-01-01T00:00:00Z",
     "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:59", "2031-04-07 02:00:00Z"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        times.moment(text)


def test_the_query_is_decoded_once() -> None:
    assert query.read(b"a=1%2C2&b=&c=%252F&d=%E2%82%AC") == {"a": "1,2", "b": "", "c": "%2F", "d": "€"}


@pytest.mark.parametrize("raw", [b"a=%ff", b"a=\xff", b"a=%00", b"&".join([b"a%d=1" % n for n in range(101)])])
def test_a_query_that_is_not_text_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        query.read(raw)


def test_a_parameter_is_given_once() -> None:
    with pytest.raises(InvalidField) as refusal:
        query.read(b"status=a&status=b")
    assert refusal.value.problems[0].pointer == "?status"


def test_an_unknown_parameter_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidField, match=r"did you mean `status`.*job, status"):
        query.check({"statsu": "x"}, frozenset({"status", "job"}))


@pytest.mark.parametrize("name", ["access_token", "apiKey", "api_key", "token", "X-API-Key"])
def test_credentials_in_an_address_are_refused(name: str) -> None:
    with pytest.raises(Malformed, match="Authorization"):
        query.check({name: "x"}, frozenset({"status"}))


@pytest.mark.parametrize(
    ("asked", "limit"),
    [({}, 50), ({"limit": "0"}, 50), ({"limit": "7"}, 7), ({"limit": "1001"}, 1000), ({"page_size": "9"}, 9)],
)
def test_a_limit_is_lowered_and_never_refused_for_being_high(asked: dict[str, str], limit: int) -> None:
    assert query.limit(asked) == limit


@pytest.mark.parametrize("text", ["-1", "x", "1.5", "", "1e3", "9" * 40, "²", " 1"])
def test_a_limit_that_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        query.limit({"limit": text})


@pytest.mark.parametrize(
    ("target", "patch", "wanted"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": 1}, ["c"], ["c"]),
    ],
)
def test_a_merge_patch_does_what_the_rfc_s_own_examples_do(target: Any, patch: Any, wanted: Any) -> None:
    assert merged(target, patch) == wanted
