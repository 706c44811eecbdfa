"""How long somebody who was called wants to be left alone: Retry-After (RFC 9110, 10.2.3)."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from runbell.egress.call import Answer

LONGEST_S: Final = 3_600.0
"""What is asked for beyond that is not believed."""
SAYING: Final = frozenset({429, 502, 503, 504})


def asked_to_wait(answer: Answer, now: float) -> float | None:
    """Seconds from `now` (epoch), at most an hour; None when nothing was asked for, or by an answer that may not."""
    said = (answer.header("retry-after") or "").strip()
    if not said or (answer.status not in SAYING and not 200 <= answer.status < 400):
        return None
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), LONGEST_S)
    try:
        date = parsedate_to_datetime(said)
    except (ValueError, IndexError):
        return None
    moment = (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp()
    return min(max(moment - now, 0.0), LONGEST_S)
