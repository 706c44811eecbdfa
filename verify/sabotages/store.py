"""Known bugs of the store."""

from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("synchronous-normal", "runbell.stores.sqlite.connection")
def _(module: ModuleType) -> None:
    """A commit returns before it is on disk."""
    opened = module.open_for_writing

    def open_carelessly(path: Any) -> Any:
        db = opened(path)
        db.pragma("synchronous", "NORMAL")
        return db

    module.open_for_writing = open_carelessly
