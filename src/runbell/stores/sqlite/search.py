"""Searches: on a connection and in a thread of their own, one at a time, each for a limited time.

A condition may have to look at every execution of a project (a hundred thousand: some tenths of a second); nothing else
waits for that.
"""

import asyncio
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

import apsw

from runbell.domain.faults import Unavailable
from runbell.domain.search import Search
from runbell.ports.search_table import Matches
from runbell.stores.sqlite import rows, search_sql
from runbell.stores.sqlite.connection import open_for_reading
from runbell.stores.sqlite.ends import Ends
from runbell.stores.sqlite.link import Link

LONGEST_S: Final = 5.0
_STEPS: Final = 20_000
"""How many steps of SQLite's machine between two looks at the clock: well under a millisecond."""
_ROW: Final = f"SELECT {rows.EXECUTION} FROM executions WHERE number = ?"
TOO_LONG: Final = "The search took too long; name a job, or fewer conditions, and send it again."


class SearchRows(Ends):
    """Implements `ports.search_table.SearchTable`."""

    def __init__(self, reader: apsw.Connection, link: Link) -> None:
        super().__init__(reader, link)
        self._searching = asyncio.Lock()
        self._in_search = Lock()  # also when whoever asked has gone, and the thread goes on
        self._searcher: apsw.Connection | None = None

    async def search(self, search: Search) -> Matches:
        path = Path(self._db.filename)
        async with self._searching:
            return await asyncio.to_thread(self._search, path, search)

    def _search(self, path: Path, search: Search) -> Matches:
        with self._in_search:
            if self._searcher is None:
                self._searcher = open_for_reading(path)
            return _found(self._searcher, search)

    def _end_searches(self) -> None:
        with self._in_search:
            if self._searcher is not None:
                self._searcher.close()
                self._searcher = None


def _found(db: apsw.Connection, search: Search) -> Matches:
    """The page and the total, of one moment. Raises Unavailable."""
    until = monotonic() + LONGEST_S
    db.set_progress_handler(lambda: monotonic() > until, _STEPS)
    try:
        with db:
            total: int = db.execute(*search_sql.counted(search)).get
            numbers = db.execute(*search_sql.page(search)).fetchall() if search.start < total else []
            found = [db.execute(_ROW, number).fetchone() for number in numbers]
    except apsw.InterruptError:
        raise Unavailable(TOO_LONG) from None
    finally:
        db.set_progress_handler(None)
    return Matches([rows.execution(row) for row in found if row is not None], total)
