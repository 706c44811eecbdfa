"""The forms in which programs write a text: as it is, escaped, encoded. Each is looked for where a secret may show."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

from runbell.runners.hand.masks import LEAST

MOST_LINES: Final = 100
_LINES_OF_BASE64: Final = (76, 64)
_SAFE_IN_SCRIPTS: Final = "!'()*~"


def forms_of(secret: str) -> set[bytes]:
    """Everything to look for; nothing for a secret of fewer than four characters.

    A secret of several lines is looked for as a whole, and line by line (its first hundred lines).
    """
    found: set[bytes] = set()
    stripped = secret.strip()
    for text in {secret, stripped}:
        if len(text) >= LEAST:
            found.update(_forms(text))
    lines = stripped.splitlines()
    if len(lines) > 1:
        parts = (line.strip() for line in lines[:MOST_LINES])
        found.update(_bytes(part) for part in parts if len(part) >= LEAST and not part.startswith("-----"))
    return found


def _forms(text: str) -> Iterator[bytes]:
    raw = _bytes(text)
    yield raw
    yield from (_bytes(written) for written in _escaped(text))
    for encoded in (quote(text), quote(text, safe=""), quote_plus(text), quote(text, safe=_SAFE_IN_SCRIPTS)):
        yield from (encoded.encode(), _lower_hex(encoded).encode())
    yield from (raw.hex().encode(), raw.hex().upper().encode())
    for alphabet in (b64encode, urlsafe_b64encode):
        for before in range(3):
            yield _in_base64(alphabet(b"\0" * before + raw + b"\0\0"), before, len(raw))
    whole = b64encode(raw)
    for width in _LINES_OF_BASE64:
        if len(whole) > width:
            lines = [whole[at : at + width] for at in range(0, len(whole), width)]
            yield from (b"\n".join(lines), b"\r\n".join(lines))


def _escaped(text: str) -> Iterator[str]:
    """As JSON, Python, HTML and a shell's trace write it."""
    for in_ascii in (True, False):
        written = json.dumps(text, ensure_ascii=in_ascii)[1:-1]
        yield from (written, written.replace("/", "\\/"))
    yield repr(text)[1:-1]
    yield ascii(text)[1:-1]
    yield from (html.escape(text), html.escape(text, quote=False))
    yield text.replace("'", "'\\''")
    yield text.replace("'", "'\"'\"'")


def _in_base64(encoded: bytes, before: int, length: int) -> bytes:
    """The characters that the text alone decides, whatever stands before and behind it."""
    return encoded[-(-before * 8 // 6) : (before + length) * 8 // 6]


def _lower_hex(quoted: str) -> str:
    """`%C3` as `%c3`."""
    head, *parts = quoted.split("%")
    return "".join((head, *(f"%{part[:2].lower()}{part[2:]}" for part in parts)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
