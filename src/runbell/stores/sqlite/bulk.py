"""Changes to many executions, as the store offers them."""

import asyncio
from pathlib import Path

import msgspec

from runbell.ports.bulk_table import AddBulk, Bulk, BulkItem, BulkKey, EndBulk, FillBulk, OpenBulk, TellBulk
from runbell.ports.store import ExecutionQuery
from runbell.stores.sqlite import read_bulk
from runbell.stores.sqlite.ends import Ends


class BulkRows(Ends):
    """Implements `ports.bulk_table.BulkTable`."""

    async def matching(self, query: ExecutionQuery, most: int) -> list[tuple[int, str]]:
        return await asyncio.to_thread(read_bulk.matching, Path(self._db.filename), query, most)

    async def add_bulk(self, asked: AddBulk) -> int:
        number: int = await self._link.ask(asked)
        return number

    async def fill_bulk(self, asked: FillBulk) -> None:
        await self._link.ask(asked)

    async def open_bulk(self, asked: OpenBulk) -> Bulk:
        return msgspec.convert(await self._link.ask(asked), Bulk)

    async def tell_bulk(self, asked: TellBulk) -> None:
        await self._link.ask(asked)

    async def end_bulk(self, asked: EndBulk) -> Bulk:
        return msgspec.convert(await self._link.ask(asked), Bulk)

    async def bulk(self, project: str, id_: str) -> Bulk | None:
        bulk = read_bulk.by_id(self._db, id_)
        return bulk if bulk is not None and bulk.project == project else None

    async def bulk_of_key(self, key: BulkKey) -> Bulk | None:
        return read_bulk.of_key(self._db, key)

    async def bulks_at_work(self) -> list[Bulk]:
        return read_bulk.at_work(self._db)

    async def bulk_items(self, bulk: int, after: int, limit: int, *, open_only: bool = False) -> list[BulkItem]:
        return read_bulk.items(self._db, bulk, after, limit, open_only=open_only)
