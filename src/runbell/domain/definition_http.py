"""A step of kind `http`: one request, tried, perhaps asked again until something is so, and its answer kept."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from runbell.domain.actions import Task
from runbell.domain.definition_members import LONGEST_TEXT, Members, shown
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.fill_in import secrets_in
from runbell.domain.job import MIB

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SETTLED: Final = ("GET", "HEAD", "OPTIONS")
"""Methods whose request may be made again to see how things stand."""
MEMBERS: Final = (
    *("url", "method", "headers", "json", "form", "body"),
    *("expect", "until", "timeout", "redirects", "answer", "save", "keep_headers"),
)
OF_UNTIL: Final = ("path", "in", "fail", "every", "timeout", "url", "method")
BODIES: Final = ("json", "form", "body")
MOST_HEADERS: Final = 50
MOST_VALUES: Final = 100
LONGEST_URL: Final = 8_000
ANSWER_BYTES: Final = MIB
SAVED_BYTES: Final = 1024 * MIB
MOST_ANSWER_BYTES: Final = 32 * MIB
TIMEOUT_MS: Final = 30_000
EVERY_MS: Final = 5_000
LEAST_EVERY_MS: Final = 100
UNTIL_MS: Final = 3_600_000
OURS: Final = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "keep-alive", "accept-encoding", "te"),
        *("upgrade", "expect", "trailer", "proxy-authorization", "proxy-connection"),
    }
)
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_CLASS: Final = re.compile(r"[1-5]xx")
_PATH: Final = re.compile(r"[^.\s][^.]*(\.[^.]+)*")
_FILE: Final = re.compile(r"[^/\\\x00-\x1f]{1,200}")


def read_http(members: Members) -> Task:
    """The task of an `http` step."""
    http = members.inner("http", MEMBERS)
    http.demand("url", "say where the request goes, as in https://api.example.com/things")
    until = http.inner("until", OF_UNTIL) if "until" in http else None
    filled = _filled(http, until)
    bodies = [name for name in BODIES if name in http]
    if len(bodies) > 1:
        http.wrong(bodies[1], "one_body", f"there is `{bodies[0]}` already; a request has one of {', '.join(BODIES)}")
    method = _method(http, "POST" if bodies else "GET")
    if "save" in http and "until" in http:
        http.wrong(
            "save", "not_here", "an answer that is waited for is no file; save it in a step of its own after this"
        )
    most = 1 << 50 if "save" in http else MOST_ANSWER_BYTES
    answer = http.size("answer", SAVED_BYTES if "save" in http else ANSWER_BYTES, least=1)
    if answer > most:
        http.wrong("answer", "too_large", f"at most {most >> 20}MiB become a result; `save` keeps more as a file")
    body = {
        "method": method,
        "expect": _expect(http),
        "until": None if until is None else _until(until, method),
        "timeout_ms": http.duration("timeout", TIMEOUT_MS, least=LEAST_EVERY_MS),
        "redirects": http.whole("redirects", 0, least=0, most=10),
        "answer_bytes": answer,
        "keep_headers": [name.lower() for name in http.lines("keep_headers", most=MOST_HEADERS)],
    }
    return Task(kind="http", body=body, filled=filled, secrets=tuple(sorted(set(_secrets(filled)))))


def _filled(http: Members, until: Members | None) -> dict[str, Any]:
    """The members that may hold fill-ins, as they are written."""
    url = http.text("url", longest=LONGEST_URL)
    _check_url(http, "url", url)
    filled: dict[str, Any] = {"url": url, "headers": _headers(http)}
    if "json" in http:
        filled["json"] = http.get("json")
    if "form" in http:
        filled["form"] = _texts(http, "form", longest=LONGEST_TEXT)
    if "body" in http:
        filled["body"] = http.text("body", longest=LONGEST_TEXT, lines=True)
    if "save" in http:
        filled["save"] = http.matching("save", "", _FILE, "the name of a file, without folders")
    if until is not None and "url" in until:
        filled["until"] = {"url": until.text("url", longest=LONGEST_URL)}
        _check_url(until, "url", filled["until"]["url"])
    return filled


def _check_url(members: Members, name: str, url: str) -> None:
    """What can be seen before anything is filled in; the rest is looked at when the request is made."""
    if not url or url.startswith("{"):
        return
    if not re.match(r"https?://[^/?#]", url, re.IGNORECASE):
        members.wrong(name, "bad_url", f"expected an absolute URL like https://example.com/path, not {shown(url)}")
    elif re.search(r"\s", url):
        members.wrong(name, "bad_url", "a URL holds no blanks; write %20")
    elif "@" in urlsplit(url.replace("[", "").replace("]", "")).netloc:
        remedy = 'write a header, as in `Authorization: "Bearer {secrets.NAME}"`'
        members.wrong(name, "bad_url", f"credentials do not stand in a URL; {remedy}")


def _headers(http: Members) -> dict[str, str]:
    headers = _texts(http, "headers", longest=8_000)
    entries = http.inner("headers", tuple(headers)) if headers else None
    for name in headers:
        assert entries is not None
        if not _HEADER.fullmatch(name):
            entries.wrong(name, "pattern", "a header's name is letters, digits and `-`")
        elif name.lower() in OURS:
            entries.wrong(name, "reserved", "is set by the connection itself; leave it out")
    return headers


def _texts(http: Members, member: str, *, longest: int) -> dict[str, str]:
    """An object of texts. A number or a boolean is told to put on quotes."""
    given = http.object(member, most=MOST_HEADERS if member == "headers" else 1_000)
    if not given:
        return {}
    entries = http.inner(member, tuple(given))
    return {name: entries.text(name, longest=longest, lines=member == "form") for name in given}


def _method(members: Members, default: str) -> str:
    value = members.get("method")
    if value is None or value in METHODS:
        return value or default
    hint = did_you_mean(value.upper(), METHODS) if isinstance(value, str) else ""
    members.wrong("method", "not_a_choice", f"one of {', '.join(METHODS)}, in capitals{hint}")
    return default


def _expect(http: Members) -> list[int | str]:
    expected = http.list("expect", least=1, most=MOST_VALUES) if "expect" in http else ["2xx"]
    for place, item in enumerate(expected):
        if not ((type(item) is int and 100 <= item <= 599) or (isinstance(item, str) and _CLASS.fullmatch(item))):
            said = f"expected a status like 200, or a class of them like 2xx, not {shown(item)}"
            http.problems.add(http.place("expect", place), "pattern", said)
    return expected


def _until(until: Members, method: str) -> dict[str, Any]:
    until.demand("path", "say where in the JSON answer to look, as in `status` or `job.state`")
    until.demand("in", "say which values end the waiting, as in [done]")
    return {
        "path": until.matching("path", "", _PATH, "names with dots between, as in `job.state`").split("."),
        "in": _scalars(until, "in", least=1),
        "fail": _scalars(until, "fail", least=0),
        "every_ms": until.duration("every", EVERY_MS, least=LEAST_EVERY_MS),
        "timeout_ms": until.duration("timeout", UNTIL_MS, least=LEAST_EVERY_MS),
        "method": _method(until, method if method in SETTLED else "GET"),
    }


def _scalars(members: Members, name: str, *, least: int) -> list[Any]:
    if name not in members:
        return []
    values = members.list(name, least=least, most=MOST_VALUES)
    for place, item in enumerate(values):
        if isinstance(item, (dict, list)):
            said = "expected a text, a number, true, false or null"
            members.problems.add(members.place(name, place), "wrong_type", said)
    return values


def _secrets(value: Any) -> Iterator[str]:
    """The secrets that the texts of a value name."""
    if isinstance(value, str):
        yield from secrets_in(value)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _secrets(item)
