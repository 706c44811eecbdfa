"""Lines of the audit log that no request waits for, refusals above all: collected in memory, written in batches.

A caller decides how many there are, so the collector is bounded and equal ones within a batch become one line that
says how often (`times`). What did not fit is counted, and the count is written down like any other line.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from runbell.domain.audit import DENIED, Entry
from runbell.domain.faults import StorageFull, Unavailable
from runbell.ports.audit_table import AuditTable

MOST: Final = 500
EVERY_S: Final = 1.0

_Kind = tuple[str, str, str, str, str, str, str]


class Asides:
    """Takes lines from anybody; `keep` writes them down. `dropped`: how many found no room since the start.

    `what` they are stands in the line that says how many were dropped.
    """

    def __init__(self, what: str, most: int = MOST) -> None:
        self._what = what
        self.dropped = 0
        self._most = most
        self._unsaid = 0
        self._waiting: dict[_Kind, tuple[Entry, int]] = {}
        self._came = asyncio.Event()

    def note(self, entry: Entry) -> None:
        """Remember a line. It costs a few µs and never fails."""
        named = str(entry.detail.get("name", ""))
        kind = (entry.actor, entry.action, entry.project, entry.object, entry.address, entry.outcome, named)
        known = self._waiting.get(kind)
        if known is not None:
            self._waiting[kind] = (known[0], known[1] + 1)
        elif len(self._waiting) < self._most:
            self._waiting[kind] = (entry, 1)
        else:
            self.dropped += 1
            self._unsaid += 1
        self._came.set()

    async def flush(self, table: AuditTable, at: int) -> int:
        """Write down what is waiting; how many lines that were. When the table cannot, they wait on."""
        if not self._waiting and not self._unsaid:
            return 0
        waiting, unsaid = self._waiting, self._unsaid
        self._waiting, self._unsaid = {}, 0
        lines = [_line(entry, times) for entry, times in waiting.values()]
        if unsaid:
            said = f"{self._what}.dropped"
            lines.append(Entry(at=at, actor="runbell", action=said, project="", object="", outcome=DENIED,
                               detail={"times": unsaid}))  # fmt: skip
        try:
            await table.deny(lines)
        except (Unavailable, StorageFull):
            self._waiting_again(waiting, unsaid)
            return 0
        return len(lines)

    async def keep(self, table: AuditTable, now: Callable[[], int]) -> None:
        """Write down what comes, once a second at most, for ever; the last batch when it is cancelled."""
        try:
            while True:
                await self._came.wait()
                self._came.clear()
                await self.flush(table, now())
                await asyncio.sleep(EVERY_S)
        finally:
            await asyncio.shield(self.flush(table, now()))

    def _waiting_again(self, earlier: dict[_Kind, tuple[Entry, int]], unsaid: int) -> None:
        later, self._waiting = self._waiting, earlier
        self._unsaid += unsaid
        for kind, (entry, times) in later.items():
            first, before = earlier.get(kind, (entry, 0))
            earlier[kind] = (first, before + times)
        while len(self._waiting) > self._most:
            _, (_, times) = self._waiting.popitem()
            self.dropped += times
            self._unsaid += times
        self._came.set()


def _line(entry: Entry, times: int) -> Entry:
    if times == 1:
        return entry
    return msgspec.structs.replace(entry, detail={**entry.detail, "times": times})
