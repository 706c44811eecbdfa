"""Input that is malformed or lies about itself, and what it has to be answered (guarantee G-73), as data."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

BIG, BIGGER, SMALL = 2**63, 2**64, -(2**63) - 1
DIGITS = "9" * 5_000


class Lie(NamedTuple):
    """A body, how it is sent, and the statuses that are right natively; () when that depends on what it says."""

    name: str
    body: bytes
    answers: tuple[int, ...]
    media: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def bodies() -> list[Lie]:
    """Lies that need no knowledge of what the body should say."""
    malformed = {
        "half an object": b"{", "no JSON": b"nonsense", "two values": b"{}{}", "a comment": b"{/**/}",
        "a trailing comma": b'{"a":1,}', "single quotes": b"{'a':1}", "no UTF-8": b"\xff\xfe",
        "half a character": b'"\xc3',
        "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}', "overlong UTF-8": b'{"a":"\xc0\xaf"}',
        "BOM": b"\xef\xbb\xbf{}", "UTF-16": "{}".encode("utf-16"), "UTF-32": "{}".encode("utf-32"),
        "65 levels": b'{"a":' * 65 + b"1" + b"}" * 65, "5,000 levels": b"[" * 5_000 + b"]" * 5_000,
        "100,000 half levels": b"[" * 100_000, "NaN": b'{"a":NaN}', "Infinity": b'{"a":-Infinity}',
        "1e400": b'{"a":1e400}', "5,000 digits": b'{"a":' + DIGITS.encode() + b"}",
        "a name twice": b'{"a":1,"a":2}', "a name twice, spelled otherwise": b'{"a":1,"\\u0061":2}',
        "a name twice, deep": b'{"a":[{"b":{"c":1,"c":1}}]}', "a lone surrogate": b'{"a":"\\ud800"}',
        "a lone surrogate as a name": b'{"\\udfff":1}', "a raw control character": b'{"a":"\x00"}',
        "a raw line end": b'{"a":"\n"}', "a leading zero": b'{"a":01}', "hexadecimal": b'{"a":0x1}',
    }  # fmt: skip
    found = [Lie(name, body, (400,)) for name, body in malformed.items()]
    found += [
        Lie("NUL in a text", b'{"a":"\\u0000"}', (422,)),
        Lie("NUL in a name", b'{"a\\u0000":1}', (422,)),
        Lie("NUL deep inside", b'{"a":[{"b":["\\u0000"]}]}', (422,)),
        Lie("an unknown member", b'{"no_such_member":1}', (422,)),
        Lie("an empty name", b'{"":1}', (422,)),
        Lie("prototype", b'{"__proto__":{"admin":true},"__class__":1}', (422,)),
        Lie("a list", b"[]", (422,)),
        Lie("a text", b'"text"', (422,)),
        Lie("null", b"null", (422,)),
        Lie("a number", b"1", (422,)),
        Lie("2^63", b'{"no_such_member":%d}' % BIG, (422,)),
        Lie("over the limit", b" " * (1 << 20) + b"{}", (413,)),
        Lie("a form", b"a=1", (415,), "application/x-www-form-urlencoded"),
        Lie("text", b"{}", (415,), "text/plain"),
        Lie("XML", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', (415,), "application/xml"),
        Lie("another charset", b"{}", (415,), "application/json; charset=utf-16"),
        Lie("a media type that is none", b"{}", (415,), "\\;;=,"),
        Lie("compressed", b"\x1f\x8b\x08\x00", (415,), headers=(("content-encoding", "gzip"),)),
        Lie("compressed twice", b"{}", (415,), headers=(("content-encoding", "gzip, br"),)),
    ]
    return found


BODIES = bodies()


def of_members(document: Any, schema: dict[str, Any], dice: Random) -> Iterator[Lie]:
    """For each member that the schema of a body knows, values that it should not have."""
    schema = document.schema(schema)
    sound = {name: example(document, schema["properties"][name]) for name in schema.get("required", ())}
    for name in schema.get("properties", {}):
        for value in dice.sample(VALUES, len(VALUES)):
            yield Lie(f"{name}: {json.dumps(value)[:40]}", json.dumps({**sound, name: value}).encode(), ())
        told = json.dumps({**sound, name: 0})
        yield Lie(f"{name}: 5,000 digits", told.replace(f'"{name}": 0', f'"{name}": {DIGITS}').encode(), (400,))
        yield Lie(f"{name}: NUL", json.dumps({**sound, name: "a\0b"}).encode(), (422,))
        yield Lie(f"{name}: half a character", json.dumps({**sound, name: "\ud800"}).encode(), (400,))


VALUES: list[Any] = [
    None, True, 0, -1, 1.5, BIG, BIGGER, SMALL, 2**53, 2**62, 1e308, "", " ", "a", "\x01", "\x7f", "\u2028",
    "../../etc/passwd", "%00", "' OR 1=1 --", "${jndi:x}", "a" * 300, "é" * 70_000, [], [None], [[]], ["a"] * 2_000, {},
    {"": None}, {"a": {"a": {}}}, "9999-12-31T23:59:59Z", "0000-00-00T00:00:00Z", "1" * 400, str(BIG),
]  # fmt: skip


def example(document: Any, schema: Any) -> Any:
    """A plain value that fits a schema, near enough."""
    schema = document.schema(schema)
    for word in ("anyOf", "oneOf", "allOf"):
        if schema.get(word):
            return example(document, schema[word][0])
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        known = schema.get("properties", {})
        return {name: example(document, known[name]) for name in schema.get("required", ()) if name in known}
    return {"integer": 1, "number": 1, "boolean": True, "array": [], "null": None}.get(kind or "", "a")


PATH_VALUES = [
    "%00", "%0a", "%ff", "%ed%a0%80", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%252e%252e", "%", "%zz", "a%20b", "a+b",
    "%C3%A9", "é", "a\xe2\x82\xac",
    "%F0%9F%94%94", "a" * 300, "a" * 7_000, "-1", "0", str(BIG), str(BIGGER), DIGITS, "1e9", "1.5", "run_", "run_0",
    "run_" + "z" * 26, "RUN_" + "0" * 26, "key:", "key:%00", "key:a%2Fb", "key:" + "k" * 300, ":", "a:run", "a:plan",
    "{id}", "*", "null", "undefined", "true", "%7F", "a;b", "a,b", "'", '"', "<script>", "~root", "a\\b",
]  # fmt: skip
QUERY_VALUES = [
    "", "%00", "%ff", "%ed%a0%80", "%", "%zz", "-1", "0", "1.5", "1e9", "NaN", str(BIG), str(BIGGER), "9" * 5_000, "a",
    "%C3%A9", "true", "null", "[]", "{}", "a" * 6_000, "'", "a&a=b", "2031-02-30T00:00:00Z", "now", "-created_at",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59", "2031-01-01", ",", ",,a,,",
]  # fmt: skip
EDGES = [str(BIG), str(BIGGER), str(SMALL), "9" * 5_000]
"""Of a whole number: always asked, however few are drawn of the rest."""
QUERIES = ["a=1", "=", "&", "=1", "%00=1", "%ff=1", "a[]=1", "project=", "project=%00", "project=nobody", "?", ";"]
HEADERS = {
    "prefer": ["wait=", "wait=-1", f"wait={DIGITS}", "wait=0;x", ",;=", "handling=lenient", "return=maximal", '"'],
    "idempotency-key": ["", '"', '"a', "a b", "é", "k" * 256, '"' + "k" * 300 + '"', '"a", "b"', "()"],
    "if-match": ["*", '""', "W/", '"a', "a", '"1", "2"', '"' + "9" * 400 + '"', f'"{BIGGER}"', "é"],
    "if-none-match": ["*", '""', "W/", '"a', "a", ",,", '"' + "9" * 400 + '"', f'"{BIGGER}"'],
    "range": ["bytes=", "bytes=-", "bytes=a-b", "bytes=5-1", "bytes=0-0,1-1", f"bytes={DIGITS}-", "lines=1-2"],
    "accept": ["", "nothing", "*/*;q=0", "text/html", "a/b;q=x", "application/json;q=", ",", "*"],
    "accept-encoding": ["nothing", "gzip;q=0", "*;q=0", "identity;q=0", "gzip;q=x", ","],
    "last-event-id": ["", "-1", "a", f"{BIGGER}", DIGITS, "1.2.3.4", "é"],
    "x-request-id": ["", " ", "a b", "é", "a" * 300, "<script>"],
    "traceparent": ["", "00", "00-" + "0" * 32 + "-" + "0" * 16 + "-00", "é"],
    "content-type": ["", ";", "é", "application/json;charset", 'application/json; charset="utf-8"'],
    "x-forwarded-for": ["", "é", "a, b", "[::"],
    "x-http-method-override": ["DELETE"],
}  # fmt: skip
EVERY_HEADER = [(name, value) for name, values in HEADERS.items() for value in values]
METHODS = [
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PUT",
    "PATCH",
    "DELETE",
    "POST",
    "GET",
    "QUERY",
    "get",
    "X-Y",
    "A" * 40,
]
