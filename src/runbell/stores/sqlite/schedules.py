"""The store's part that knows when jobs start by themselves."""

import msgspec

from runbell.ports.fire import Fire
from runbell.ports.schedule_table import PauseSchedule, Realign, Standing
from runbell.stores.sqlite import read_schedules
from runbell.stores.sqlite.ends import Ends


class ScheduleRows(Ends):
    """Implements `ports.schedule_table.ScheduleTable`."""

    async def schedule(self, job_number: int) -> Standing | None:
        return read_schedules.schedule(self._db, job_number)

    async def schedules(self, after: int, limit: int) -> list[Standing]:
        return read_schedules.schedules(self._db, after, limit)

    async def schedules_due(self, at: int, limit: int) -> list[Standing]:
        return read_schedules.due(self._db, at, limit)

    async def next_fire(self) -> int | None:
        return read_schedules.next_fire(self._db)

    async def next_fires(self, job_numbers: list[int]) -> dict[int, int]:
        return read_schedules.next_fires(self._db, job_numbers)

    async def fire(self, asked: Fire) -> bool:
        done: bool = await self._link.ask(asked)
        return done

    async def pause_schedule(self, asked: PauseSchedule) -> Standing:
        return msgspec.convert(await self._link.ask(asked), Standing)

    async def realign(self, asked: Realign) -> None:
        await self._link.ask(asked)
