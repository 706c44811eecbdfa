"""The caretaker of schedules: it fires those whose time has come."""

import logging
from typing import Final

from runbell.domain.fault import Fault
from runbell.operations.fire import fire, realign
from runbell.operations.ports import Ports

MOST_S: Final = 1.0
LEAST_S: Final = 0.02
BATCH: Final = 50
BACK_MS: Final = 1_000
log = logging.getLogger(__name__)


class DueSchedules:
    """Waits for the next fire time of all schedules, which is one look at an index, and no longer than a second: wall
    clocks are set by hand sometimes. It is woken when a schedule changes."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._seen: int | None = None

    async def once(self) -> int:
        """Fire all that is due; answers how many schedules moved on. Raises Fault when one of them could not, after
        all others."""
        if self._seen is None or self._ports.clock.now() < self._seen - BACK_MS:
            await realign(self._ports)
        moved = 0
        trouble: Fault | None = None
        while due := await self._ports.store.schedules_due(self._ports.clock.now(), BATCH):
            done = 0
            for standing in due:
                try:
                    done += await fire(self._ports, standing)
                except Fault as fault:
                    trouble = fault
            moved += done
            if not done:  # they changed meanwhile, or cannot; they are looked at again after a breath
                break
        self._seen = self._ports.clock.now()
        if trouble is not None:
            raise trouble
        return moved

    async def serve(self) -> None:
        """Do so for ever."""
        while True:
            wait_s = MOST_S
            try:
                await self.once()
                due = await self._ports.store.next_fire()
                if due is not None:
                    wait_s = min(max((due - self._ports.clock.now()) / 1_000, LEAST_S), MOST_S)
            except Fault as fault:
                log.warning("fire_failed", extra={"code": fault.code, "detail": fault.detail})
            await self._ports.rota.changed(wait_s)
