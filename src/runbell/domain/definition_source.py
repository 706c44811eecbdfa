"""Where the rows of a check come from: a table, files of the workspace, or a query with bound values."""

import re
from typing import Any, Final

from runbell.domain.definition_members import LONGEST_TEXT, Members, kind_of

SOURCES: Final = ("table", "file", "query")

_TABLE: Final = re.compile(r"[^\W\d][\w$]{0,127}(\.[^\W\d][\w$]{0,127}){0,2}")
_FILE: Final = re.compile(r"[^/\x00-\x1f][^\x00-\x1f]{0,999}")


def read_source(
    members: Members, *, has_connection: bool, needed: bool = True
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The rows of a check, or of what it is held against; and what of that is filled in."""
    said = [word for word in SOURCES if word in members]
    if len(said) > 1 or (needed and not said):
        found = f"there is {' and '.join(f'`{word}`' for word in said)}" if said else "there is none"
        members.problems.add(members.at, "one_kind", f"rows come from exactly one of {', '.join(SOURCES)}; {found}")
    if "bind" in members and "query" not in members:
        members.wrong("bind", "unknown_field", "only a `query` has bound values; take it out")
    if "file" in members and has_connection:
        members.wrong("file", "not_here", "files are read without a `connection`; leave one of the two out")
    table = members.matching("table", "", _TABLE, "the name of a table, like `customers` or `sales.customers`")
    file = members.matching("file", "", _FILE, "a path in the workspace, like `rows.csv` or `parts/*.parquet`")
    query = members.text("query", longest=LONGEST_TEXT, lines=True)
    if not said:
        return None, {}
    body = {"table": table} if said[0] == "table" else {"query": query} if said[0] == "query" else {}
    return body, {"file": file} if said[0] == "file" else {"bind": read_bind(members)}


def read_bind(members: Members) -> dict[str, Any]:
    """The values of a query by their names."""
    bind = members.object("bind", most=200)
    for name, value in bind.items():
        if isinstance(value, dict | list):
            said = f"expected one value, not {kind_of(value)}"
            members.problems.add(members.place("bind", name), "wrong_type", said)
    return bind
