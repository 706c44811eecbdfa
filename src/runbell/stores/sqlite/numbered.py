"""Lists with numbered pages, as the store offers them: read on a connection of their own, beside the event loop."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw

from runbell.domain.execution import StepExecution
from runbell.domain.faults import Unavailable
from runbell.ports.numbered_table import FilesPage, NumberedJobs, NumberedPage, NumberedQuery, Numbers, Reach
from runbell.stores.sqlite import read_files, read_numbered
from runbell.stores.sqlite.connection import open_for_reading
from runbell.stores.sqlite.ends import Ends
from runbell.stores.sqlite.link import Link

T = TypeVar("T")


class NumberedRows(Ends):
    """Implements `ports.numbered_table.NumberedTable`. One such list is read at a time."""

    def __init__(self, reader: apsw.Connection, link: Link) -> None:
        super().__init__(reader, link)
        self._path = Path(reader.filename)
        self._aside: apsw.Connection | None = None
        self._turn = asyncio.Lock()
        self._in_use = threading.Lock()
        """A list whose caller has hung up is read to its end all the same, when the next one may already come."""

    async def numbered(self, query: NumberedQuery) -> NumberedPage:
        return await self._beside(lambda db: read_numbered.executions(db, query))

    async def numbered_jobs(self, reach: Reach, numbers: Numbers) -> NumberedJobs:
        return await self._beside(lambda db: read_numbered.jobs(db, reach, numbers))

    async def jobs_in_service(self, projects: tuple[str, ...]) -> dict[str, int]:
        return read_numbered.in_service(self._db, projects)

    async def numbered_files(self, reach: Reach, numbers: Numbers) -> FilesPage:
        return await self._beside(lambda db: read_files.with_files(db, reach, numbers))

    async def steps_of(self, executions: tuple[int, ...]) -> dict[int, list[StepExecution]]:
        return read_numbered.steps_of(self._db, executions)

    async def last_begun(self, jobs: tuple[int, ...]) -> dict[int, int]:
        return read_numbered.last_begun(self._db, jobs)

    async def _beside(self, read: Callable[[apsw.Connection], T]) -> T:
        """What `read` finds, in one view of the table: the count and the page belong together."""
        if self._link.broken is not None:
            raise Unavailable(self._link.broken)
        async with self._turn:
            return await asyncio.to_thread(self._read, read)

    def _read(self, read: Callable[[apsw.Connection], T]) -> T:
        with self._in_use:
            if self._aside is None:
                self._aside = open_for_reading(self._path)
            with self._aside:
                found = read(self._aside)
        return found

    def _close_aside(self) -> None:
        with self._in_use:
            if self._aside is not None:
                self._aside.close()
