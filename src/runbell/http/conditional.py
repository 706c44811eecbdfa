"""Conditional requests (RFC 9110 §13): an entity tag is a revision in quotes.

Where a body holds something that moves without a new revision, the tag goes on with it after a dot: `"7.1901"`. It is
another tag when that has moved; as a condition of a write only the revision counts.
"""

import re
from typing import Final

from runbell.domain.faults import RevisionMismatch

_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')


def etag(revision: int, moving: str = "") -> bytes:
    """The strong entity tag of a revision, and of what moves beside it."""
    return f'"{revision}.{moving}"'.encode() if moving else b'"%d"' % revision


def unchanged(if_none_match: str | None, revision: int, moving: str = "") -> bool:
    """Whether the caller already has this revision, and what moves beside it (compressed or not)."""
    if if_none_match is None:
        return False
    known = f"{revision}.{moving}" if moving else str(revision)
    if if_none_match == f'"{known}"':
        return True
    tags = {tag.removesuffix("-gzip") for tag in _TAG.findall(if_none_match)}
    return known in tags or if_none_match.strip() == "*"


def expected(if_match: str | None) -> int | None:
    """The revision that an If-Match asks for; None when there is no condition or `*`. Raises RevisionMismatch."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = [tag.removesuffix("-gzip") for tag in _TAG.findall(if_match)]
    if len(found) != 1 or re.fullmatch(r"[0-9]{1,18}(\.[0-9a-z-]*)?", found[0]) is None or if_match.startswith("W/"):
        raise RevisionMismatch('If-Match must name one revision as it came in the ETag, like "7".')
    return int(found[0].partition(".")[0])
