"""The table in one SQLite file: a process that writes, and a read-only connection in the server."""

from runbell.stores.ground import UnsafeGround
from runbell.stores.sqlite.store import SqliteStore, open_store

__all__ = ["SqliteStore", "UnsafeGround", "open_store"]
