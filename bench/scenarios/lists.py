"""Lists over a long history: pages of 50 with two filters, the first and a deep one, and how each is looked up."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import apsw

from bench.effort import Effort
from bench.figure import Figure
from bench.seeding import NEWEST, SPAN_MS, seed
from bench.server import Server, data_folder, get_request, serving
from runbell.domain.status import Status
from runbell.http.times import moment, rfc3339
from runbell.ports.store import ExecutionQuery
from runbell.stores.sqlite import read_jobs, read_lists

LISTS: Final = "/api/v1/executions"
MIDDLE: Final = rfc3339(NEWEST - SPAN_MS // 2)
PAIRS: Final[tuple[dict[str, str], ...]] = (
    {"job": "nothing", "status": "failed"},
    {"job": "true", "created_at.lt": MIDDLE},
    {"status": "failed,lost", "created_at.gte": MIDDLE},
    {"status": "failed", "trigger": "schedule"},
    {"actor": "key:caller-7", "status": "succeeded"},
    {"trigger": "cli", "actor": "key:caller-7"},
    {"job": "held", "trigger": "console"},
    {"tag": "night"},
    {"tag": "night", "status": "failed"},
    {"params.day": "day-45"},
    {"params.day": "day-45", "job": "held-with-parameters", "tag": "night"},
    {"q": "held", "status": "failed"},
)
TARGET_MS: Final = 20
UNINDEXED: Final = re.compile(r"SCAN (?:executions|jobs|job_versions)\b(?!.* USING )|TEMP B-TREE(?! FOR LAST TERM)")


def measure(effort: Effort) -> Iterator[Figure]:
    """p50 and p99 of one caller's pages; last, how many statements found no index (the notes show all plans)."""
    with data_folder() as folder:
        data = folder / "data"
        with serving(data):
            pass
        (database,) = data.glob("*.db")
        seed(database, effort.rows)
        with serving(data) as server:
            for pair in PAIRS:
                yield from _pages(server, pair, effort)
        yield from _plans(database)


def _pages(server: Server, pair: dict[str, str], effort: Effort) -> Iterator[Figure]:
    cursor = None
    for _ in range(effort.walk):
        page = server.get(LISTS, **pair, limit=1_000, **({"cursor": cursor} if cursor else {}))
        if not page["next_cursor"]:
            break
        cursor = page["next_cursor"]
    filters = " ".join(f"{name}={value.partition('T')[0]}" for name, value in pair.items())
    yield from _page(server, f"{filters}", pair, effort)
    if cursor is not None:
        yield from _page(server, f"{filters}, deep", pair | {"cursor": cursor}, effort)


def _page(server: Server, name: str, query: dict[str, str], effort: Effort) -> Iterator[Figure]:
    asked = get_request(f"{LISTS}?{urlencode(query | {'limit': '50'})}")
    server.load([asked], 200, connections=1, count=effort.looks // 5)
    rounds = [server.load([asked], 200, connections=1, count=effort.looks) for _ in range(effort.rounds)]
    yield Figure(
        name=f"list p99: {name}",
        unit="ms",
        rounds=[one.p99_ms for one in rounds],
        target=TARGET_MS,
        less_is_better=True,
        note=f"p50 {rounds[-1].p50_ms:.2f} ms, {len(rounds[-1].firsts[200])} bytes",
    )


def _plans(database: Path) -> Iterator[Figure]:
    """What SQLite makes of every statement that a list runs."""
    db = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    said: list[tuple[str, Any]] = []

    def note(_: apsw.Cursor, sql: str, values: Any) -> bool:
        said.append((sql, values))
        return True

    db.exec_trace = note
    for pair in PAIRS:
        read_lists.executions(db, _query(pair))
    read_jobs.jobs(db, "default", "", 50)
    read_jobs.versions(db, 1, None, 50)
    db.exec_trace = None
    plans = {sql: [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)] for sql, values in said}
    yield Figure(
        name="lists: statements that scan or sort without an index",
        unit="",
        rounds=[sum(any(UNINDEXED.search(line) for line in plan) for plan in plans.values())],
        target=0,
        less_is_better=True,
        note="\n".join(sorted({line for plan in plans.values() for line in plan})),
    )


def _query(pair: dict[str, str]) -> ExecutionQuery:
    since, before = pair.get("created_at.gte"), pair.get("created_at.lt")
    return ExecutionQuery(
        project="default",
        job=pair.get("job"),
        statuses=tuple(Status(word) for word in pair["status"].split(",")) if "status" in pair else (),
        trigger=pair.get("trigger"),
        actor=pair.get("actor"),
        tag=pair.get("tag"),
        params=tuple((name[7:], value) for name, value in pair.items() if name.startswith("params.")),
        q=pair.get("q"),
        created_from=None if since is None else moment(since),
        created_before=None if before is None else moment(before),
    )
