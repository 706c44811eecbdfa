"""Reads the journal of a table and says what is wrong with it. The arrows are the specification's, not the code's."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import apsw

BIRTH: Final = frozenset({"scheduled", "queued"})
ARROWS: Final = {
    "scheduled": frozenset({"queued", "discarded"}),
    "queued": frozenset({"running", "discarded", "stopped"}),
    "running": frozenset({"succeeded", "failed", "stopping", "queued", "lost"}),
    "stopping": frozenset({"stopped"}),
}
TERMINAL: Final = frozenset({"succeeded", "failed", "stopped", "discarded", "lost"})
STATUS_OF: Final = {"execution.started": "running"} | {
    f"execution.{status}": status for status in (*BIRTH, "stopping", *TERMINAL)
}


class Event(NamedTuple):
    """A row of the journal."""

    seq: int
    number: int
    type: str
    revision: int


class Standing(NamedTuple):
    """Where an execution stands on the table."""

    number: int
    id: str
    status: str
    revision: int
    epoch: int


class Lint(NamedTuple):
    """How much was read, and what is wrong: sentences, `illegal` of them about arrows."""

    events: int
    executions: int
    illegal: int
    wrong: list[str]


def open_table(database: Path) -> apsw.Connection:
    """The table, to read."""
    db = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    db.set_busy_timeout(5_000)
    return db


def standings(db: apsw.Connection) -> dict[int, Standing]:
    """Every execution on the table, by number."""
    rows = db.execute("SELECT number, id, status, revision, epoch FROM executions")
    return {row[0]: Standing(*row) for row in rows}


def lint(db: apsw.Connection) -> Lint:
    """Check every event against every execution, as of one moment."""
    with db:
        journal = [Event(*row) for row in db.execute("SELECT seq, number, type, revision FROM events ORDER BY seq")]
        table = standings(db)
        buried = {number for (number,) in db.execute("SELECT number FROM tombstones")}
    return examine(journal, table, buried)


def examine(journal: list[Event], table: dict[int, Standing], buried: set[int]) -> Lint:
    """What is wrong between these events and these executions (`buried`: deleted ones)."""
    by_number: defaultdict[int, list[Event]] = defaultdict(list)
    for event in journal:
        by_number[event.number].append(event)
    arrows: list[str] = []
    others: list[str] = []
    for number, events in by_number.items():
        arrows += _arrows(number, events)
        others += _revisions(number, events)
        if number in table:
            others += _against_the_table(table[number], events)
        elif number not in buried:
            others.append(f"{number} has events and is not on the table")
    others += [f"{number} is on the table without any event" for number in table.keys() - by_number.keys()]
    return Lint(len(journal), len(by_number), len(arrows), arrows + others)


def _arrows(number: int, events: list[Event]) -> list[str]:
    path = [status for event in events if (status := STATUS_OF.get(event.type)) is not None]
    wrong = [] if path and path[0] in BIRTH else [f"{number} was born {path[:1]}"]
    wrong += [
        f"{number} went from {before} to {after}"
        for before, after in pairwise(path)
        if after not in ARROWS.get(before, frozenset())
    ]
    ends = [status for status in path if status in TERMINAL]
    return wrong + ([f"{number} ended {len(ends)} times: {ends}"] if len(ends) > 1 else [])


def _revisions(number: int, events: list[Event]) -> list[str]:
    wrong = []
    last = last_change = 0
    for event in events:
        changes = event.type in STATUS_OF
        if event.revision < last or (changes and event.revision <= last_change):
            wrong.append(f"{number}: revision {event.revision} of {event.type} does not grow")
        last = max(last, event.revision)
        last_change = event.revision if changes else last_change
    return wrong


def _against_the_table(row: Standing, events: list[Event]) -> list[str]:
    path = [status for event in events if (status := STATUS_OF.get(event.type)) is not None]
    claims = sum(event.type == "execution.started" for event in events)
    wrong = []
    if path and path[-1] != row.status:
        wrong.append(f"{row.number} is {row.status}, its last event says {path[-1]}: a change without its event")
    if claims != row.epoch:
        wrong.append(f"{row.number} has epoch {row.epoch} after {claims} claims")
    if events[-1].revision > row.revision:
        wrong.append(f"{row.number} is at revision {row.revision}, its last event at {events[-1].revision}")
    return wrong
