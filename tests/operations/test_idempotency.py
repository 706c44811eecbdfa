"""The same request twice at the same time: the second waits for the first, but not for ever."""

import asyncio
from pathlib import Path

import pytest

from runbell.domain.faults import IdempotencyInProgress, StorageFull
from runbell.operations import idempotency
from runbell.operations.idempotency import IdempotencyKey
from runbell.ports.store import Start, Started
from tests.house_of_cards import House, a_house

pytestmark = pytest.mark.anyio
KEY = IdempotencyKey("k", "/api/v1/jobs/load/executions", {})


class Door:
    """Lets starts wait before the store until it is opened."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = asyncio.Event()
        self.knocked = asyncio.Event()
        self.fault: Exception | None = None
        self._start = house.ports.store.start
        monkeypatch.setattr(house.ports.store, "start", self.start)

    async def start(self, start: Start) -> Started:
        self.knocked.set()
        await self.opened.wait()
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return await self._start(start)


async def test_the_second_waits_for_the_first_and_finds_what_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "a")
        door = Door(house, monkeypatch)
        first, second = [asyncio.create_task(house.start("load", idempotency=KEY)) for _ in range(2)]
        await door.knocked.wait()
        door.opened.set()
        assert (await first).id == (await second).id


async def test_who_waits_too_long_hears_that_it_is_in_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "a")
        door = Door(house, monkeypatch)
        monkeypatch.setattr(idempotency, "SETTLE_S", 0)
        first = asyncio.create_task(house.start("load", idempotency=KEY))
        await door.knocked.wait()
        with pytest.raises(IdempotencyInProgress):
            await house.start("load", idempotency=KEY)
        door.opened.set()
        made = await first
        assert (await house.start("load", idempotency=KEY)).id == made.id


async def test_when_the_first_fails_the_second_is_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "a")
        door = Door(house, monkeypatch)
        door.fault = StorageFull("The disk is full.")
        first, second = [asyncio.create_task(house.start("load", idempotency=KEY)) for _ in range(2)]
        await door.knocked.wait()
        door.opened.set()
        with pytest.raises(StorageFull):
            await first
        assert (await second).number == 1
