"""A file of exception records, cut at 10,000: CSV or JSON, made while it goes out.

https://dvsum.zendesk.com/hc/en-us/articles/30417646570132-Executing-Jobs-via-API states the limit; the forms are ours.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from runbell.dialects.dvsum.wire import LIMIT, rule_id
from runbell.domain.data import RowSet, exception_count, exception_sets
from runbell.domain.exact import exact
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.identity import Actor
from runbell.domain.yielded import LeftRows, whence
from runbell.operations import read_data
from runbell.operations.ports import Ports
from runbell.rows.export import csv_lines
from runbell.rows.read import text_of

RULE: Final = "rule_id"
MEDIA: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class Found(Struct, frozen=True):
    """The records of one rule: the id that it goes by, and one of the sets that its step left."""

    rule_id: str
    left: LeftRows

    @property
    def rows(self) -> RowSet:
        """The set itself."""
        return self.left.rows


class Cut(Struct, frozen=True):
    """What a file holds: sets in the order in which the steps reported them, and as many of their records as may be."""

    found: tuple[Found, ...]
    rule_id: str | None = None

    @property
    def total(self) -> int:
        """How many records there are."""
        return sum(one.rows.rows for one in self.found)

    @property
    def records(self) -> int:
        """How many of them the file holds."""
        return min(self.total, LIMIT)

    @property
    def held(self) -> list[Found]:
        """The sets of which it holds a record."""
        held: list[Found] = []
        left = LIMIT
        for one in self.found:
            if left > 0 and one.rows.rows:
                held.append(one)
            left -= one.rows.rows
        return held

    @property
    def columns(self) -> list[str]:
        """The fields of the records that it holds, in the order in which they come first."""
        return list(dict.fromkeys(column.name for one in self.held for column in one.rows.columns))


def cut(steps: Sequence[StepExecution], rule: str | None = None) -> Cut:
    """The file of all rules, or of one; `steps` are the latest attempts."""
    return Cut(
        tuple(
            Found(rule_id(step), LeftRows(name=rows.name or step.name, whence=whence(step), rows=rows))
            for step in steps
            if rule in (None, rule_id(step)) and exception_count(step.data)
            for rows in exception_sets(step.data)
        ),
        rule,
    )


async def written(ports: Ports, actor: Actor, execution: Execution, what: Cut, form: str) -> AsyncIterator[bytes]:
    """The file, piece by piece. Raises Gone."""
    columns = what.columns
    if form == "csv":
        yield csv_lines([[RULE, *columns]])
        async for name, batch in _records(ports, actor, execution, what):
            yield csv_lines([[name, *(text_of(record.get(column)) for column in columns)] for record in batch])
        return
    head = {
        "execution_id": execution.number, RULE: what.rule_id, "total_count": what.total, "record_count": what.records,
        "truncated": what.total > LIMIT, "limit": LIMIT, "columns": columns,
    }  # fmt: skip
    yield msgspec.json.encode(head)[:-1] + b',"records":['
    between = b""
    async for _, batch in _records(ports, actor, execution, what):
        full = ({column: exact(record.get(column)) for column in columns} for record in batch)
        yield between + b",".join(msgspec.json.encode(record) for record in full)
        between = b","
    yield b"]}"


async def _records(
    ports: Ports, actor: Actor, execution: Execution, what: Cut
) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    left = LIMIT
    for one in what.held:
        names = [column.name for column in one.rows.columns]
        async for batch in read_data.batches(ports, actor, execution, one.left):
            rows = batch[:left]
            left -= len(rows)
            if rows:
                yield one.rule_id, [dict(zip(names, row[1:], strict=False)) for row in rows]
            if not left:
                return
