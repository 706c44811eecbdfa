"""Conditional requests (RFC 9110 §13): an entity tag is a revision in quotes."""

import re
from typing import Final

from runbell.domain.faults import RevisionMismatch

_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')


def etag(revision: int) -> bytes:
    """The strong entity tag of a revision."""
    return b'"%d"' % revision


def unchanged(if_none_match: str | None, revision: int) -> bool:
    """Whether the caller already has this revision (compressed or not)."""
    if if_none_match is None:
        return False
    if if_none_match == f'"{revision}"':
        return True
    tags = {tag.removesuffix("-gzip") for tag in _TAG.findall(if_none_match)}
    return str(revision) in tags or if_none_match.strip() == "*"


def expected(if_match: str | None) -> int | None:
    """The revision that an If-Match asks for; None when there is no condition or `*`. Raises RevisionMismatch."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = [tag.removesuffix("-gzip") for tag in _TAG.findall(if_match)]
    if len(found) != 1 or re.fullmatch(r"[0-9]{1,18}", found[0]) is None or if_match.startswith("W/"):
        raise RevisionMismatch('If-Match must name one revision as it came in the ETag, like "7".')
    return int(found[0])
