"""Labels, retention and what a sweep asks, as the store offers them."""

import msgspec

from runbell.domain.execution import Execution
from runbell.ports.upkeep_table import Expire, Forget, Forgot, Keeping, Kept, Label, Strip
from runbell.stores.sqlite import read_upkeep, rows
from runbell.stores.sqlite.ends import Ends


class UpkeepRows(Ends):
    """Implements `ports.upkeep_table.UpkeepTable`."""

    async def label(self, asked: Label) -> Execution:
        return rows.execution(await self._link.ask(asked))

    async def expire(self, asked: Expire) -> list[str]:
        gone: list[str] = await self._link.ask(asked)
        return gone

    async def strip(self, asked: Strip) -> list[str]:
        stripped: list[str] = await self._link.ask(asked)
        return stripped

    async def forget(self, asked: Forget) -> Forgot:
        return msgspec.convert(await self._link.ask(asked), Forgot)

    async def keeping(self, after: int, limit: int) -> list[Keeping]:
        return read_upkeep.keeping(self._db, after, limit)

    async def outlived(self, job: int, removed: int, before: int, limit: int) -> list[Kept]:
        return read_upkeep.outlived(self._db, job, removed, before, limit)

    async def older(self, job: int, before: tuple[int, int], after: tuple[int, int], limit: int) -> list[Kept]:
        return read_upkeep.older(self._db, job, before, after, limit)

    async def rank(self, job: int, before: tuple[int, int] | None, skip: int) -> tuple[int, int] | None:
        return read_upkeep.rank(self._db, job, before, skip)

    async def removed(self, executions: list[str]) -> dict[str, int]:
        return read_upkeep.removed(self._db, executions)

    async def over(self, executions: list[str], before: int) -> dict[str, int]:
        return read_upkeep.over(self._db, executions, before)
