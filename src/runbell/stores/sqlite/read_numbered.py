"""Lists with numbered pages. Every branch walks one index; the count is honest, and costs what is counted.

Counting 300,000 entries of the index and sorting them for a page of 100 took 0.3 s on two busy cores; an order by
another column reads that many rows of the table. So these run beside the event loop, on a connection of their own.
"""

import json
from typing import Any, Final

import apsw

from runbell.domain.execution import StepExecution
from runbell.ports.numbered_table import NumberedJobs, NumberedPage, NumberedQuery, Numbers, Reach
from runbell.stores.sqlite import read_jobs, rows

_STATUSES: Final = "status IN ('scheduled', 'queued', 'running', 'stopping')"
_BEGAN: Final = """(
    CASE WHEN status NOT IN ('scheduled', 'queued') THEN coalesce(started_at, start_after, created_at) END)"""
_ORDERS: Final = {"number": "number", "began": "started_at", "ended": "ended_at",
                  "due": "coalesce(start_after, created_at)"}  # fmt: skip
EVERYWHERE: Final = "(SELECT name FROM projects)"
PROJECTS: Final = "(SELECT value FROM json_each(?))"
JOBS: Final = """(
    SELECT jobs.number FROM json_each(?) AS wanted
    CROSS JOIN jobs ON jobs.project = wanted.value ->> 0 AND jobs.name = wanted.value ->> 1)"""
HOMES: Final = "(SELECT DISTINCT value ->> 0 FROM json_each(?))"

_IN_SERVICE: Final = """
    SELECT value, (SELECT count(*) FROM jobs INDEXED BY jobs_in_service WHERE project = value AND retired_at IS NULL)
    FROM json_each(?)
"""
_STEPS: Final = f"""
    SELECT number, {rows.STEP} FROM steps
    WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number, position
"""
_LAST_BEGUN: Final = """
    SELECT value, (SELECT started_at FROM executions INDEXED BY executions_by_job
                   WHERE job_number = value AND started_at IS NOT NULL ORDER BY created_at DESC, number DESC LIMIT 1)
    FROM json_each(?)
"""

Branch = tuple[str, list[Any]]


def executions(db: apsw.Connection, query: NumberedQuery) -> NumberedPage:
    """The page that is asked for, and how many executions there are in all."""
    found = branches(query)
    if not found:
        return NumberedPage((), page_of(0, query.numbers), 0)
    spots = " UNION ALL ".join(f"SELECT {_columns(query)} FROM executions INDEXED BY {where}" for where, _ in found)
    values = [value for _, entered in found for value in entered]
    total: int = db.execute(f"SELECT count(*) FROM ({spots})", values).get
    page = page_of(total, query.numbers)
    if page == 0:
        return NumberedPage((), 0, total)
    sql = statement(query, spots)
    rows_ = rows.fetch(db, sql, (*values, query.numbers.size, (page - 1) * query.numbers.size))
    return NumberedPage(tuple(rows.execution(row) for row in rows_), page, total)


def branches(query: NumberedQuery) -> list[Branch]:
    """Which index to walk and what enters it: once for whole projects, once for single jobs."""
    reach = query.reach
    found: list[Branch] = []
    if reach.projects is None:
        found.append(_entered(query, f"project IN {EVERYWHERE}", [], by_job=False))
    elif reach.projects:
        found.append(_entered(query, f"project IN {PROJECTS}", [json.dumps(reach.projects)], by_job=False))
    if reach.jobs:
        wanted = json.dumps(reach.jobs)
        if query.which == "begun":
            entry = f"project IN {HOMES} AND job_number IN {JOBS}"
            found.append(_entered(query, entry, [wanted, wanted], by_job=False))
        else:
            found.append(_entered(query, f"job_number IN {JOBS}", [wanted], by_job=True))
    return found


