"""The caretaker of old deliveries: what ended a month ago is forgotten, in small pieces."""

import asyncio
import logging
from typing import Final

from runbell.domain.fault import Fault
from runbell.domain.job import DAY_MS
from runbell.operations.ports import Desk
from runbell.ports.webhook_table import ForgetDeliveries

KEPT_MS: Final = 30 * DAY_MS
PIECE: Final = 500
EVERY_S: Final = 600.0
log = logging.getLogger(__name__)


class DeliveryKeeping:
    """Looks every ten minutes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def once(self) -> int:
        """Forget all that is old enough; how much that was."""
        count = 0
        while True:
            before = self._desk.clock.now() - KEPT_MS
            piece = await self._desk.store.forget_deliveries(ForgetDeliveries(before=before, limit=PIECE))
            count += piece
            if piece < PIECE:
                return count
            await asyncio.sleep(0)

    async def serve(self) -> None:
        """Do so for ever."""
        while True:
            try:
                await self.once()
            except Fault as fault:
                log.warning("deliveries_kept", extra={"code": fault.code, "detail": fault.detail})
            await asyncio.sleep(EVERY_S)
