"""Bodies: the size, the text, the depth, the JSON, the members. Each refusal with its code and its place."""

import time
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct
from starlette.types import Message

from runbell.domain.fault import Fault
from runbell.domain.faults import BodyTooLarge, InvalidField, Malformed, UnknownField, UnsupportedMediaType
from runbell.http import body
from runbell.http.body import MAX_BODY, MAX_DEPTH, check_type, parse, read, typed


class Inner(Struct, frozen=True, forbid_unknown_fields=True):
    mode: str = "a"


class Outer(Struct, frozen=True, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1)] = 1
    inner: Inner | None = None
    names: list[str] = []
    free: dict[str, Any] = {}


class Needed(Struct, frozen=True, forbid_unknown_fields=True):
    mode: str


class Bounded(Struct, frozen=True, forbid_unknown_fields=True):
    way: Literal["exact", "current"] | None = None
    ways: dict[str, Literal["exact", "current"]] = {}
    listed: Annotated[list[Literal["exact", "current"]], Meta(max_length=9)] = []
    inner: Needed | None = None
    count: Annotated[int, Meta(ge=1, le=9)] = 1
    names: Annotated[list[str], Meta(max_length=3)] = []
    text: Annotated[str, Meta(min_length=1)] = "x"


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"{", Malformed),
        (b"{} {}", Malformed),
        (b"\xff", Malformed),
        (b"\xef\xbb\xbf{}", Malformed),
        ('{"a":1}'.encode("utf-16"), Malformed),
        (b'{"a":NaN}', Malformed),
        (b'{"a":Infinity}', Malformed),
        (b'{"a":-Infinity}', Malformed),
        (b'{"a":1e400}', Malformed),
        (b'{"a":' + b"9" * 5_000 + b"}", Malformed),
        (b'{"a":1,"a":2}', Malformed),
        (b'{"a":{"b":1,"b":1}}', Malformed),
        (b'{"a":1,"\\u0061":2}', Malformed),
        (b'{"a":"\\ud800"}', Malformed),
        (b'{"\\udfff":1}', Malformed),
        (b'{"a":"x\\u0000y"}', InvalidField),
        (b'{"a\\u0000":1}', InvalidField),
        (b'{"a":"\x00"}', Malformed),
        (b'{"a":"\n"}', Malformed),
        (b"{'a':1}", Malformed),
        (deep(MAX_DEPTH + 1), Malformed),
        (deep(100_000), Malformed),
        (b"[" * 1_000_000, Malformed),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, Malformed),
        (b"", Malformed),
    ],
)
def test_what_is_not_good_json_is_refused(text: bytes, fault: type[Fault]) -> None:
    with pytest.raises(fault):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        deep(MAX_DEPTH),
        b"[" + b",".join([b"[]"] * 500) + b"]",
        b'["' + b"[{" * 200 + b'"]',
        b'["\\"' + b"[" * 100 + b'\\\\"]',
        b'{"a":"\\\\u0000"}',
        b'{"a":"\\ud83d\\ude00"}',
        '{"a":"héé","b":[1,2.5,null,true]}'.encode(),
        b"18446744073709551616",
    ],
)
def test_what_is_good_json_is_taken(text: bytes) -> None:
    parse(text)


def test_the_place_of_a_nul_is_named() -> None:
    with pytest.raises(InvalidField) as refusal:
        parse(b'{"a/b":["x",{"c":"\\u0000"}]}')
    assert [problem.pointer for problem in refusal.value.problems] == ["/a~1b/1/c"]


def test_the_depth_is_told_without_reading_each_byte_in_python() -> None:
    """A megabyte of quotes that never close, and one of brackets, both at once."""
    parse(b"[" + b'"[",' * 200_000 + b"1]")
    with pytest.raises(Malformed):
        parse(b"[" * 65 + b'"' + b'\\"' * 400_000)


@pytest.mark.anyio
async def test_a_body_over_the_limit_is_not_read_on() -> None:
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        taken += 65_536
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    with pytest.raises(BodyTooLarge):
        await read(receive, None)
    assert taken <= MAX_BODY + 65_536


@pytest.mark.anyio
@pytest.mark.parametrize("announced", [b"1048577", b"9" * 30, b"-1", b"x"])
async def test_a_body_announced_as_too_large_is_not_read_at_all(announced: bytes) -> None:
    async def receive() -> Message:
        raise AssertionError("read")

    with pytest.raises(BodyTooLarge):
        await read(receive, announced)


@pytest.mark.anyio
async def test_a_body_in_pieces_is_put_together() -> None:
    pieces = [b"ab", b"", b"c"]

    async def receive() -> Message:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    assert await read(receive, None) == b"abc"


@pytest.mark.anyio
async def test_a_caller_that_hangs_up_in_its_body_has_sent_nothing() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"{}", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    with pytest.raises(Malformed):
        await read(receive, None)


