"""A check of a large table in a database file, beside the same query in bare DuckDB right before."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from bench.bare import query
from bench.effort import Effort
from bench.figure import Figure
from bench.processes import pss_mb
from bench.server import Server, data_folder, serving, start_request

EVERY = 50
"""One row in so many is an exception."""
TARGET_RATIO = 1.5
ROUNDS = 9
HANDS = 16
CHECK = {
    "connection": "customers.engine",
    "table": "customers",
    "rules": [{"name": "email-blanks", "type": "blanks", "column": "email"}],
}


def measure(effort: Effort) -> Iterator[Figure]:
    """Milliseconds of a check, from the step's start until its records are on disk; and what it costs the server."""
    rows = max(effort.rows, EVERY)
    with data_folder() as folder, serving(folder / "data") as server, _bare() as bare:
        _make(folder / "customers.duckdb", rows)
        value = f"duckdb:///{folder / 'customers.duckdb'}"
        server.send("PUT", "/api/v1/secrets/customers.engine", {"value": value})
        server.send("PUT", "/api/v1/jobs/large-check", {"steps": [{"name": "quality", "check": CHECK}]})
        first = _checked(server, rows)[0]
        _load_engines(server, min(4 * HANDS, effort.commands))
        before = pss_mb(server.pid)
        ours, theirs, whole = [], [], []
        for _ in range(ROUNDS):
            theirs.append(_asked(bare, folder / "customers.duckdb", rows))
            step, execution = _checked(server, rows)
            ours.append(step)
            whole.append(execution)
        grown = pss_mb(server.pid) - before
    ratio = [one / other for one, other in zip(ours, theirs, strict=True)]
    size = f"{rows:,} rows, {rows // EVERY:,} exceptions"
    note = f"the whole execution {sorted(whole)[ROUNDS // 2]:.0f} ms; the first in its hand {first:.0f} ms"
    yield Figure(name=f"check, {size}", unit="ms", rounds=ours, less_is_better=True, note=note)
    yield Figure(name="the same in bare DuckDB", unit="ms", rounds=theirs, less_is_better=True)
    yield Figure(name="check, times bare DuckDB", unit="×", rounds=ratio, target=TARGET_RATIO, less_is_better=True)
    yield Figure(name=f"server's memory, {ROUNDS} checks", unit="MB", rounds=[grown], target=2.0, less_is_better=True)


def _load_engines(server: Server, count: int) -> None:
    """Let every hand have DuckDB in memory, as it is after its first check, and as it is in the bare process."""
    tiny = {"rules": [{"name": "one", "type": "metric", "query": "select 1", "max": 1}]}
    server.send("PUT", "/api/v1/jobs/tiny-check", {"steps": [{"name": "quality", "check": tiny}]})
    server.load([start_request("tiny-check")], 202, connections=HANDS, count=count)
    server.settle()


def _make(file: Path, rows: int) -> None:
    with duckdb.connect(str(file)) as db:
        db.execute(
            "create table customers as select n as id,"
            " case when n % $every <> 7 then 'a' || n || '@x.org' end as email,"
            " n * 1.5 as price, 'name ' || n as name, date '2031-01-01' + cast(n % 1000 as int) as since"
            " from range($rows) as numbers(n)",
            {"every": EVERY, "rows": rows},
        )


def _checked(server: Server, rows: int) -> tuple[float, float]:
    started = server.start("large-check")
    ended: Any = started
    while not ended["ended_at"]:
        ended = server.get(f"/api/v1/executions/{started['id']}", wait=60)
    if ended["exceptions"]["count"] != rows // EVERY:
        raise AssertionError(f"The check came to {ended['status']}, {ended['exceptions']}: {ended['error']}")
    (step,) = server.get(f"/api/v1/executions/{started['id']}/steps")["items"]
    return _between(step["started_at"], step["ended_at"]), _between(ended["created_at"], ended["ended_at"])


def _between(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() * 1000


def _bare() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", query.__name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _asked(bare: "subprocess.Popen[str]", file: Path, rows: int) -> float:
    assert bare.stdin is not None
    assert bare.stdout is not None
    print(file, file=bare.stdin, flush=True)
    found, seconds = bare.stdout.readline().split()
    if int(found) != rows // EVERY:
        raise AssertionError(f"Bare DuckDB found {found} rows.")
    return float(seconds) * 1000
