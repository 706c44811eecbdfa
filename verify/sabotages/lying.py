"""Known bugs in what becomes of input: a value that nobody thought of goes through until something breaks."""

import traceback
from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("nul-unexpected", "runbell.http.body")
def _(module: ModuleType) -> None:
    """NUL in a text meets code that did not expect it."""
    check = module._check_text

    def surprised(value: Any, place: str) -> None:
        if "\0" in str(value):
            raise ValueError("embedded null byte")
        check(value, place)

    module._check_text = surprised


@sabotage("huge-integer", "runbell.http.query")
def _(module: ModuleType) -> None:
    """The limit of a page goes to the database as it came."""
    limit = module.limit

    def unbounded(query: dict[str, str]) -> int:
        said = query.get("page_size", query.get("limit", ""))
        if said.isdecimal() and int(said) >= 1 << 63:
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        return int(limit(query))

    module.limit = unbounded


@sabotage("trace-shown", "runbell.domain.fault")
def _(module: ModuleType) -> None:
    """A refusal says where it was thought of."""
    begin = module.Fault.__init__

    def told(self: Any, detail: str, **more: Any) -> None:
        begin(self, f"{detail} {''.join(traceback.format_stack(limit=2))}", **more)

    module.Fault.__init__ = told
