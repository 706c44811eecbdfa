"""When secrets were last used: written down now and then, beside the work and never in its way."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from runbell.domain.fault import Fault
from runbell.ports.secret_table import SecretUses
from runbell.ports.store import Store

EVERY_MS: Final = 60_000
log = logging.getLogger(__name__)


class Uses:
    """Notes at most one use of a secret a minute."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, store: Store, project: str, names: Iterable[str], at: int) -> None:
        """These secrets were handed to a step at that moment (epoch ms)."""
        fresh = tuple(name for name in names if at - self._noted.get((project, name), 0) >= EVERY_MS)
        if fresh:
            self._noted.update(dict.fromkeys(((project, name) for name in fresh), at))
            task = asyncio.create_task(_write(store, SecretUses(project, fresh, at)), name="secrets used")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _write(store: Store, uses: SecretUses) -> None:
    try:
        await store.secrets_used(uses)
    except Fault:
        log.warning("use_not_noted", extra={"secrets": list(uses.names)})
