"""A step of kind `check`: every rule is one query, what it finds are exception records, and the worst rule decides."""

import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import msgspec

from runbell.domain.check import (
    Check,
    Compare,
    Finding,
    Freshness,
    Metric,
    Orphans,
    Query,
    RowCount,
    Rule,
    Source,
    judged,
    told,
    worst,
)
from runbell.domain.data import Column
from runbell.domain.sql_text import is_ordered
from runbell.runners.kinds import KindContext, StepFailed
from runbell.runners.kinds.checks.asking import Asking
from runbell.runners.kinds.checks.differences import compare
from runbell.runners.kinds.checks.ground import Grounds
from runbell.runners.kinds.checks.measures import Measured, columns_of, freshness, metric, row_count
from runbell.runners.kinds.checks.rows import ASKERS, Question, orphans, query
from runbell.runners.kinds.checks.words import words_of
from runbell.runners.kinds.connections import Connection, connected

INVALID = "INVALID"
"""The exit code of a check that could not be made, which says nothing about the rows."""


def run(ctx: KindContext, task: dict[str, Any]) -> dict[str, Any]:
    """Make the check. The result says of each rule how many exception records there are, among how many rows."""
    check = read_check(task)
    with connected(ctx, task) as db:
        db.begin(2)
        try:
            inspection = Inspection(ctx, db, check)
            findings = tuple(inspection.found(turn, rule) for turn, rule in enumerate(check.rules))
        except StepFailed as wrong:
            raise StepFailed(str(wrong), code=INVALID) from None
    result = {finding.name: msgspec.to_builtins(finding) for finding in findings}
    verdict = worst(findings)
    if verdict == "FAILED":
        failed = [rule for rule, finding in zip(check.rules, findings, strict=True) if finding.status == "FAILED"]
        why = ", ".join(f"{rule.name} fails from {rule.fail} on" for rule in failed[:10])
        raise StepFailed(f"{told(findings)} ({why})", code=verdict, result=result)
    ctx.exit_status(verdict, told(findings))
    return result


def read_check(task: dict[str, Any]) -> Check:
    """The check of a task, with what was filled in where it belongs."""
    body = dict(task["check"])
    if "source" in body:
        body["source"] = body["source"] | {name: task[name] for name in ("file", "bind") if name in task}
    return msgspec.convert(_merged(body, {"where": task["where"], "rules": task["rules"]}), Check)


def _merged(body: Any, filled: Any) -> Any:
    if isinstance(body, dict) and isinstance(filled, dict):
        return body | {name: _merged(body.get(name), value) for name, value in filled.items()}
    if isinstance(body, list) and isinstance(filled, list):
        return [_merged(one, other) for one, other in zip(body, filled, strict=True)]
    return filled


class Inspection:
    """Asks one rule after the other on one connection, and writes down what each finds as it comes."""

    def __init__(self, ctx: KindContext, db: Connection, check: Check) -> None:
        self._ctx, self._db, self._check = ctx, db, check
        self._words = words_of(db.name)
        self._grounds = Grounds(db)
        self._ground = None if check.source is None else self._grounds.of(check.source)
        self._counts: dict[str, int] = {}
        self._now = datetime.now(UTC)

    def found(self, turn: int, rule: Rule) -> Finding:
        """What a rule finds. Raises StepFailed, with the rule's name, when it cannot be asked."""
        began = time.monotonic()
        self._ctx.progress(turn, len(self._check.rules), rule.name)
        try:
            finding = self._finding(rule)
        except StepFailed as wrong:
            raise StepFailed(f"{rule.name}: {wrong}") from None
        took = (time.monotonic() - began) * 1000
        self._ctx.log(f"{rule.name}: {finding.told}: {finding.status} ({took:.0f} ms)")
        return finding

    def _finding(self, rule: Rule) -> Finding:
        if isinstance(rule, RowCount | Freshness | Metric):
            return self._measured(rule, self._measure(rule))
        if isinstance(rule, Query):
            return judged(rule, self._written(rule, self._own(rule)), None)
        ask = self._asking(rule)
        count = self._written(rule, self._question(rule, ask))
        return judged(rule, count, self._count(rule))

    def _asking(self, rule: Any) -> Asking:
        if self._ground is None:
            raise StepFailed("there are no rows; give the check a `table`, a `file` or a `query`.")
        return Asking(self._db, self._words, self._check, self._ground, rule.where)

    def _question(self, rule: Any, ask: Asking) -> Question:
        if isinstance(rule, Orphans):
            return orphans(rule, ask, self._grounds.of(rule.references))
        if isinstance(rule, Compare):
            return compare(rule, self._check, ask, self._grounds.of(rule.other))
        return ASKERS[type(rule)](rule, ask)

    def _measure(self, rule: RowCount | Freshness | Metric) -> Measured:
        if isinstance(rule, Metric):
            return metric(rule, self._db, None if rule.query is not None else self._asking(rule))
        if isinstance(rule, RowCount):
            return row_count(rule, self._db, self._asking(rule))
        return freshness(rule, self._db, self._asking(rule), self._now)

    def _measured(self, rule: Rule, measured: Measured) -> Finding:
        if measured.wrong:
            writer = self._ctx.sets.exceptions(rule.name, columns_of(measured.record))
            writer.extend([(rule.reason or measured.told, *measured.record.values())])
        return judged(rule, int(measured.wrong), None, measured=measured.value, reason=measured.told)

    def _own(self, rule: Query) -> Question:
        if is_ordered(rule.query) and not self._check.key:
            return query(rule, [], [])
        ground = self._grounds.seen(Source(query=rule.query, bind=rule.bind))
        ask = Asking(self._db, self._words, msgspec.structs.replace(self._check, where={}), ground, {})
        names = {column.name for column in ground.columns}
        key = [ask.sortable(ground.column(name)) for name in self._check.key if name in names]
        return query(rule, key, [ask.sortable(column) for column in ground.columns])

    def _written(self, rule: Rule, question: Question) -> int:
        """Write the records down as they come; answers how many."""
        answer = self._db.run(question.text, question.values)
        columns: list[Column] = answer.columns or []
        first = 0 if question.reason is not None else 1
        writer = None
        with closing(answer.batches) as batches:
            for batch in batches:
                if writer is None:
                    writer = self._ctx.sets.exceptions(rule.name, columns[first:])
                writer.extend(batch if first else [(question.reason, *row) for row in batch])
        if writer is None:
            return 0
        writer.settle(columns[first:])
        return writer.rows

    def _count(self, rule: Any) -> int:
        """How many rows the rule has looked at; asked once for every filter."""
        kept = repr(rule.where)
        if kept not in self._counts:
            ask = self._asking(rule)
            row = self._db.row(ask.one("count(*)"), ask.values.bound)
            self._counts[kept] = int(row[0]) if row is not None else 0
        return self._counts[kept]
