"""When credentials were last used: noted at most once a minute each, and written behind the requests' backs."""

import asyncio
import logging
from typing import Final

from runbell.ports.identity_table import Use
from runbell.ports.store import Store

EVERY_MS: Final = 60_000
MOST_REMEMBERED: Final = 10_000
_log = logging.getLogger("runbell.uses")


class Uses:
    """Collects uses; one task writes all that came meanwhile in one go. A request never waits for it."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str], int] = {}
        self._pending: list[Use] = []
        self._writing: asyncio.Task[None] | None = None

    def note(self, store: Store, use: Use, last_used_at: int | None = None) -> None:
        """Remember this use, unless one of the last minute is known. `last_used_at`: what the table says."""
        name = (use.kind, use.id)
        if use.at - max(self._noted.get(name, 0), last_used_at or 0) < EVERY_MS:
            return
        if len(self._noted) >= MOST_REMEMBERED:
            self._noted.clear()
        self._noted[name] = use.at
        self._pending.append(use)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(store))

    async def settle(self) -> None:
        """Return once everything noted so far is written."""
        if self._writing is not None:
            await self._writing

    async def _write(self, store: Store) -> None:
        while self._pending:
            batch, self._pending = self._pending, []
            try:
                await store.used(batch)
            except Exception:
                _log.exception("uses_not_written")  # a request needs none of it; the next use is a new chance
