"""A URL is read once and strictly; what two programs could read in two ways is not read at all."""

import pytest

from runbell.egress.destination import read_url
from runbell.egress.trouble import Refused


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("HTTPS://Example.COM:8443/a/b?c=d#e", "example.com", 8443, "/a/b?c=d"),
        ("http://example.com?q", "example.com", 80, "/?q"),
        ("https://192.0.2.1/x", "192.0.2.1", 443, "/x"),
        ("https://[2001:DB8::1]:9/x", "2001:db8::1", 9, "/x"),
        ("https://bücher.example/ü?q=ö", "xn--bcher-kva.example", 443, "/%C3%BC?q=%C3%B6"),
        ("https://a_b.example/%2e%2e/{x}", "a_b.example", 443, "/%2e%2e/%7Bx%7D"),
        ("https://example.com:/x", "example.com", 443, "/x"),
    ],
)
def test_a_url_is_understood(url: str, host: str, port: int, target: str) -> None:
    found = read_url(url)
    assert (found.host, found.port, found.target) == (host, port, target)


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "/path", "https:/example.com", "https:example.com", "https://",
        "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "javascript:alert(1)",
        "ws://a.example/",
        "https://user@example.com/", "https://user:pass@example.com/", "https://example.com@127.0.0.1/",
        "https://127.0.0.1\\@example.com/", "https://example.com\\.evil/", "https://example.com/\r\nHost: a",
        "https://example.com/a b", "https://example.com\t/", "https://exa\nmple.com/", "https://example.com/\x00",
        " https://example.com/", "https://example.com/ ", "https://%31%32%37.0.0.1/", "https://example.com%2eevil/",
        "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://0x7f000001/", "https://0x7f.0.0.1/",
        "https://2130706433/", "https://017700000001/", "https://127.0.0.1./", "https://example.com./",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/", "https://127.0.0.0x1/", "https://example.0x/", "https://127。0。0。1/", "https://１２７.0.0.1/",
        "https://①②⑦.⓪.⓪.①/", "https://[::1", "https://::1/", "https://[::1%25lo]/", "https://[fe80::1%eth0]/",
        "https://[1.2.3.4]/",
        "https://[v1.a]/", "https://example.com:0/", "https://example.com:65536/", "https://example.com:-1/",
        "https://example.com:443:443/", "https://example.com:٣/", "https://-a.example/", "https://a..example/",
        "https://.example/",
        "https://a,b.example/", "https://a'b.example/", "https://ex\u00adample.com:x/", "https://\ud800.example/",
        f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/", "https://example.com/" + "a" * 9_000,
    ],
)  # fmt: skip
def test_a_url_that_is_odd_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Refused) as refused:
        read_url(url)
    assert str(refused.value).endswith(".")
    assert "pass@" not in str(refused.value)


def test_what_a_log_shows_of_a_url_ends_before_its_query() -> None:
    assert read_url("https://example.com:8443/a?token=x").shown == "https://example.com:8443/a"
