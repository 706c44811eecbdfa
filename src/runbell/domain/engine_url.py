"""An engine URL: which engine it names, and what in it is secret."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, unquote, unquote_plus

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_TELLING: Final = re.compile(r"pass|pwd|secret|token|key|credential", re.IGNORECASE)
_SETTING: Final = re.compile(r"(?:^|;)\s*(pwd|password)\s*=\s*(\{[^}]*\}|[^;]*)", re.IGNORECASE)


def scheme_of(url: str) -> str:
    """What stands before its first colon, in small letters; empty when it is no URL."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def secrets_of(url: str) -> tuple[str, ...]:
    """The passwords in a URL, as they stand there and as they are, however badly it is written."""
    return tuple(dict.fromkeys(one for text in _passwords(url) for one in (text, unquote(text)) if one))


def _passwords(url: str) -> Iterator[str]:
    rest, _, query = url.partition("?")
    address = rest.partition("://")[2]
    for there in (address, url.partition("://")[2]):  # a password with a `?` that is not escaped ends behind it
        login, at, _ = there.rpartition("@")
        if at:
            yield login.partition(":")[2]
    short, at, _ = address.partition("/")[0].rpartition("@")
    if at:
        yield short.partition(":")[2]
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if _TELLING.search(name):
            yield from (value, unquote_plus(value))
    for _, value in parse_qsl(query):
        for setting in _SETTING.finditer(value):
            yield setting[2].strip("{}")
