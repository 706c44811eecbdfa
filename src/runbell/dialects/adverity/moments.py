"""Dates and times of this vendor: whole seconds, UTC. Taken in several spellings, written in one.

https://docs.adverity.com/guides/management-api/introduction-management-api.html
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

DAY_END_MS: Final = 86_399_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_FIRST: Final = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _SECOND
_LAST: Final = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH) // _SECOND
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,][0-9]{1,30})?"
    r"(?: ?[Zz]|([ +-][0-9]{2}):?([0-9]{2})|)"
)


def text(moment: int) -> str:
    """The text of a moment in epoch ms, `2031-02-03T04:05:06Z`; fractions are cut off.

    One that no year has is shown as the first or the last that one has: a list must not fall for one old fetch.
    """
    when = _EPOCH + timedelta(seconds=min(max(moment // 1_000, _FIRST), _LAST))
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def day(moment: int) -> str:
    """The day of a moment, `2031-02-03`."""
    return text(moment)[:10]


def moment(said: str, *, last: bool = False) -> int:
    """The moment of a date or a timestamp in epoch ms, whole seconds; of a date with `last` its last second.

    Without an offset it is UTC. A blank before an offset was a plus sign that nobody encoded. Raises ValueError, and
    OverflowError for a moment that UTC has no year for: it could not be shown again.
    """
    said = said.strip()
    if _DATE.fullmatch(said):
        return _since(datetime.fromisoformat(f"{said}T00:00:00+00:00")) + (DAY_END_MS if last else 0)
    found = _TIME.fullmatch(said)
    if found is None:
        raise ValueError("It is neither a date nor a timestamp.")
    hours = (found[3] or "+00").replace(" ", "+")
    return _since(datetime.fromisoformat(f"{found[1]}T{found[2]}{hours}:{found[4] or '00'}").astimezone(UTC))


def _since(when: datetime) -> int:
    return (when - _EPOCH) // _SECOND * 1_000
