"""Canonical JSON against the examples of RFC 8785, and the digests taken of it."""

import hmac
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbell.domain.canonical import canonical, fingerprint, member_digests

KEY = b"key"

# RFC 8785, appendix B: IEEE 754 bits and what ECMAScript writes for them.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "written"), NUMBERS, ids=[written for _, written in NUMBERS])
def test_a_number_is_written_as_the_rfc_writes_it(bits: str, written: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(number) == written.encode()


def test_the_example_of_section_3_2_2() -> None:
    value = json.loads(
        r"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"""
    )
    written = (
        r"""{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"""
        r""""string":"€$\u000f\nA'B\"\\\\\"/"}"""
    )
    assert canonical(value).decode() == written


def test_the_example_of_section_3_2_3_sorts_by_utf_16() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    written = json.loads(canonical(dict.fromkeys(names, 0)))
    assert list(written) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_an_integer_keeps_all_its_digits() -> None:
    assert canonical([2**53 + 1, -(2**80), 10**400]) == f"[{2**53 + 1},{-(2**80)},{10**400}]".encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"\ud800": 1}, {1: 2}, b"", [set()], object()])
def test_what_json_cannot_say_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canonical(value)


def test_a_value_deeper_than_a_hundred_levels_is_a_value_error() -> None:
    value: Any = 1
    for _ in range(5_000):
        value = [value]
    with pytest.raises(ValueError, match="100 levels"):
        canonical(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_the_same_double(number: float) -> None:
    assert float(canonical(number)) == number


@given(json_values)
def test_it_reads_back_as_the_same_value_and_is_its_own_canonical_form(value: Any) -> None:
    read = json.loads(canonical(value))
    assert read == value
    assert canonical(read) == canonical(value)


@given(st.dictionaries(st.text(), json_values, min_size=2), st.randoms())
def test_the_order_of_members_does_not_matter(value: dict[str, Any], random: Any) -> None:
    names = list(value)
    random.shuffle(names)
    assert canonical({name: value[name] for name in names}) == canonical(value)


def test_a_fingerprint_is_of_the_method_and_the_content() -> None:
    body = {"params": {"limit": 5}, "key": "a"}
    assert fingerprint(KEY, "POST", body) == fingerprint(KEY, "POST", dict(reversed(body.items())))
    assert (
        len(
            {
                fingerprint(KEY, "POST", body),
                fingerprint(KEY, "PUT", body),
                fingerprint(KEY, "POST", body | {"key": "b"}),
            }
        )
        == 3
    )
    assert fingerprint(KEY, "POST", {"limit": 1}) == fingerprint(KEY, "POST", {"limit": 1})
    assert fingerprint(KEY, "POST", {"limit": 1}) != fingerprint(KEY, "POST", {"limit": "1"})
    assert fingerprint(KEY, "POST", body) != fingerprint(b"another", "POST", body)


@pytest.mark.parametrize("length", [0, 1, 32, 64, 65, 200])
def test_a_member_digest_is_its_hmac_sha256(length: int) -> None:
    key = bytes(range(length))
    assert member_digests(key, {"key": "a"}) == {"/key": hmac.digest(key, b'"a"', "sha256").hex()}


def test_params_are_digested_one_by_one() -> None:
    digests = member_digests(b"k", {"params": {"a": 1, "b": 2}, "key": "x"})
    assert digests.keys() == {"/params/a", "/params/b", "/key"}
    assert member_digests(b"k", {"params": {"a": 1, "b": 3}, "key": "x"})["/params/b"] != digests["/params/b"]


@pytest.mark.parametrize(
    ("body", "members"), [({"params": None}, {"/params"}), ({"params": {}}, {"/params"}), ([1], set()), (None, set())]
)
def test_bodies_without_params_are_digested_as_they_are(body: Any, members: set[str]) -> None:
    assert member_digests(b"k", body).keys() == members
