"""What engine URLs, identifiers and values are as texts, where several engines agree on it."""

from typing import Any
from urllib.parse import unquote

import msgspec


def file_of(url: str) -> str:
    """The file in a `sqlite:` or `duckdb:` URL, written as SQLAlchemy writes it; empty: a database in memory.

    `///x.db` is a relative path, `////x.db` an absolute one; so are `x.db` and `/x.db`.
    """
    path = url.partition(":")[2].partition("?")[0]
    file = unquote(path[3:] if path.startswith("///") else path.removeprefix("//"))
    return "" if file == ":memory:" else file


def quoted(identifier: str) -> str:
    """An identifier in double quotes, as the SQL standard has it."""
    return '"' + identifier.replace('"', '""') + '"'


def plain(value: Any) -> Any:
    """A value to bind in an engine that knows no lists and objects: these go as JSON text."""
    return msgspec.json.encode(value).decode() if isinstance(value, list | dict) else value
