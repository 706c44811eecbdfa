"""A form in parts (RFC 7578): fields by name, and nothing else that a message of this kind may hold.

Whatever is inside a part is taken as it is: parts within parts, encodings and folded headers have no use in a form.
"""

import re
from typing import Final

from runbell.domain.faults import Malformed

MOST_FIELDS: Final = 1_000
_LONGEST_HEAD: Final = 8_192
_BOUNDARY: Final = re.compile(r';\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_NAME: Final = re.compile(rb'^content-disposition:[^\r\n]*?;[ \t]*name=(?:"([^"\r\n]*)"|([^\s;"]+))', re.I | re.M)


def read(raw: bytes, media: str) -> dict[str, str]:
    """The fields of a form whose Content-Type is `media`; of one given twice the last. Raises Malformed."""
    found: dict[str, str] = {}
    for part in _between(raw, media):
        head, *content = _BLANK_LINE.split(part, maxsplit=1)
        name = _NAME.search(head[:_LONGEST_HEAD])
        if name is None or not content:
            raise _unreadable("every part needs a name")
        try:
            found[(name[1] or name[2] or b"").decode()] = content[0].decode()
        except UnicodeDecodeError:
            raise _unreadable("it is not UTF-8") from None
    return found


def _between(raw: bytes, media: str) -> list[bytes]:
    """What stands between the boundaries; whatever comes before the first or after the last is nobody's."""
    named = _BOUNDARY.search(media)
    if named is None:
        raise _unreadable("Invalid boundary in multipart")
    boundary = re.escape((named[1] or named[2]).encode("latin-1"))
    pieces = re.split(rb"(?:\A|\r?\n)--" + boundary + rb"(?=--|[ \t]*\r?\n)", raw, maxsplit=MOST_FIELDS + 2)
    parts = [piece.lstrip(b" \t") for piece in pieces[1:]]
    last = next((place for place, part in enumerate(parts) if part.startswith(b"--")), len(parts))
    if not parts[:last]:
        raise _unreadable("Invalid boundary in multipart")
    if last > MOST_FIELDS:
        raise _unreadable(f"at most {MOST_FIELDS} parts are read")
    return [b"\n" + part.removeprefix(b"\r").removeprefix(b"\n") for part in parts[:last]]


def _unreadable(why: str) -> Malformed:
    return Malformed(f"Multipart form parse error - {why}.")