@pytest.mark.parametrize(
    ("media", "coding"),
    [
        ("text/plain", None),
        ("application/x-www-form-urlencoded", None),
        ("application/json", "gzip"),
        ("application/json", "br"),
        ("application/json; charset=utf-16", None),
        ("", None),
    ],
)
def test_other_media_types_and_compressed_bodies_are_refused(media: str, coding: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        check_type(media, coding, ("application/json",))


@pytest.mark.parametrize("media", [None, "application/json", "Application/JSON; charset=UTF-8"])
def test_json_is_taken(media: str | None) -> None:
    check_type(media, "identity", ("application/json",))


def test_every_unknown_member_is_named_with_what_was_meant() -> None:
    with pytest.raises(UnknownField) as refusal:
        typed({"cuont": 1, "inner": {"mod": "x"}, "free": {"any": 1}}, Outer)
    said = {problem.pointer: problem.detail for problem in refusal.value.problems}
    assert said.keys() == {"/cuont", "/inner/mod"}
    assert "`count`" in said["/cuont"]


def test_unknown_members_are_left_out_and_told_when_the_caller_is_lenient() -> None:
    value, ignored = typed({"count": 3, "x": 1, "inner": {"mode": "b", "y": 2}}, Outer, lenient=True)
    assert (value, ignored) == (Outer(3, Inner("b")), ["/x", "/inner/y"])


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"count": "3"}, "/count"),
        ({"count": 0}, "/count"),
        ({"count": 1.5}, "/count"),
        ({"count": True}, "/count"),
        ({"inner": []}, "/inner"),
        ({"inner": {"mode": None}}, "/inner/mode"),
        ({"names": ["a", 1]}, "/names/1"),
        ([], ""),
        (None, ""),
        ("x", ""),
    ],
)
def test_a_wrong_type_is_named_with_its_place(value: Any, pointer: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        typed(value, Outer)
    assert [problem.pointer for problem in refusal.value.problems] == [pointer]
    assert "`" not in refusal.value.detail


@pytest.mark.parametrize(
    ("value", "pointer", "code", "says"),
    [
        ({"way": "fast"}, "/way", "not_a_choice", "Expected one of exact, current; got 'fast'."),
        ({"ways": {"a": "exact", "b": ""}}, "/ways/...", "not_a_choice", "Expected one of exact, current; got ''."),
        ({"listed": ["exact", "x"]}, "/listed/1", "not_a_choice", "Expected one of exact, current; got 'x'."),
        ({"inner": {}}, "/inner/mode", "required", "It must be there."),
        ({"count": 0}, "/count", "too_small", "Expected a whole number >= 1."),
        ({"count": 10}, "/count", "too_large", "Expected a whole number <= 9."),
        ({"names": ["a"] * 4}, "/names", "too_long", "Expected a list of length <= 3."),
        ({"text": ""}, "/text", "too_short", "Expected text of length >= 1."),
        ({"way": 5}, "/way", "invalid_type", "Expected text or null, got a whole number."),
    ],
)
def test_a_value_that_does_not_fit_is_told_what_would(value: Any, pointer: str, code: str, says: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        typed(value, Bounded)
    (problem,) = refusal.value.problems
    assert (problem.pointer, problem.code, problem.detail) == (pointer, code, says)


def test_an_unknown_member_that_resembles_none_is_told_which_there_are() -> None:
    with pytest.raises(UnknownField) as refusal:
        typed({"inner": {"mode": "a", "zzz": 1}}, Bounded)
    assert refusal.value.detail == "There is no member 'zzz' here; there are: mode."


def test_a_byte_order_mark_is_called_by_its_name() -> None:
    with pytest.raises(Malformed, match="byte order mark"):
        parse(b"\xef\xbb\xbf{}")


def test_the_limits_are_those_that_are_documented() -> None:
    assert (body.MAX_BODY, body.MAX_DEPTH) == (1 << 20, 64)


@pytest.mark.parametrize(
    "raw",
    [
        b"{" + b",".join(b'"a%d":1' % n for n in range(40_000)) + b',"a39999":1}',
        b'{"' + b"k" * 400_000 + b'":["\\u0000"' + b",1" * 200_000 + b"]}",
        b'{"' + b"k" * 400_000 + b'":[' + b"1," * 280_000 + b'"\\u0000"]}',
    ],
    ids=["many names, the last twice", "a long name around a long list", "and what is wrong at its end"],
)
def test_a_body_is_refused_in_a_time_that_grows_as_it_does(raw: bytes) -> None:
    """The server answers nobody else meanwhile; the first of these took it half a minute."""
    began = time.process_time()
    with pytest.raises((Malformed, InvalidField)):
        parse(raw)
    assert time.process_time() - began < 1.5
