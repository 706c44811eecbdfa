"""On what terms a door serves: limits per client, and the web pages that may call it."""

import re
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from runbell.domain.principals import Quota

_QUOTA: Final = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,5})")
ANY: Final = "*"


class Terms(Struct, frozen=True, kw_only=True):
    """`quota`: for clients that carry none of their own. `at_once`: requests of one client under way (0: no limit).

    `origins`: those whose pages may call it from a browser (`*`: all).
    """

    quota: Quota | None = None
    at_once: int = 0
    origins: frozenset[str] = frozenset()


def read_terms(quota: str, at_once: int, origins: str) -> Terms:
    """The terms that settings describe. Raises ValueError with a sentence."""
    if not 0 <= at_once < 2**31:
        raise ValueError(f"at_once must be 0 or more, not {at_once}.")
    return Terms(quota=_quota(quota), at_once=at_once, origins=_origins(origins))


def _quota(text: str) -> Quota | None:
    if not text:
        return None
    found = _QUOTA.fullmatch(text)
    if found is None:
        raise ValueError(f"quota must be REQUESTS/SECONDS, like 600/60, not {text!r}.")
    return Quota(int(found[1]), int(found[2]))


def _origins(text: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    for name in names - {ANY}:
        parts = urlsplit(name)
        if parts.scheme not in {"http", "https"} or not parts.netloc or name != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(f"cors_origins are like https://example.com:8443, without a path, or *; not {name!r}.")
    return names
