"""An idempotency key as it goes into its header."""

import re
from typing import Final

_KEY: Final = re.compile(r"[ -~]{1,255}")


def quoted(key: str) -> str:
    """The key as a structured-field string (RFC 9651). Raises ValueError for one that no header can carry."""
    if not _KEY.fullmatch(key):
        raise ValueError("An idempotency key has 1 to 255 characters: letters of ASCII, digits, signs, blanks.")
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
