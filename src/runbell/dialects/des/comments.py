"""JSON that may hold comments, as the vendor's own example does: what is left of it without them.

https://docs.powerepos.cloud/Document/DES/StartJob
"""

import re
from typing import Final

BOM: Final = b"\xef\xbb\xbf"
_PIECES: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|/\*(?:.*?\*/|.*)|//[^\r\n]*', re.DOTALL)
"""A comment without an end reaches to the end of the body: nobody looks for it again from each `/*` inside."""
_WHOLE: Final = re.compile(rb"/\*.*\*/|//[^\r\n]*", re.DOTALL)


def without_comments(raw: bytes) -> bytes:
    """The same JSON without `/* */` and `//` comments and without a byte order mark.

    A comment becomes blanks and its line breaks, so that it still parts what stands around it and no line moves. What
    looks like a comment inside a string is left alone. A comment without an end stays, and is no JSON.
    """
    raw = raw.removeprefix(BOM)
    return _PIECES.sub(_kept, raw) if b"/" in raw else raw


def _kept(found: re.Match[bytes]) -> bytes:
    piece = found[0]
    return b" " + b"\n" * piece.count(b"\n") if _WHOLE.fullmatch(piece) else piece
