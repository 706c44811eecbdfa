"""The process that writes: `python -m runbell.stores.sqlite.writer DATABASE SOCKET [QUEUE_LIMIT]`, SOCKET an
open file.

It reads every request that has arrived, commits them together, and answers; it leaves when the server has gone. The
lock of the folder is held until then (it is inherited), so that no second server can begin while the last commit of a
killed one is under way.
"""

import signal
import socket
import sys
from pathlib import Path
from typing import Final

import apsw

from runbell.stores.sqlite import read_queue
from runbell.stores.sqlite.backlog import Backlog
from runbell.stores.sqlite.batch import FATAL, Fatal, commit
from runbell.stores.sqlite.connection import open_for_writing
from runbell.stores.sqlite.migrations import CannotMigrate, migrate, shipped
from runbell.stores.sqlite.outbox import Outbox
from runbell.stores.sqlite.protocol import Inbox, Reply, write_reply

BATCH: Final = 512
RECEIVED: Final = 1 << 20
CHECKPOINT_PAGES: Final = 4_000


class Writer:
    """Serves one server over one socket."""

    def __init__(self, db: apsw.Connection, server: socket.socket, queue_limit: int = 0) -> None:
        self._db = db
        self._backlog = Backlog(queue_limit, read_queue.waiting_by_project(db))
        self._outbox = Outbox(db)
        self._server = server
        self._pages = 0
        db.set_wal_hook(self._committed)

    def serve(self) -> None:
        """Answer until the server has gone. Raises Fatal."""
        asked: list[bytes] = []
        inbox = Inbox(asked.append)
        while data := self._server.recv(RECEIVED):
            inbox.feed(data)
            while asked:
                reply = commit(self._db, asked[:BATCH], self._backlog, self._outbox)
                del asked[:BATCH]
                self._server.sendall(write_reply(reply))
                self._checkpoint()

    def _committed(self, db: apsw.Connection, name: str, pages: int) -> int:  # noqa: ARG002 - the hook's signature
        self._pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        """Move what was committed from the WAL into the database; after the answers, so that nobody waits for it."""
        if self._pages < CHECKPOINT_PAGES:
            return
        try:
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.FullError:
            return  # the WAL keeps it until there is room
        except FATAL as error:
            raise Fatal(f"The database file cannot be written ({error}); check the disk, then start again.") from error


def _opened(database: Path) -> apsw.Connection:
    try:
        db = open_for_writing(database)
        migrate(db, shipped())
    except apsw.Error as error:
        raise Fatal(f"The database {database} cannot be opened ({error}); check it and its disk.") from error
    return db


def main(database: str, socket_fd: str, queue_limit: str = "0") -> int:
    """Open the database, say so, and serve. Answers the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the server drains first, and then hangs up
    with socket.socket(fileno=int(socket_fd)) as server:
        try:
            db = _opened(Path(database))
            server.sendall(write_reply(Reply()))
            Writer(db, server, int(queue_limit)).serve()
            db.close()
        except (BrokenPipeError, ConnectionResetError):
            return 0
        except (Fatal, CannotMigrate) as error:
            sys.stderr.write(f"runbell: {error}\n")
            server.sendall(write_reply(Reply(fatal=str(error))))
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:4]))
