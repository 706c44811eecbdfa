"""A step of kind `sql`: a query or script on a connection, with bound values. Its text is never filled in."""

import re
from typing import Final

from runbell.domain.actions import Task
from runbell.domain.definition_members import LONGEST_TEXT, Members

MOST_ROWS: Final = 1_000_000_000
ROWS: Final = 100_000
OF_SQL: Final = ("sql", "connection", "bind", "write", "rows", "result")
CONNECTION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")
CONNECTION_LIKE: Final = "the name of a secret that holds an engine URL"


def read_sql(members: Members) -> Task:
    """The task of a `sql` step."""
    connection = read_connection(members)
    return Task(
        kind="sql",
        body={
            "sql": members.text("sql", longest=LONGEST_TEXT, lines=True),
            "write": members.flag("write", False),
            "rows": members.whole("rows", ROWS, least=1, most=MOST_ROWS),
            "result": members.matching("result", "", NAME, "a name for the result set") or None,
        },
        filled={"bind": members.object("bind", most=200)},
        connection=connection,
        secrets=(connection,) if connection else (),
    )


def read_connection(members: Members) -> str | None:
    """The secret that holds the engine URL; None: DuckDB in memory over the workspace's files."""
    return members.matching("connection", "", CONNECTION, CONNECTION_LIKE) or None
