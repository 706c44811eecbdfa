"""What `ctx.result_set`, `ctx.exception_records` and `ctx.output_file` leave, while the step runs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

Record = Mapping[str, Any] | Sequence[Any]
Reason = str | Callable[[Any], str]


class Yields(Protocol):
    """Where a context puts the rows that the code gives it."""

    def result_set(self, rows: Iterable[Record], name: str | None, columns: Sequence[str] | None) -> int:
        """Keep rows as a result set of that name; answers how many. Raises ValueError for a name that is taken."""
        ...

    def exception_records(self, records: Iterable[Record], reason: Reason, name: str | None) -> int:
        """Add exception records to the set of that name; answers how many."""
        ...


class Counted:
    """Outside a server: counts, and keeps nothing."""

    def result_set(self, rows: Iterable[Record], name: str | None, columns: Sequence[str] | None) -> int:  # noqa: ARG002
        """How many rows there are."""
        return sum(1 for _ in rows)

    def exception_records(self, records: Iterable[Record], reason: Reason, name: str | None) -> int:  # noqa: ARG002
        """How many records there are."""
        return sum(1 for _ in records)
