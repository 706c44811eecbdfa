"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header-07): a quoted string, or bare text."""

import re
from typing import Final

from runbell.domain.faults import Malformed

MAX_LENGTH: Final = 255
_QUOTED: Final = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE: Final = re.compile(r"[\x21\x23-\x7e]+")


def read(header: str | None) -> str | None:
    """The key, None when there is no header. Raises Malformed for one that is empty, too long or not text."""
    if header is None:
        return None
    text = header.strip()
    if quoted := _QUOTED.fullmatch(text):
        key = re.sub(r"\\(.)", r"\1", quoted[1])
    elif _BARE.fullmatch(text):
        key = text
    else:
        raise Malformed('Write the key in quotes, like Idempotency-Key: "8e03978e"; visible ASCII characters only.')
    if not 0 < len(key) <= MAX_LENGTH:
        raise Malformed(f"An Idempotency-Key has 1 to {MAX_LENGTH} characters.")
    return key
