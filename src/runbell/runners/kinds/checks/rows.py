"""Rules whose exception records are rows: each is one query that answers a reason and the row."""
# ruff: noqa: S608 - names are those that the engine itself has, values are bound

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from runbell.domain.check import Blanks, Format, Orphans, Query, Range, Rule, Unique
from runbell.domain.check_bounds import Bound
from runbell.domain.data import Column
from runbell.domain.portable_pattern import portable
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.checks.asking import Asking, read_bound
from runbell.runners.kinds.checks.ground import Ground, placed
from runbell.runners.kinds.checks.words import Values

MOST_SHOWN: Final = 60


class Question(Struct, frozen=True):
    """A query for records with its values; its first column is the reason. `reason`: it has none, and this is it."""

    text: str
    values: dict[str, Any]
    reason: str | None = None


def blanks(rule: Blanks, ask: Asking) -> Question:
    """Rows with a blank in one of the columns; the reason names the first one."""
    columns = ask.ground.named(rule.columns)
    reasons = {f"{column.name} is blank": ask.blank(column) for column in columns}
    return _judged(rule, ask, reasons)


def unique(rule: Unique, ask: Asking) -> Question:
    """Rows whose values in the columns are those of another row too."""
    columns = ask.ground.named(rule.columns)
    inner = ", ".join(ask.quoted(column, "d") for column in columns)
    there = [f"{ask.quoted(column, 'd')} is not null" for column in columns]
    twice = (
        f"select {inner} from {ask.ground.item(ask.values)} d where {' and '.join((*ask.kept('d'), *there))}"
        f" group by {inner} having count(*) > 1"
    )
    outer = ", ".join(ask.quoted(column) for column in columns)
    bad = f"{outer if len(columns) == 1 else f'({outer})'} in ({twice})"
    return _judged(rule, ask, {f"{_and(rule.columns)} {'is' if len(columns) == 1 else 'are'} not unique": bad})


def format_(rule: Format, ask: Asking) -> Question:
    """Rows whose text does not match."""
    column = ask.ground.column(rule.column)
    x = ask.quoted(column)
    matches = ask.words.matches(x, portable(rule.pattern), ask.values)
    reason = f"{column.name} is no {rule.like}" if rule.like else f"{column.name} does not match {_shown(rule.pattern)}"
    return _judged(rule, ask, {reason: f"({x} is not null and not ({matches}))"})


def range_(rule: Range, ask: Asking) -> Question:
    """Rows out of bounds, and those whose value is no number or time where the bounds are one."""
    column = ask.ground.column(rule.column)
    x = ask.quoted(column)
    reasons: dict[str, str] = {}
    least, most = (None if value is None else read_bound(value, column) for value in (rule.min, rule.max))
    bounds = [bound for bound in (least, most) if bound is not None]
    if bounds:
        is_number = [_is_number(bound) for bound in bounds]
        if any(is_number) != all(is_number):
            raise StepFailed(f"`min` and `max` of {rule.name} are a number and a time; make them alike.")
        of = ask.words.number if all(is_number) else ask.words.time
        said = "number" if all(is_number) else "time"
        reasons[f"{column.name} is no {said}"] = f"({x} is not null and {of(x, column, ask.values)} is null)"
        if least is not None:
            reasons[f"{column.name} is below {rule.min}"] = f"{of(x, column, ask.values)} < {ask.bound(least)}"
        if most is not None:
            reasons[f"{column.name} is above {rule.max}"] = f"{of(x, column, ask.values)} > {ask.bound(most)}"
    if rule.among:
        known = " or ".join(ask.same(x, column, value) for value in rule.among)
        reasons[f"{column.name} is none of the values"] = f"({x} is not null and not ({known}))"
    if not reasons:
        raise StepFailed(f"No bound of {rule.name} has a value; give one of its parameters.")
    return _judged(rule, ask, reasons)


def orphans(rule: Orphans, ask: Asking, theirs: Ground) -> Question:
    """Rows whose key the other source does not have."""
    columns = ask.ground.named(rule.columns)
    others = theirs.named(rule.their_columns)
    there = [f"{ask.quoted(column)} is not null" for column in columns]
    pairs = [
        alike(ask, (ask.quoted(our), our), (ask.quoted(their, "r"), their))
        for our, their in zip(columns, others, strict=True)
    ]
    known = " and ".join(f"{our} = {their}" for our, their in pairs)
    bad = f"{' and '.join(there)} and not exists (select 1 from {theirs.item(ask.values)} r where {known})"
    return _judged(
        rule, ask, {f"{_and(rule.columns)} {'is' if len(columns) == 1 else 'are'} not in {theirs.shown}": bad}
    )


def query(rule: Query, key: list[str], columns: list[str]) -> Question:
    """The rows that the rule's own query finds: in its own order if it has one, else by the key and everything."""
    pieces, bound = placed(rule.query, rule.bind)
    values = Values()
    text = pieces[0] + "".join(values.put(value) + piece for value, piece in zip(bound, pieces[1:], strict=True))
    if key or columns:
        text = f"select * from ({text}\n) s order by {', '.join((*key, *columns))}"
    return Question(text, values.bound, rule.reason or "found by the query")


def alike(ask: Asking, ours: tuple[str, Column], theirs: tuple[str, Column]) -> tuple[str, str]:
    """Two expressions that can be compared: as texts when their types differ."""
    kinds = {"decimal" if column.type == "int" else column.type for _, column in (ours, theirs)}
    if len(kinds) == 1 and "json" not in kinds:
        return ours[0], theirs[0]
    return ask.words.as_text(ours[0]), ask.words.as_text(theirs[0])


def _judged(rule: Blanks | Unique | Format | Range | Orphans, ask: Asking, reasons: dict[str, str]) -> Question:
    """Rows of which one of the conditions is true; the first of them is the reason."""
    said = list(reasons) if not rule.reason else [rule.reason] * len(reasons)
    *first, last = zip(said, reasons.values(), strict=True)
    cases = " ".join(f"when {condition} then {ask.said(reason)}" for reason, condition in first)
    chosen = f"case {cases} else {ask.said(last[0])} end" if len(set(said)) > 1 else ask.said(last[0])
    return Question(ask.rows(chosen, [f"({' or '.join(reasons.values())})"]), ask.values.bound)


def _is_number(bound: Bound) -> bool:
    return not hasattr(bound, "year")


def _and(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _shown(pattern: str) -> str:
    return pattern if len(pattern) <= MOST_SHOWN else f"{pattern[:MOST_SHOWN]}…"


Asker = Callable[[Any, Asking], Question]
ASKERS: Final[dict[type[Rule], Asker]] = {Blanks: blanks, Unique: unique, Format: format_, Range: range_}
