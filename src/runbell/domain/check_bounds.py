"""The bounds of a rule: numbers, or points in time."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

Bound = int | float | Decimal | date | datetime

_NUMBER: Final = re.compile(r"[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


def bound_of(value: Any) -> Bound:
    """The value as a bound; texts are read, times without an offset are UTC. Raises ValueError with a sentence."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        if _NUMBER.fullmatch(value):
            return Decimal(value)
        try:
            if _DATE.fullmatch(value):
                return date.fromisoformat(value)
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    raise ValueError(f"expected a number or a time like 2031-04-07, not {value!r}")
