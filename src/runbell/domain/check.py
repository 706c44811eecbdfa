"""A check of data: its rules, what each found, and what that means. No rule knows how an engine is asked."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, Literal

from msgspec import Struct, field

Threshold = int | str
"""So many exception records, or a share of the rows: `5%`."""
Verdict = Literal["OK", "WARN", "FAILED"]
Function = Literal["avg", "count", "distinct", "max", "min", "sum"]
MOST_TOLD: Final = 10
FUNCTIONS: Final = ("avg", "count", "distinct", "max", "min", "sum")


class Source(Struct, frozen=True, kw_only=True):
    """Where rows come from: a table of the connection, files of the workspace, or a query with bound values."""

    table: str | None = None
    file: str | None = None
    query: str | None = None
    bind: dict[str, Any] = {}

    @property
    def shown(self) -> str:
        """What it is, for a sentence."""
        return self.table or self.file or "the query"


class _Rule(Struct, frozen=True, kw_only=True, tag_field="type"):
    name: str
    warn: Threshold | None = None
    fail: Threshold | None = None
    reason: str = ""
    """What stands with each record instead of the rule's own words."""

    @property
    def kind(self) -> str:
        """The word that a definition has for it."""
        return str(self.__struct_config__.tag)


class _OfRows(_Rule, frozen=True, kw_only=True):
    where: dict[str, Any] = {}
    """Only rows in which these columns have these values (a list: one of them)."""


class Blanks(_OfRows, frozen=True, kw_only=True, tag="blanks"):
    """A row is an exception when one of the columns is null, empty, or nothing but white space."""

    columns: tuple[str, ...]


class Unique(_OfRows, frozen=True, kw_only=True, tag="unique"):
    """Rows that share their values in these columns are exceptions, all of them. A null is like no other value."""

    columns: tuple[str, ...]


class Format(_OfRows, frozen=True, kw_only=True, tag="format"):
    """A row is an exception when the text of the column does not match the pattern as a whole. Null is passed over."""

    column: str
    pattern: str
    like: str = ""


class Range(_OfRows, frozen=True, kw_only=True, tag="range"):
    """A row is an exception when its value is out of bounds, none of `among`, or no number or time where one is due."""

    column: str
    min: Any = None
    max: Any = None
    among: list[Any] | None = field(default=None, name="in")


class Orphans(_OfRows, frozen=True, kw_only=True, tag="orphans"):
    """A row is an exception when its key is not among those of another source. A key with a null is passed over."""

    columns: tuple[str, ...]
    references: Source
    their_columns: tuple[str, ...]


class Query(_Rule, frozen=True, kw_only=True, tag="query"):
    """The rows of a query are the exceptions."""

    query: str
    bind: dict[str, Any] = {}


class Compare(_OfRows, frozen=True, kw_only=True, tag="compare"):
    """Rows that are only here or only there, or have the same key and differ. Without a key, whole rows count."""

    other: Source = field(name="with")
    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


class RowCount(_OfRows, frozen=True, kw_only=True, tag="row_count"):
    """How many rows there are has to lie within bounds."""

    min: Any = None
    max: Any = None


class Freshness(_OfRows, frozen=True, kw_only=True, tag="freshness"):
    """The newest time in the column may be so old, and not older."""

    column: str
    max_age_ms: int


class Metric(_OfRows, frozen=True, kw_only=True, tag="metric"):
    """One number, by a function over a column or by a query, has to lie within bounds."""

    function: Function | None = None
    column: str | None = None
    query: str | None = None
    bind: dict[str, Any] = {}
    min: Any = None
    max: Any = None


Rule = Blanks | Unique | Format | Range | Orphans | Query | Compare | RowCount | Freshness | Metric


class Check(Struct, frozen=True, kw_only=True):
    """The source, which may be none, and the rules in their order."""

    rules: tuple[Rule, ...]
    source: Source | None = None
    where: dict[str, Any] = {}
    key: tuple[str, ...] = ()
    """The columns that name a row: shown first, and the order of the records."""
    show: tuple[str, ...] = ()
    """The columns that are kept with each record; empty: all."""


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule found. `rows`: among how many; None where there is no such number."""

    name: str
    type: str
    status: Verdict
    count: int
    rows: int | None = None
    measured: Any = None
    reason: str = ""

    @property
    def told(self) -> str:
        """In a few words: `25012 of 90000 rows`."""
        if self.reason:
            return self.reason
        if self.rows is not None:
            return f"{self.count} of {self.rows} rows"
        return f"{self.count} row{'' if self.count == 1 else 's'}"


def reached(threshold: Threshold | None, count: int, rows: int | None) -> bool:
    """Whether so many exception records are as many as the threshold says. None is never reached, nor any by none."""
    if threshold is None or count == 0:
        return False
    if isinstance(threshold, int):
        return count >= threshold
    return rows is not None and Decimal(count) * 100 >= Decimal(threshold.removesuffix("%")) * rows


def judged(rule: Rule, count: int, rows: int | None, *, measured: Any = None, reason: str = "") -> Finding:
    """What the rule's thresholds make of so many exception records among so many rows."""
    status: Verdict = "OK"
    if reached(rule.fail, count, rows):
        status = "FAILED"
    elif reached(rule.warn, count, rows):
        status = "WARN"
    return Finding(
        name=rule.name, type=rule.kind, status=status, count=count, rows=rows, measured=measured, reason=reason
    )


def worst(findings: Iterable[Finding]) -> Verdict:
    """The worst of what the rules have found."""
    found = {finding.status for finding in findings}
    return "FAILED" if "FAILED" in found else "WARN" if "WARN" in found else "OK"


def told(findings: tuple[Finding, ...]) -> str:
    """All findings in a sentence: those that decide come first, rules that found nothing are only counted."""
    total = sum(finding.count for finding in findings)
    if len(findings) == 1:
        return findings[0].told
    ranked = sorted(findings, key=lambda finding: ("FAILED", "WARN", "OK").index(finding.status))
    having = [f"{finding.name} {finding.told}" for finding in ranked if finding.count]
    named = "; ".join(having[:MOST_TOLD] + [f"and {len(having) - MOST_TOLD} more"] * (len(having) > MOST_TOLD))
    records = f"{total} exception record{'' if total == 1 else 's'}"
    return f"{len(findings)} rules, {records}" + (f": {named}" if named else "")
