"""Which index a list of executions walks, and which of its filters are left to be looked at row by row."""

from typing import Any, Final

import apsw
from msgspec import Struct

from runbell.ports.store import ExecutionQuery

HITS: Final = 20
"""What a text begins: at most so many ids, keys and jobs of each kind are looked at."""

_JOB: Final = "SELECT number FROM jobs WHERE project = ? AND name = ?"
_JOBS: Final = "SELECT number, name FROM jobs WHERE project = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?"
_IDS: Final = "SELECT number FROM executions WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?"
_KEYS: Final = "SELECT number FROM keys WHERE project = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"
_KEY: Final = "SELECT number FROM keys WHERE project = ? AND key = ?"
_END: Final = "\U0010ffff"

Condition = tuple[str, tuple[Any, ...]]


class Branch(Struct, frozen=True):
    """One way into an index: `entry` holds for `values`; `source` has the columns that other filters need beside it."""

    source: str
    entrance: str
    entry: str
    values: tuple[Any, ...]
    alias: str = ""


class Walk(Struct, frozen=True):
    """An index, how it is entered (`entry`, with one of `values` and one of `statuses`), and the filters left over."""

    index: str
    entry: str
    values: tuple[tuple[Any, ...], ...]
    statuses: tuple[str, ...] = ()
    rest: tuple[Condition, ...] = ()
    others: tuple[Branch, ...] = ()

    def branches(self) -> list[Branch]:
        """Every way in: one per value (what `entry` asks for) and status, and those that enter elsewhere."""
        source = f"executions INDEXED BY {self.index}"
        by_status: list[tuple[str, tuple[Any, ...]]] = (
            [(" AND status = ?", (status,)) for status in self.statuses] if self.statuses else [("", ())]
        )
        found = [
            Branch(source, source, self.entry + also, (*value, *status))
            for value in self.values
            for also, status in by_status
        ]
        return [*found, *self.others]


def choose(db: apsw.Connection, query: ExecutionQuery) -> Walk | None:
    """The index to walk; None when the job of that name does not exist, or nothing can fit."""
    statuses = tuple(dict.fromkeys(str(status) for status in query.statuses))
    numbers = _job_numbers(db, query) if query.job is not None or query.jobs is not None else None
    if numbers is not None and not numbers:
        return None
    rest = _equal(trigger_kind=query.trigger, actor=query.actor)
    if query.q is not None or query.key is not None:
        return _by_text(db, query, numbers, (*_one_of("status", statuses), *rest, *_marked(query)))
    if marks := _marks(query):
        return _by_mark(query, marks, numbers, (*_one_of("status", statuses), *rest))
    here = query.project
    if numbers is not None:
        index = "executions_by_job_status" if statuses else "executions_by_job"
        return Walk(index, "job_number = ?", tuple((number,) for number in numbers), statuses, rest)
    if statuses:
        return Walk("executions_by_status", "project = ?", ((here,),), statuses, rest)
    if query.actor is not None:
        rest = _equal(trigger_kind=query.trigger)
        return Walk("executions_by_actor", "project = ? AND actor = ?", ((here, query.actor),), (), rest)
    if query.trigger is not None and query.trigger != "api":  # most starts come by the API: the index leaves them out
        entry = "project = ? AND trigger_kind = ? AND trigger_kind <> 'api'"
        return Walk("executions_by_trigger", entry, ((here, query.trigger),))
    return Walk("executions_by_project", "project = ?", ((here,),), (), rest)


def _by_mark(
    query: ExecutionQuery, marks: list[tuple[str, str]], numbers: tuple[int, ...] | None, rest: tuple[Condition, ...]
) -> Walk:
    """Along the rows of the first mark; whatever else is asked for is looked at row by row."""
    (name, value), *others = marks
    also = tuple(_has(query.project, *other) for other in others)
    source = "marks" if not rest else "marks CROSS JOIN executions ON executions.number = marks.number"
    entry = "marks.project = ? AND marks.name = ? AND marks.value = ?"
    branch = Branch(source, "marks", entry, (query.project, name, value), "marks.")
    return Walk("marks", "", (), (), (*_of_jobs("marks.", numbers), *also, *rest), (branch,))


