"""Where a client may have people sent back to: which addresses can be registered, and which one a request means.

Two addresses are the same when their letters are (RFC 9700 §2.1): no patterns, no folding, nothing decoded. Only the
port of a loopback address is free, since a program takes whichever it gets (RFC 8252 §7.3).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

MOST: Final = 20
LONGEST: Final = 2_000
OURS: Final = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})
"""What an answer adds to the address, so that it cannot stand there already."""

_LETTERS: Final = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")
_HTTPS: Final = re.compile(r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?([/?].*)?")
_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::([0-9]{1,5}))?([/?].*)?")
_OWN_SCHEME: Final = re.compile(r"([a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+):/.*")


def problem_with(uri: str) -> str | None:
    """Why that address cannot be registered, in a sentence; None when it can."""
    if len(uri) > LONGEST:
        return f"An address has at most {LONGEST} letters."
    if "#" in uri:
        return "Leave out the fragment (#…): an answer is added to the query, and no fragment is sent to a server."
    if _LETTERS.fullmatch(uri) is None:
        return "Write the address as it is sent: without blanks, percent-encoded, with its host in ASCII."
    if _HTTPS.fullmatch(uri) is None and _LOOPBACK.fullmatch(uri) is None and _OWN_SCHEME.fullmatch(uri) is None:
        return "Write it whole and without a user: https://app.example.com/callback, http://127.0.0.1/callback for \
a program on the person's own machine (any port fits), or com.example.app:/callback for an app with its own scheme."
    taken = OURS & {name for name, _ in parse_qsl(uri.partition("?")[2], keep_blank_values=True)}
    if taken:
        return f"Leave {sorted(taken)[0]} out of its query: that is what the answer is told with."
    return None


def meant(registered: Iterable[str], asked: str) -> bool:
    """True when the address of a request is one of those registered."""
    return any(one == asked or _same_but_for_the_port(one, asked) for one in registered)


def is_loopback(uri: str) -> bool:
    """True for an address of the person's own machine."""
    return _LOOPBACK.fullmatch(uri) is not None


def with_answer(uri: str, told: Mapping[str, str | None]) -> str:
    """The address with what is told added to its query; what is None is left out."""
    said = urlencode({name: value for name, value in told.items() if value is not None})
    return f"{uri}{'&' if '?' in uri else '?'}{said}"


def _same_but_for_the_port(registered: str, asked: str) -> bool:
    mine, theirs = _LOOPBACK.fullmatch(registered), _LOOPBACK.fullmatch(asked)
    if mine is None or theirs is None or not 0 < int(theirs[2] or 80) < 65_536:
        return False
    return (mine[1], mine[3]) == (theirs[1], theirs[3])
