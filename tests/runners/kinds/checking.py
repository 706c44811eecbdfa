"""Checks in a test: a little table on a real engine, a check of it as it is defined, and what came of it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from runbell.domain.actions import Task
from runbell.domain.data import RowSet, exception_sets
from runbell.domain.fill_in import Filling, fill_value
from runbell.domain.outcome import Failed, Outcome, Succeeded
from runbell.ports.runner import StepOrder
from tests.domain.definitions import a_definition, read
from tests.runners.kinds.asking import kept
from tests.runners.workplace import Workplace

TABLES = """
create table customers (
    id integer primary key, email varchar(80), phone varchar(80), age integer, score varchar(80), changed timestamp,
    country varchar(80), "Odd ""Name" varchar(80));
insert into customers values
    (1, 'a@x.org', '1',  30,   '1.5',  '2031-04-07 02:00:00', 'DE', 'ABC'),
    (2, null,      '2',  17,   'x',    '2031-04-05 00:00:00', 'FR', 'abc'),
    (3, '  ',      '2',  200,  ' 99 ', null,                  'XX', 'AB1'),
    (4, 'b@x.org', null, null, null,   '2031-04-06 00:00:00', null, null),
    (5, 'a@x.org', '5',  40,   '-3',   '2031-04-01 00:00:00', 'DE', 'XYZ');
create table countries (iso varchar(2) primary key);
insert into countries values ('DE'), ('FR');
create table older (id integer, email varchar(80), age integer);
insert into older values (1, 'a@x.org', 30), (2, 'c@x.org', 16), (5, 'a@x.org', 40), (6, null, 6);
create view adults as select * from customers where age >= 18;
"""


def furnished(engine: str, folder: Path, postgres_url: str) -> str:
    """Make the tables there; answers the engine URL."""
    if engine == "postgresql":
        with psycopg.connect(postgres_url, autocommit=True) as server:
            server.execute("drop schema if exists public cascade")
            server.execute("create schema public")
            server.execute("grant all on schema public to public")
            server.execute(TABLES)
        return postgres_url
    if engine == "sqlite":
        with closing(sqlite3.connect(folder / "x.db")) as db:
            db.executescript(TABLES)
        return f"sqlite:///{folder / 'x.db'}"
    with duckdb.connect(str(folder / "x.duckdb")) as db:
        db.execute(TABLES)
    return f"duckdb:///{folder / 'x.duckdb'}"


def checking(place: Workplace, check: dict[str, Any], url: str | None = None, **values: Any) -> StepOrder:
    """The order for a check as a definition says it. `files` are written into the workspace; others are parameters."""
    files: dict[str, str] = values.pop("files", {})
    scope = values.pop("scope", None)
    said = check if url is None else {"connection": "warehouse", **check}
    step: dict[str, Any] = {"name": "quality", "check": said}
    if scope is not None:
        step["for_each"] = [scope]
    declared = {name: {"type": "json", "nullable": True} for name in values}
    action = read(a_definition(parameters=declared, steps=[step])).steps[0].action
    assert isinstance(action, Task)
    filling = Filling(execution_id="", execution_number=1, parameters=values, scope=scope)
    task = action.body | fill_value(action.filled, filling)
    if url is not None:
        task |= {"connection": url, "connection_name": "warehouse"}
    order = place.order(kind="check", task=task, veiled=(url,) if url else (), step="quality", scope=scope)
    workspace = Path(order.home) / "workspace"
    for name, text in files.items():
        workspace.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text)
    return order


async def checked(place: Workplace, check: dict[str, Any], url: str | None = None, **values: Any) -> Outcome:
    """Make the check."""
    return await place.run(checking(place, check, url, **values))


async def records_of(place: Workplace, check: dict[str, Any], url: str | None = None, **values: Any) -> list[Any]:
    """The exception records of a check with one rule, as they lie on disk."""
    order = checking(place, check, url, **values)
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded | Failed), outcome
    assert isinstance(outcome, Succeeded) or outcome.error.code == "FAILED", outcome
    found = exception_sets(outcome.data)
    return kept(order, found[0]) if found else []


def sets_of(outcome: Outcome) -> dict[str | None, RowSet]:
    """The exception sets of an outcome by the rules that made them."""
    assert isinstance(outcome, Succeeded | Failed), outcome
    return {found.name: found for found in exception_sets(outcome.data)}
