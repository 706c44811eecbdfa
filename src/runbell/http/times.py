"""Times on the wire: RFC 3339, UTC, milliseconds and `Z`. Inside they are epoch milliseconds."""

from datetime import UTC, datetime
from functools import lru_cache

from runbell.domain.durations import LATEST


def rfc3339(moment: int) -> str:
    """The text of a moment, `2031-04-07T02:00:00.120Z`."""
    seconds, millis = divmod(moment, 1000)
    return f"{_second(seconds)}.{millis:03d}Z"


def moment(text: str) -> int:
    """The moment of an RFC 3339 text, any offset. Raises ValueError with a sentence."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("Write a time like 2031-04-07T02:00:00Z (RFC 3339).") from None
    if when.tzinfo is None or "T" not in text.upper():
        raise ValueError("Write a time with its offset, like 2031-04-07T02:00:00Z (RFC 3339).")
    try:
        millis = round(when.timestamp() * 1000)
    except (OverflowError, ValueError):
        millis = -1
    if not 0 <= millis <= LATEST:
        raise ValueError("The time must lie between 1970 and 9999.")
    return millis


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
