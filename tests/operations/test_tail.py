"""The shared tail: woken once, read once, and never a gap for who falls behind."""

import asyncio
from pathlib import Path

import pytest

from runbell.operations import tail as tails
from runbell.operations.feed import following, waiting
from runbell.ports.event_table import EventQuery
from tests.house_of_cards import House, a_house

pytestmark = pytest.mark.anyio
ALL = EventQuery(project="default", after=0, limit=3)


async def drained(house: House, query: EventQuery) -> list[int]:
    """Read on until there is nothing more right now."""
    seen: list[int] = []
    async with waiting(house.ports, query) as waiter:
        while True:
            page = await following(house.ports, query, waiter)
            seen += [record.seq for record in page.items]
            query = EventQuery(project="default", after=page.next_after, limit=query.limit)
            if not page.more and not waiter.news.is_set():
                return seen


async def test_who_has_fallen_behind_what_is_kept_reads_the_table_until_he_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "KEPT", 4)
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "a")
        tail = house.ports.watchers.tail
        async with waiting(house.ports, ALL) as idle:
            for _ in range(20):
                idle.news.clear()
                await house.start("load")
                await asyncio.wait_for(idle.news.wait(), 5)
            assert tail._floor > 0
            assert len(tail._records) <= 8
            assert await drained(house, ALL) == list(range(1, 21))


async def test_nothing_is_read_while_nobody_waits_and_nothing_missed_by_who_comes_then(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "a")
        async with waiting(house.ports, ALL):
            await house.start("load")
        await house.start("load")
        await house.start("load")
        assert house.ports.watchers.tail._reading is None
        assert await drained(house, ALL) == [1, 2, 3]
        assert await drained(house, EventQuery(project="default", after=2)) == [3]


async def test_only_those_are_woken_whom_an_event_concerns(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        for name in ("load", "other"):
            await house.define(name, "a")
        store, tail = house.ports.store, house.ports.watchers.tail
        mine = await tail.enter(store, EventQuery(project="default", after=0, jobs=("load",)))
        other = await tail.enter(store, EventQuery(project="default", after=0, jobs=("other",)))
        ends = await tail.enter(store, EventQuery(project="default", after=0, types=frozenset({"execution.failed"})))
        foreign = await tail.enter(store, EventQuery(project="theirs", after=0))
        await house.start("load")
        await asyncio.wait_for(mine.news.wait(), 5)
        assert not (other.news.is_set() or ends.news.is_set() or foreign.news.is_set())
        for waiter in (mine, other, ends, foreign):
            tail.leave(waiter)
        assert not tail._waiting


async def test_a_long_poll_reads_its_row_again_only_when_the_notice_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runbell.operations.wait import until_terminal

    async with a_house(tmp_path) as house:
        house.script.held.add("b")
        await house.define("load", "a", "b")
        made = await house.start("load")
        reads = 0
        real = house.ports.store.execution

        async def counted(*named: object) -> object:
            nonlocal reads
            reads += 1
            return await real(*named)  # type: ignore[arg-type]

        waiting_ = asyncio.create_task(until_terminal(house.ports.store, house.ports.watchers, made, 20))
        await house.until_running("b")
        monkeypatch.setattr(house.ports.store, "execution", counted)
        house.script.release("b")
        assert (await asyncio.wait_for(waiting_, 5)).status.terminal
        assert reads <= 2
