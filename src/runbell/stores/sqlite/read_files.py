"""The files that executions left, counted across all of them: which executions hold a page of them."""

import json
from typing import Any, Final

import apsw

from runbell.ports.numbered_table import FilesPage, FilesSpot, Numbers, Reach
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.read_numbered import EVERYWHERE, HOMES, JOBS, PROJECTS, page_of

_HELD: Final = "SELECT number, files FROM executions INDEXED BY executions_with_files WHERE files > 0 AND"
_PAGE: Final = f"""
    SELECT spot_before, {", ".join(f"found.{column}" for column in rows.FIXED + rows.MUTABLE)}
    FROM (SELECT number AS spot, upto - files AS spot_before
          FROM (SELECT number, files, sum(files) OVER (ORDER BY number DESC) AS upto FROM (%s))
          WHERE upto > ? AND upto - files < ?)
    CROSS JOIN executions AS found ON found.number = spot
    ORDER BY spot DESC
"""


def with_files(db: apsw.Connection, reach: Reach, numbers: Numbers) -> FilesPage:
    """The executions, newest first, that hold the files of that page."""
    parts: list[str] = []
    values: list[Any] = []
    if reach.projects is None:
        parts.append(f"{_HELD} project IN {EVERYWHERE}")
    elif reach.projects:
        parts.append(f"{_HELD} project IN {PROJECTS}")
        values.append(json.dumps(reach.projects))
    if reach.jobs:
        parts.append(f"{_HELD} project IN {HOMES} AND job_number IN {JOBS}")
        values += [json.dumps(reach.jobs)] * 2
    if not parts:
        return FilesPage((), page_of(0, numbers), 0)
    held = " UNION ALL ".join(parts)
    total: int = db.execute(f"SELECT coalesce(sum(files), 0) FROM ({held})", values).get
    page = page_of(total, numbers)
    if page == 0:
        return FilesPage((), 0, total)
    first = (page - 1) * numbers.size
    found = rows.fetch(db, _PAGE % held, (*values, first, first + numbers.size))
    return FilesPage(tuple(FilesSpot(rows.execution(row[1:]), row[0]) for row in found), page, total)
