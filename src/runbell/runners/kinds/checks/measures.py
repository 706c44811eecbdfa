"""Rules about one number or one time: they leave one record, which says what was measured and what is allowed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from runbell.domain.check import Freshness, Metric, RowCount
from runbell.domain.data import Column
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.checks.asking import Asking, read_bound
from runbell.runners.kinds.checks.ground import placed
from runbell.runners.kinds.checks.words import Values
from runbell.runners.kinds.connections import Connection


class Measured(Struct, frozen=True):
    """What was measured, in words; `wrong` when it is out of bounds. `record` is what is then left of it."""

    value: Any
    told: str
    wrong: bool
    record: dict[str, Any]


def row_count(rule: RowCount, db: Connection, ask: Asking) -> Measured:
    """How many rows there are."""
    count = _value(db, ask.one("count(*)"), ask.values)
    said = "1 row" if count == 1 else f"{count} rows"
    return _held(said, count, rule, {"rows": count}, ("fewer", "more"))


def metric(rule: Metric, db: Connection, ask: Asking | None) -> Measured:
    """A function over a column, or what a query answers."""
    if rule.query is not None or ask is None:
        pieces, bound = placed(rule.query or "", rule.bind)
        values = Values()
        text = pieces[0] + "".join(values.put(value) + piece for value, piece in zip(bound, pieces[1:], strict=True))
        what, value = rule.name, _value(db, text, values)
    else:
        column = ask.ground.column(rule.column or "")
        x = ask.quoted(column)
        over = x if rule.function in ("count", "distinct") else ask.words.number(x, column, ask.values)
        asked = f"count(distinct {over})" if rule.function == "distinct" else f"{rule.function}({over})"
        what, value = f"{rule.function} of {column.name}", _value(db, ask.one(asked), ask.values)
    if value is None:
        return Measured(None, f"{what} has no value", True, {"value": None})
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise StepFailed(f"{what} is {value!r}, which is no number; let it answer one.")
    number = _plain(value)
    return _held(f"{what} is {number}", number, rule, {"value": number}, ("less", "more"))


def freshness(rule: Freshness, db: Connection, ask: Asking, now: datetime) -> Measured:
    """How old the newest time of the column is."""
    column = ask.ground.column(rule.column)
    newest = _value(db, ask.one(f"max({ask.words.time(ask.quoted(column), column, ask.values)})"), ask.values)
    allowed = timedelta(milliseconds=rule.max_age_ms)
    if newest is None:
        record: dict[str, Any] = {"newest": None, "age_seconds": None}
        record["max_age_seconds"] = round(allowed.total_seconds())
        return Measured(None, f"no row has a time in {column.name}", True, record)
    moment = _moment(newest)
    age = now - moment
    record = {
        "newest": moment, "age_seconds": round(age.total_seconds()),
        "max_age_seconds": round(allowed.total_seconds()),
    }  # fmt: skip
    told = f"the newest {column.name} is {_length(age)} old"
    wrong = age > allowed
    written = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Measured(written, f"{told}, more than {_length(allowed)}" if wrong else told, wrong, record)


def columns_of(record: dict[str, Any]) -> list[Column]:
    """The columns of such a record."""
    return [
        Column(name, "datetime" if name == "newest" else "int" if name in ("rows", "age_seconds") else "decimal")
        for name in record
    ]


def _held(
    said: str, value: float | Decimal, rule: RowCount | Metric, record: dict[str, Any], words: tuple[str, str]
) -> Measured:
    """A number against the bounds of its rule."""
    column = Column(rule.name)
    wrong = ""
    for bound, word, sign in ((rule.min, words[0], -1), (rule.max, words[1], 1)):
        if bound is None:
            continue
        limit = read_bound(bound, column)
        if isinstance(limit, date):
            raise StepFailed(f"The bounds of {rule.name} are numbers, and {bound} is none.")
        record |= {"min" if sign < 0 else "max": _plain(limit)}
        if (Decimal(str(value)) - Decimal(str(limit))) * sign > 0:
            wrong = f", {word} than {bound}"
    return Measured(value, said + wrong, bool(wrong), record)


def _value(db: Connection, text: str, values: Values) -> Any:
    answer = db.run(text, values.bound)
    rows = [row for batch in answer.batches for row in batch[:2]]
    if len(rows) != 1 or len(rows[0]) != 1:
        raise StepFailed("The query of a metric answers one value; let it have one row of one column.")
    return rows[0][0]


def _plain(value: float | Decimal) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _moment(newest: Any) -> datetime:
    moment = datetime.fromisoformat(newest) if isinstance(newest, str) else newest
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _length(span: timedelta) -> str:
    """Roughly: in the largest unit of which there are two."""
    seconds = span.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
