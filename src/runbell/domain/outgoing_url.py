"""Addresses that callers give and that this server will call: what they may look like."""

from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 2_000
_PORTS: Final = {"https": 443, "http": 80}


class NotAnAddress(ValueError):  # noqa: N818 - an answer about a text
    """It cannot be called; the sentence says what is wrong."""


def destination(url: str) -> str:
    """`host:port` of an address that can be called. Raises NotAnAddress.

    Where the host lies is not looked at here: that is vetted with every connection.
    """
    if len(url) > LONGEST:
        raise NotAnAddress(f"An address has at most {LONGEST} characters.")
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise NotAnAddress("An address has no blanks, and other letters than ASCII are percent-encoded (hosts: xn--…).")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotAnAddress("This is no address; write it like https://example.com/hooks.") from None
    if parts.scheme not in _PORTS or not host:
        raise NotAnAddress("An address begins with https:// and names a host, like https://example.com/hooks.")
    if parts.username is not None or parts.password is not None or "\\" in url:
        raise NotAnAddress("An address names no user; the receiver knows the sender by the signature.")
    if parts.fragment:
        raise NotAnAddress("An address that is called has no # part.")
    return f"{host}:{port or _PORTS[parts.scheme]}"


def is_plain(url: str) -> bool:
    """True when what is sent there can be read by everybody on the way."""
    return not url.startswith("https:")
