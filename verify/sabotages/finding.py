"""Known bugs of deleting, of retention, of conditional writes and of reading one's own writes."""

import time
from types import ModuleType
from typing import Any

import msgspec

from verify.sabotages import sabotage


class _Stale(property):
    """A property that is seen to be another one."""


@sabotage("delete-without-status", "runbell.stores.sqlite.write_clock")
def _(module: ModuleType) -> None:
    """Whatever an execution is doing, it is deleted."""
    module.TERMINAL = frozenset(module.Status)


@sabotage("retention-takes-all", "runbell.stores.sqlite.write_upkeep")
def _(module: ModuleType) -> None:
    """Retention does not look whether an execution lives, or is pinned."""

    def free(tx: Any, number: int) -> Any:
        row = tx.find(number)
        return None if row is None else module.rows.execution(row, params=False)

    module._free = free


@sabotage("if-match-ignored", "runbell.stores.sqlite.write_upkeep")
def _(module: ModuleType) -> None:
    """The revision in an If-Match is not held against the row."""
    label = module.label
    module.label = lambda tx, asked: label(tx, msgspec.structs.replace(asked, if_revision=None))


@sabotage("if-match-ignored", "runbell.stores.sqlite.revisions")
def _(module: ModuleType) -> None:
    """Nor against a job's, or a secret's."""
    module.check = lambda what, standing, wanted: None


@sabotage("stale-reader", "runbell.stores.sqlite.ends")
def _(module: ModuleType) -> None:
    """The reading connection keeps a snapshot for a while."""
    began = [0.0]

    def db(self: Any) -> Any:
        reader = self._reader
        if time.monotonic() - began[0] > 0.2:
            if reader.in_transaction:
                reader.execute("ROLLBACK")
            reader.execute("BEGIN")
            reader.execute("SELECT 1 FROM jobs LIMIT 1").fetchall()
            began[0] = time.monotonic()
        return reader

    module.Ends._db = _Stale(db)
