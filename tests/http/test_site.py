"""Absolute addresses, the caller's address and host names: nobody is believed who was not named."""

import pytest

from runbell.domain.faults import Malformed
from runbell.http.site import Site, read_site

BEHIND = read_site("", None, "10.0.0.0/8, 2001:db8::1")


def said(**headers: str) -> dict[bytes, bytes]:
    return {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [("192.0.2.9", "198.51.100.1", "192.0.2.9"), ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
     ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"), ("10.0.0.1", "", "10.0.0.1"),
     ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"), ("10.0.0.1", "10.0.0.3", "10.0.0.3"), ("", "1.2.3.4", "")],
)  # fmt: skip
def test_the_address_is_the_last_hop_that_is_no_believed_proxy(peer: str, forwarded: str, found: str) -> None:
    assert BEHIND.address(peer, said(x_forwarded_for=forwarded)) == found


def test_forwarding_headers_of_anybody_else_say_nothing() -> None:
    headers = said(host="jobs.test", x_forwarded_proto="https", x_forwarded_host="evil.test", x_forwarded_prefix="/x")
    assert Site().base("10.0.0.1", "http", headers) == "http://jobs.test"
    assert BEHIND.base("192.0.2.9", "http", headers) == "http://jobs.test"
    assert BEHIND.base("10.0.0.1", "http", headers) == "https://evil.test/x"
    assert Site().address("10.0.0.1", said(x_forwarded_for="6.6.6.6")) == "10.0.0.1"


def test_the_public_url_wins() -> None:
    site = read_site("", "https://jobs.example.com/rb/", "")
    assert site.base("1.1.1.1", "http", said(host="other")) == "https://jobs.example.com/rb"


def test_it_is_secure_when_its_public_url_says_so() -> None:
    assert read_site("", "https://jobs.example.com", "").secure
    assert not read_site("", "http://jobs.example.com", "").secure
    assert not Site().secure


@pytest.mark.parametrize("host", ['a"b', "a/?x=", "", "a b", "a\\b", "h" * 300])
def test_a_host_that_is_none_is_never_repeated(host: str) -> None:
    assert Site().base("", "http", said(host=host)) == "http://localhost"


@pytest.mark.parametrize(
    ("host", "ours"),
    [("jobs.test", True), ("JOBS.test:7878", True), ("pub.test", True), ("evil.test", False), ("", False),
     ("jobs.test.evil.test", False), ("jobs.test/", False)],
)  # fmt: skip
def test_only_named_hosts_and_the_public_one_are_answered(host: str, ours: bool) -> None:
    site = read_site("jobs.test", "https://pub.test", "")
    if ours:
        site.check_host(said(host=host))
    else:
        with pytest.raises(Malformed):
            site.check_host(said(host=host))


@pytest.mark.parametrize("wrong", ["jobs.test", "ftp://x", "https://", "https://u:p@x", "https://x?y", "https://x#y"])
def test_a_public_url_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="public_url must be"):
        read_site("", wrong, "")


def test_a_proxy_that_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="proxies must be"):
        read_site("", None, "proxy.example")
