"""Every statement goes by an index, however long the history is."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import apsw
import pytest

from runbell.domain.execution import Trigger
from runbell.domain.status import Status
from runbell.ports.store import ExecutionQuery, Store
from runbell.stores.sqlite import (
    read_events,
    read_executions,
    read_jobs,
    read_lists,
    read_schedules,
    read_upkeep,
    transaction,
    write_clock,
    write_follow_ups,
    write_identity,
    write_jobs,
    write_progress,
    write_schedules,
    write_start,
    write_tokens,
    write_upkeep,
)
from tests.builders import NOON
from tests.stores.builders import a_job, queued
from tests.stores.test_lists import walked

from .desk import a_database

MODULES = (
    read_events, read_executions, read_jobs, transaction, write_clock, write_follow_ups, write_jobs, write_progress,
    write_start, write_identity, write_tokens,
    read_upkeep, write_upkeep, read_schedules, write_schedules,
)  # fmt: skip
SORTED = {  # the steps of one execution, what runs now, and two statuses
    read_executions._STEPS: ["USE TEMP B-TREE FOR ORDER BY"],
    read_events._STEPS: ["USE TEMP B-TREE FOR ORDER BY"],
    read_executions._LIVE: ["USE TEMP B-TREE FOR ORDER BY"],
    read_executions._COUNTS: ["USE TEMP B-TREE FOR GROUP BY"],
}
OPEN = ("executions_queued", "executions_live", "executions_scheduled")


def plan(db: apsw.Connection, sql: str, values: Any) -> list[str]:
    """What SQLite means to do."""
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def unbounded(steps: list[str]) -> list[str]:
    """The steps of a plan whose work grows with the history. What is open is small, and there are few keys."""
    walks = [
        step
        for step in steps
        if step.startswith(
            (
                "SCAN executions",
                "SCAN jobs",
                "SCAN job_",
                "SCAN steps",
                "SCAN events",
                "SCAN tomb",
                "SCAN audit",
                "SCAN tokens",
                "SCAN schedules",
            )
        )
        and not step.endswith(OPEN)
    ]
    return walks + [step for step in steps if "TEMP B-TREE" in step]


def statements(module: ModuleType) -> Iterator[str]:
    for value in vars(module).values():
        texts = value.values() if isinstance(value, dict) else [value]
        for text in texts:
            if isinstance(text, str) and text.split(maxsplit=1)[:1] in (["SELECT"], ["UPDATE"], ["DELETE"], ["WITH"]):
                yield text


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_no_statement_walks_a_table(tmp_path: Path, module: ModuleType) -> None:
    db = a_database(tmp_path)
    found = list(statements(module))
    assert found
    for sql in found:
        named = max((int(number) for number in re.findall(r"\?([0-9]+)", sql)), default=0)
        steps = plan(db, sql, (None,) * (named or sql.count("?")))
        assert unbounded(steps) == SORTED.get(sql, []), sql


def test_a_plan_is_made_once_whatever_values_come(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    prepared: list[str | None] = []

    def note(code: int, what: str | None, *_: object) -> int:
        prepared.append(what)
        return apsw.SQLITE_OK

    db.authorizer = note
    for value in ("one", "one", "two"):
        prepared.clear()
        db.execute(write_follow_ups._WAITING, (value,)).fetchall()
    assert prepared == []


def combinations() -> Iterator[dict[str, Any]]:
    statuses = [(), (Status.FAILED,), (Status.FAILED, Status.LOST), tuple(Status)]
    marked: list[dict[str, Any]] = [
        {},
        {"tag": "night"},
        {"params": (("year", "2031"),)},
        {"params": (("half", "1"), ("year", "2031")), "tag": "night"},
        {"q": "lo"},
        {"q": "1", "tag": "night"},
        {"key": "k"},
    ]
    for job, status, trigger, actor, oldest_first, mark in product(
        (None, "load"), statuses, (None, "api", "schedule"), (None, "key:a"), (False, True), marked
    ):
        known = {"job": job, "statuses": status, "trigger": trigger, "actor": actor, "oldest_first": oldest_first}
        yield known | mark


@pytest.mark.parametrize("horizon", [None, (NOON, 1)])
def test_every_list_walks_an_index_in_its_order(tmp_path: Path, horizon: tuple[int, int] | None) -> None:
    db = a_database(tmp_path)
    indexes = set()
    for filters in combinations():
        query = ExecutionQuery(project="default", **filters)
        walk = read_lists.choose(db, query)
        if walk is None:
            assert query.key or query.q, filters
            continue
        sql, values = read_lists.page(walk, query, (NOON, 5), horizon)
        steps = plan(db, sql, values)
        assert unbounded(steps) == [], (filters, steps)
        entered = [step for step in steps if step.startswith(("SEARCH executions USING", "SEARCH marks USING"))]
        walked_ = [step for step in entered if "USING INTEGER PRIMARY KEY (rowid=?)" not in step]
        ways = len(walk.values) * max(1, len(walk.statuses)) + (walk.index == "marks")
        assert len(walked_) == ways, (filters, steps)
        for step in walked_:
            whole = f"USING COVERING INDEX {walk.index} (" if walk.index != "marks" else "USING PRIMARY KEY (project=?"
            assert whole in step or walk.rest, (filters, step)
            assert "created_at" in step, (filters, step)
        indexes.add(walk.index)
        if estimated := read_lists.count(db, query, estimate=True):
            assert estimated.kind == "exact"
    assert len(indexes) == 7


@pytest.mark.anyio
async def test_filters_that_no_index_has_together_look_at_a_bounded_number_of_rows_per_page(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_lists, "SCANNED", 4)
    job = await a_job(store)
    rare = [0, 11]
    made = [
        await queued(
            store, job, created_at=NOON + i, trigger=Trigger("console" if i in rare else "api", "key:a", "native")
        )
        for i in range(12)
    ]
    query = ExecutionQuery(project="default", job="load", trigger="console")
    first = await store.executions(query)
    assert (first.items, first.next) == ([made[11]], (NOON + 8, made[8].number))
    second = await store.executions(ExecutionQuery(project="default", job="load", trigger="console", after=first.next))
    assert (second.items, second.next) == ([], (NOON + 4, made[4].number))
    for oldest_first in (False, True):
        query = ExecutionQuery(project="default", job="load", trigger="console", oldest_first=oldest_first, limit=1)
        assert await walked(store, query) == [made[i] for i in (rare if oldest_first else rare[::-1])]
    several = ExecutionQuery(project="default", trigger="console", statuses=(Status.QUEUED, Status.RUNNING))
    assert await walked(store, several) == [made[11], made[0]]