def _by_text(
    db: apsw.Connection, query: ExecutionQuery, numbers: tuple[int, ...] | None, rest: tuple[Condition, ...]
) -> Walk | None:
    """The jobs whose name begins so, and single executions by number, id and key."""
    jobs: tuple[int, ...] = ()
    if query.key is not None:
        hits = [number for (number,) in db.execute(_KEY, (query.project, query.key))]
        if query.q is not None:
            hits = [number for number in hits if number in _hits(db, query.project, query.q)]
    else:
        text = query.q or ""
        hits = _hits(db, query.project, text)
        named = db.execute(_JOBS, (query.project, text, text + _END, HITS))
        jobs = tuple(number for number, _ in named if numbers is None or number in numbers)
    single = Branch("executions", "executions", "number = ? AND project = ?", ())
    seen: tuple[Condition, ...] = _of_jobs("", numbers)
    branches = []
    for number in dict.fromkeys(hits):
        entry, values = single.entry, (number, query.project)
        for condition, wanted in seen:
            entry, values = f"{entry} AND {condition}", (*values, *wanted)
        if jobs:  # what a job's branch has already
            entry, values = f"{entry} AND job_number NOT IN ({_marks_for(jobs)})", (*values, *jobs)
        branches.append(Branch(single.source, single.entrance, entry, values))
    if not jobs and not branches:
        return None
    return Walk("executions_by_job", "job_number = ?", tuple((job,) for job in jobs), (), rest, tuple(branches))


def _hits(db: apsw.Connection, project: str, text: str) -> list[int]:
    found: list[int] = []
    if text.isascii() and text.isdigit() and len(text) < 19:
        found.append(int(text))
    start = text.lower().removeprefix("run_")
    if len(start) >= 4 and start.isascii() and start.isalnum():
        found += [number for (number,) in db.execute(_IDS, (start, start + _END, HITS))]
    found += [number for (number,) in db.execute(_KEYS, (project, text, text + _END, HITS))]
    return found


def _marks(query: ExecutionQuery) -> list[tuple[str, str]]:
    return [*query.params, *([("", query.tag)] if query.tag is not None else [])]


def _marked(query: ExecutionQuery) -> tuple[Condition, ...]:
    return tuple(_has(query.project, name, value, "executions.") for name, value in _marks(query))


def _has(project: str, name: str, value: str, of: str = "marks.") -> Condition:
    condition = f"""EXISTS (SELECT 1 FROM marks AS also WHERE also.project = ? AND also.name = ? AND also.value = ?
        AND also.created_at = {of}created_at AND also.number = {of}number)"""
    return condition, (project, name, value)


def _equal(**columns: str | None) -> tuple[Condition, ...]:
    return tuple((f"{column} = ?", (value,)) for column, value in columns.items() if value is not None)


def _one_of(column: str, values: tuple[Any, ...]) -> tuple[Condition, ...]:
    return ((f"{column} IN ({_marks_for(values)})", values),) if values else ()


def _of_jobs(table: str, numbers: tuple[int, ...] | None) -> tuple[Condition, ...]:
    return () if numbers is None else _one_of(f"{table}job_number", numbers)


def _marks_for(values: tuple[Any, ...]) -> str:
    return ", ".join("?" * len(values))


def _job_numbers(db: apsw.Connection, query: ExecutionQuery) -> tuple[int, ...]:
    """The numbers of the jobs that are asked for, as far as the caller may see them."""
    wanted = query.jobs if query.job is None else (query.job,)
    names = [name for name in wanted or () if query.jobs is None or name in query.jobs]
    found = (db.execute(_JOB, (query.project, name)).get for name in names)
    return tuple(number for number in found if number is not None)
