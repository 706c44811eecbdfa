"""What a data folder says of its webhooks, its deliveries and its schedules, with a server or without one."""

import fcntl
from pathlib import Path

import apsw

from runbell.stores.ground import LOCK_FILE
from runbell.stores.sqlite.read_attention import Attention, Receiver, Timer, attention
from runbell.stores.sqlite.store import DATABASE

__all__ = ["Attention", "Receiver", "Timer", "look", "served"]


def look(data: Path, due_before: int, missed_since: int) -> Attention | None:
    """What there is; None when there is no database, or one that this version cannot read. Times in epoch ms."""
    database = data / DATABASE
    if not database.is_file():
        return None
    try:
        return attention(database, due_before, missed_since)
    except apsw.Error:
        return None


def served(data: Path) -> bool:
    """Whether a server holds the folder now."""
    try:
        with (data / LOCK_FILE).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
