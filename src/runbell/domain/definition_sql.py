"""A step of kind `sql`: a query or script on a connection, with bound values. Its text is never filled in."""

import re
from typing import Any, Final

from runbell.domain.actions import Task
from runbell.domain.definition_members import LONGEST_TEXT, Members
from runbell.domain.parameters_values import Unfit
from runbell.domain.sql_text import names_in, statements

MOST_ROWS: Final = 1_000_000_000
ROWS: Final = 100_000
OF_SQL: Final = ("sql", "connection", "bind", "write", "rows", "result")
CONNECTION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")
CONNECTION_LIKE: Final = "expected the name of a secret that holds an engine URL (runbell secrets set NAME)"


def read_sql(members: Members) -> Task:
    """The task of a `sql` step."""
    connection = read_connection(members)
    text = members.text("sql", longest=LONGEST_TEXT, lines=True)
    bind = members.object("bind", most=200)
    _check_names(text, bind, members)
    return Task(
        kind="sql",
        body={
            "sql": text,
            "write": members.flag("write", False),
            "rows": members.whole("rows", ROWS, least=1, most=MOST_ROWS),
            "result": members.matching("result", "", NAME, "a name for the result set") or None,
        },
        filled={"bind": bind},
        connection=connection,
        secrets=(connection,) if connection else (),
    )


def read_connection(members: Members) -> str | None:
    """The secret that holds the engine URL; None: DuckDB in memory over the workspace's files."""

    def read(value: Any) -> str:
        if isinstance(value, str) and CONNECTION.fullmatch(value):
            return value
        raise Unfit("pattern", CONNECTION_LIKE)  # what stands there may be a URL with its password: it is not shown

    return members.read("connection", "", read) or None


def _check_names(text: str, bind: dict[str, Any], members: Members) -> None:
    """Every `:name` in the text has a value in `bind`, and the other way round; and there is something to run."""
    if isinstance(members.get("sql"), str) and not statements(text):
        members.wrong("sql", "too_short", "there is no statement in it")
        return
    wanted = names_in(text)
    for name in wanted:
        if name not in bind:
            said = f"there is no value for `:{name}`; give one in `bind`"
            members.problems.add(members.place("sql"), "no_value", said, word=name, known=bind)
    for name in bind:
        if name not in wanted:
            said = f"the text has no `:{name}`"
            members.problems.add(members.place("bind", name), "unknown_field", said, word=name, known=wanted)