def statement(query: NumberedQuery, spots: str) -> str:
    """The statement for one page out of the spots of all branches."""
    order = ", ".join(f"{name} {'DESC' if down else 'ASC'}" for name, down in query.order)
    columns = ", ".join(f"found.{column}" for column in rows.FIXED + rows.MUTABLE)
    named = ", ".join(f"{_ORDERS[name]} AS {name}" for name, _ in query.order if name != "number")
    return f"""
        SELECT {columns}
        FROM (SELECT number AS spot FROM ({spots}) ORDER BY {order} LIMIT ? OFFSET ?)
        CROSS JOIN (SELECT {", ".join(rows.FIXED + rows.MUTABLE)}{", " + named if named else ""} FROM executions)
            AS found ON found.number = spot
        ORDER BY {order.replace("number", "found.number")}
    """


def jobs(db: apsw.Connection, reach: Reach, numbers: Numbers) -> NumberedJobs:
    """A page of the jobs in service, by number."""
    parts, values = [], []
    if reach.projects is None:
        parts.append(f"SELECT number FROM jobs WHERE project IN {EVERYWHERE} AND retired_at IS NULL")
    elif reach.projects:
        parts.append(f"SELECT number FROM jobs WHERE project IN {PROJECTS} AND retired_at IS NULL")
        values.append(json.dumps(reach.projects))
    if reach.jobs:
        parts.append(f"SELECT number FROM jobs WHERE number IN {JOBS} AND retired_at IS NULL")
        values.append(json.dumps(reach.jobs))
    if not parts:
        return NumberedJobs((), page_of(0, numbers), 0)
    spots = " UNION ALL ".join(parts)
    total: int = db.execute(f"SELECT count(*) FROM ({spots})", values).get
    page = page_of(total, numbers)
    if page == 0:
        return NumberedJobs((), 0, total)
    sql = f"SELECT number FROM ({spots}) ORDER BY number LIMIT ? OFFSET ?"
    found = [number for (number,) in rows.fetch(db, sql, (*values, numbers.size, (page - 1) * numbers.size))]
    records = [record for number in found if (record := read_jobs.job_by_number(db, number)) is not None]
    return NumberedJobs(tuple(records), page, total)


def in_service(db: apsw.Connection, projects: tuple[str, ...]) -> dict[str, int]:
    """How many jobs of each project are in service."""
    return dict(rows.fetch(db, _IN_SERVICE, (json.dumps(projects),)))


def steps_of(db: apsw.Connection, numbers: tuple[int, ...]) -> dict[int, list[StepExecution]]:
    """The steps of these executions, by execution, in the order in which they came."""
    found: dict[int, list[StepExecution]] = {}
    for number, *row in rows.fetch(db, _STEPS, (json.dumps(numbers),)):
        found.setdefault(number, []).append(rows.step(tuple(row)))
    return found


def last_begun(db: apsw.Connection, numbers: tuple[int, ...]) -> dict[int, int]:
    """When an execution of each job last began, for those of which one did."""
    return {number: at for number, at in rows.fetch(db, _LAST_BEGUN, (json.dumps(numbers),)) if at is not None}


def _entered(query: NumberedQuery, entry: str, values: list[Any], *, by_job: bool) -> Branch:
    if query.which == "begun":
        where, entered = f"executions_by_beginning WHERE {entry} AND {_BEGAN} IS NOT NULL", list(values)
        if query.since is not None:
            where, entered = f"{where} AND {_BEGAN} >= ?", [*entered, query.since]
        if query.until is not None:
            where, entered = f"{where} AND {_BEGAN} <= ?", [*entered, query.until]
    else:
        index = "executions_by_job" if by_job else "executions_by_project"
        where, entered = f"{index} WHERE {entry}", list(values)
        if query.which == "open":
            index = "executions_by_job_status" if by_job else "executions_by_status"
            where = f"{index} WHERE {entry} AND {_STATUSES}"
    if query.by_itself is not None:
        where += f" AND trigger_kind {'' if query.by_itself else 'NOT '}IN ('schedule', 'job')"
    return where, entered


def _columns(query: NumberedQuery) -> str:
    return ", ".join(["number", *(f"{_ORDERS[name]} AS {name}" for name, _ in query.order if name != "number")])


def page_of(total: int, numbers: Numbers) -> int:
    """The number of the page that is asked for, 0 when there is none; an empty list has one page."""
    last = max(1, -(-total // numbers.size))
    wanted = last if numbers.page == 0 else numbers.page
    return wanted if wanted <= last else 0
