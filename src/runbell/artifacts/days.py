"""The day that an execution belongs to: that of its id, so nothing has to be looked up."""

from datetime import date
from functools import lru_cache
from typing import Final

from runbell.domain import ids

_DAY_MS: Final = 86_400_000
_1970: Final = date(1970, 1, 1).toordinal()


def day_of(execution: str) -> str:
    """The name of its day's folder."""
    return _day(ids.moment(execution) // _DAY_MS)


@lru_cache(maxsize=64)
def _day(number: int) -> str:
    """The folder of a day, counted from 1970; the same one is asked for again and again."""
    return date.fromordinal(_1970 + number).isoformat()
