"""Logs that are being read while they grow: one look at each file, whoever many read it."""

import asyncio
import logging
from typing import Final

from runbell.domain.status import LIVE
from runbell.ports.artifacts import Artifacts, LogFilter, LogPage
from runbell.ports.store import Notice

GROWS_S: Final = 0.2
"""How often the size of a log is looked at while somebody reads it and its execution runs."""
log = logging.getLogger(__name__)


class _Watched:
    """A log, and those who are woken when it has grown."""

    __slots__ = ("execution", "live", "readers", "size")

    def __init__(self, execution: str, *, live: bool, size: int) -> None:
        self.execution = execution
        self.live = live
        self.size = size
        self.readers: set[asyncio.Event] = set()


class LogWatch:
    """One task looks at all logs that somebody follows; it ends when nobody does."""

    def __init__(self) -> None:
        self._logs: dict[int, _Watched] = {}
        self._looking: asyncio.Task[None] | None = None
        self._pages: dict[tuple[str, LogFilter], asyncio.Task[LogPage]] = {}

    def notice(self, notice: Notice) -> None:
        """A log grows only while its execution runs."""
        watched = self._logs.get(notice.number)
        if watched is not None:
            watched.live = notice.status in LIVE

    def enter(self, artifacts: Artifacts, number: int, execution: str, change: asyncio.Event, *, live: bool) -> None:
        """From now on the event is set when the log has grown. Read once more before you wait."""
        watched = self._logs.get(number)
        if watched is None:
            watched = self._logs[number] = _Watched(execution, live=live, size=artifacts.log_size(execution))
        watched.readers.add(change)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(artifacts))

    def leave(self, number: int, change: asyncio.Event) -> None:
        """Nobody reads with this event any more."""
        watched = self._logs.get(number)
        if watched is not None:
            watched.readers.discard(change)
            if not watched.readers:
                del self._logs[number]

    async def page(self, artifacts: Artifacts, execution: str, wanted: LogFilter) -> LogPage:
        """A page of the log. Readers that are at the same line share one look at the file."""
        key = (execution, wanted)
        task = self._pages.get(key)
        if task is None:
            task = self._pages[key] = asyncio.create_task(artifacts.log(execution, wanted))
            task.add_done_callback(lambda _: self._pages.pop(key, None))
        return await asyncio.shield(task)

    async def _look(self, artifacts: Artifacts) -> None:
        try:
            while self._logs:
                await asyncio.sleep(GROWS_S)
                for watched in list(self._logs.values()):
                    if watched.live and (size := artifacts.log_size(watched.execution)) != watched.size:
                        watched.size = size
                        for change in watched.readers:
                            change.set()
        except OSError:
            log.exception("logs_not_watched")
        finally:
            self._looking = None
