"""Addresses that people may be sent back to: which can be registered, and which one is meant."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from runbell.domain.redirects import LONGEST, is_loopback, meant, problem_with, with_answer


@pytest.mark.parametrize(
    "uri",
    ["https://app.example/callback", "https://app.example", "https://app.example:8443/?kept=1", "https://10.0.0.5/cb",
     "http://127.0.0.1/callback", "http://127.0.0.1:8080/callback", "http://[::1]/", "http://localhost:3000/cb",
     "com.example.app:/callback", "com.example.app://callback/x", "https://app.example/a%20b?x=%C3%BC"],
)  # fmt: skip
def test_what_can_be_registered(uri: str) -> None:
    assert problem_with(uri) is None


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("", "percent-encoded"), ("/callback", "whole"), ("app.example/callback", "whole"), ("//app.example/", "whole"),
        ("http://app.example/callback", "whole"), ("http://127.0.0.2/", "whole"), ("ftp://app.example/", "whole"),
        ("http://127.0.0.1.evil.example/", "whole"), ("https://user@app.example/", "whole"), ("https:///x", "whole"),
        ("https://*.app.example/", "whole"), ("https://-.example/", "whole"), ("HTTPS://app.example/", "whole"),
        ("javascript:alert(1)", "whole"), ("data:text/html,x", "whole"), ("myapp:/callback", "whole"),
        ("https://app.example:x/", "whole"), ("https://app.example/#", "fragment"),
        ("https://app.example/a b", "blanks"),
        ("https://app.example/\\x", "blanks"), ("https://äpp.example/", "ASCII"), ("https://app.example/\n", "blanks"),
        ("https://app.example/?code=1", "code"), ("https://app.example/?a=1&st%61te", "state"),
        (f"https://app.example/{'x' * LONGEST}", f"{LONGEST}"),
    ],
)  # fmt: skip
def test_what_cannot_be_registered_is_told_why(uri: str, said: str) -> None:
    assert said in (problem_with(uri) or "")


@pytest.mark.parametrize(
    ("registered", "asked", "same"),
    [
        ("https://app.example/cb", "https://app.example/cb", True),
        ("https://app.example/cb", "https://app.example/cb/", False),
        ("https://app.example/cb", "https://app.example:443/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:53111/cb", True),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", True),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb", True),
        ("http://[::1]/cb", "http://[::1]:9/cb", True),
        ("http://127.0.0.1/cb", "http://localhost:53111/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:53111/cb?x", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", False),
        ("http://127.0.0.1", "http://127.0.0.1:8@evil.example", False),
        ("http://127.0.0.1", "http://127.0.0.1:8.evil.example", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:53111/cb\n", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:٣/cb", False),
        ("http://127.0.0.1/cb", "HTTP://127.0.0.1:1/cb", False),
        ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb", False),
    ],
)  # fmt: skip
def test_only_the_port_of_a_loopback_address_is_free(registered: str, asked: str, same: bool) -> None:
    assert meant([registered], asked) is same


def test_loopback_is_this_machine_alone() -> None:
    assert is_loopback("http://localhost:1/")
    assert not is_loopback("https://localhost/")
    assert not is_loopback("http://127.0.0.1.example/")


def test_an_answer_is_added_to_what_stands_there() -> None:
    for uri, kept in (("https://a.example/cb", []), ("https://a.example/cb?x=1&y", [("x", "1"), ("y", "")])):
        said = with_answer(uri, {"code": "c&d", "state": None, "iss": "http://s"})
        assert said.startswith(uri)
        assert parse_qsl(urlsplit(said).query, keep_blank_values=True) == [*kept, ("code", "c&d"), ("iss", "http://s")]
