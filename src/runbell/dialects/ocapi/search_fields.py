"""The fields that executions are searched and sorted by, and values of them."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from runbell.dialects.ocapi.refusals import FieldNotSearchable, InvalidSearchValue, refusal
from runbell.domain.search import Field, Value

EXECUTION_FIELDS: Final = {
    "id": Field.NUMBER, "job_id": Field.JOB, "start_time": Field.BEGAN, "end_time": Field.ENDED, "status": Field.WORD,
}  # fmt: skip
STEP_FIELDS: Final = {
    "id": Field.NUMBER, "step_id": Field.STEP, "execution_scope": Field.SCOPE, "start_time": Field.BEGAN,
    "end_time": Field.ENDED, "status": Field.WORD,
}  # fmt: skip
_DIGITS: Final = re.compile(r"-?[0-9]{1,18}")
_TIMES: Final = (Field.BEGAN, Field.ENDED)


class Fields(Struct, frozen=True):
    """The fields that may be named in one place, by their names there; `inner` are those of a nested query."""

    known: dict[str, Field]
    prefix: str = ""
    inner: "Fields | None" = None

    def named(self, name: str) -> Field:
        """The field of that name. Raises FieldNotSearchable."""
        found = self.known.get(name.removeprefix(self.prefix))
        if found is None:
            said = f"Executions are not searched by '{name[:100]}', but by {', '.join(self.known)}."
            raise refusal(FieldNotSearchable, said, field=name[:200])
        return found


SEARCHED: Final = Fields(EXECUTION_FIELDS, inner=Fields(STEP_FIELDS, "step_executions."))


def read_value(field: Field, name: str, value: Any) -> Value:
    """A value that the field may have. Raises InvalidSearchValue."""
    if field in _TIMES:
        return _moment(name, value)
    if field is Field.NUMBER:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
            return value
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            return int(value)
        raise typed(name, value, "long")
    if not isinstance(value, str):
        raise typed(name, value, "string")
    return value


def typed(name: str, value: Any, kind: str) -> InvalidSearchValue:
    """The refusal of a value that the field cannot have."""
    shown = str(value)[:200]
    said = f"The field '{name[:100]}' is of type {kind}; '{shown}' is not."
    return refusal(InvalidSearchValue, said, field=name[:200], value=shown, type=kind)


def _moment(name: str, value: Any) -> int:
    """Any ISO 8601 time as epoch ms; without an offset it is UTC."""
    if not isinstance(value, str):
        raise typed(name, value, "date")
    try:
        when = datetime.fromisoformat(value.strip())
        return round((when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp() * 1_000)
    except (ValueError, OverflowError):
        raise typed(name, value, "date") from None
