"""The table in one SQLite file: a process that writes, and a read-only connection in the server."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbell.stores.ground import UnsafeGround
    from runbell.stores.sqlite.store import SqliteStore, open_store

__all__ = ["SqliteStore", "UnsafeGround", "open_store"]


def __getattr__(name: str) -> Any:
    """The server's side, imported when first asked for: the writer lives in here too, and needs none of it."""
    if name not in __all__:
        raise AttributeError(f"module 'runbell.stores.sqlite' has no attribute {name!r}.")
    from runbell.stores.sqlite import store

    return getattr(store, name)
