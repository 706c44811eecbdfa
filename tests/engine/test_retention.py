"""Retention takes what is over, in its time, and nothing that lives or is pinned."""

from pathlib import Path

import pytest
from msgspec import structs

from runbell.domain.faults import Gone, NotRestartable
from runbell.domain.job import DAY_MS
from runbell.domain.status import Status
from runbell.engine.retention import Retention
from runbell.operations import label, look, output
from runbell.operations.restart import restart
from runbell.ports.artifacts import LogFilter
from runbell.ports.store import Idempotency, Ref
from tests.house_of_cards import ADMIN, House, a_house
from tests.stores.builders import a_start, fresh

pytestmark = pytest.mark.anyio


def caretaker(house: House) -> Retention:
    return Retention(house.ports, pause_s=0)


async def test_what_has_outlived_its_time_goes_with_its_folder_and_answers_gone_for_thirty_days(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a", retention={"executions": "90d"})
        old = await house.until(await house.start("load", tags=("night",)))
        house.clock.at += 90 * DAY_MS
        assert await caretaker(house).once() == 0
        young = await house.until(await house.start("load"))
        house.clock.at += 1
        assert await caretaker(house).once() == 1
        assert house.folders.deleted == [old.id]
        with pytest.raises(Gone):
            await look.execution(house.ports, ADMIN, Ref(id=old.id))
        with pytest.raises(Gone):
            await look.execution(house.ports, structs.replace(ADMIN, jobs=frozenset({"load"})), Ref(id=old.id))
        with pytest.raises(Exception, match="There is no execution"):
            await look.execution(house.ports, structs.replace(ADMIN, jobs=frozenset({"other"})), Ref(id=old.id))
        await look.execution(house.ports, ADMIN, Ref(id=young.id))
        house.clock.at += 30 * DAY_MS + 1
        await caretaker(house).once()
        with pytest.raises(Exception, match="There is no execution"):
            await look.execution(house.ports, ADMIN, Ref(id=old.id))


async def test_what_lives_or_is_pinned_stays_however_old_it_is(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a", retention={"executions": "1d", "data": "1d", "logs": "1d", "count": 1})
        house.script.held.add("a")
        alive = await house.start("load")
        await house.until_running("a")
        house.script.held.clear()
        pinned = await house.until(await house.start("load"))
        await label.label(house.ports, ADMIN, Ref(id=pinned.id), tags=None, pinned=True, if_revision=None)
        goes = await house.until(await house.start("load"))
        newest = await house.until(await house.start("load"))
        assert await caretaker(house).once() == 1  # count: 1 keeps the newest
        house.clock.at += 400 * DAY_MS
        assert await caretaker(house).once() == 1
        assert house.folders.deleted == [goes.id, newest.id]
        assert house.folders.stripped == []
        assert (await house.look(alive)).status is Status.RUNNING
        await label.label(house.ports, ADMIN, Ref(id=pinned.id), tags=None, pinned=False, if_revision=None)
        assert await caretaker(house).once() == 1


async def test_data_and_log_go_earlier_and_the_execution_says_so(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a", "b", retention={"executions": "90d", "logs": "30d", "data": "14d"})
        house.script.fails("b")
        made = await house.until(await house.start("load"))
        house.clock.at += 14 * DAY_MS + 1
        await caretaker(house).once()
        await caretaker(house).once()
        assert house.folders.stripped == [(made.id, False, True)]
        found = await house.look(made)
        assert (found.removed, found.revision) == (2, made.revision + 1)
        with pytest.raises(NotRestartable, match="rerun it instead"):
            await restart(house.ports, ADMIN, Ref(id=made.id))
        await output.logs(house.ports, ADMIN, Ref(id=made.id), LogFilter())
        house.clock.at += 16 * DAY_MS
        await caretaker(house).once()
        assert house.folders.stripped[1:] == [(made.id, True, False)]
        with pytest.raises(Gone, match="log of execution 1 was removed"):
            await output.logs(house.ports, ADMIN, Ref(id=made.id), LogFilter())
        with pytest.raises(Gone, match="log of execution 1 was removed"):
            await output.log_file(house.ports, ADMIN, Ref(id=made.id))


async def test_a_count_keeps_the_newest_over_many_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runbell.engine.retention.BATCH", 2)
    monkeypatch.setattr("runbell.engine.retention.RANKED", 2)
    async with a_house(tmp_path) as house:
        await house.define("load", "a", retention={"count": 3})
        made = [await house.until(await house.start("load")) for _ in range(8)]
        assert await caretaker(house).once() == 5
        assert house.folders.deleted == [one.id for one in made[:5]]
        assert await caretaker(house).once() == 0


async def test_a_key_is_kept_for_ninety_days_and_as_long_as_its_execution(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("short", "a", retention={"executions": "1d"})
        await house.define("long", "a", retention={"executions": "400d"})
        for name in ("short", "long"):
            record = await house.ports.catalogue.record("default", name)
            key = Idempotency(client="c", path=name, key="k", fingerprint="f", members={})
            started = await house.ports.store.start(
                a_start(record, fresh(record, created_at=house.clock.at), idempotency=key)
            )
            await house.until(started.execution)

        async def known(name: str) -> bool:
            return await house.ports.store.remembered("c", name, "k") is not None

        house.clock.at += 90 * DAY_MS
        assert await caretaker(house).once() == 1
        assert await known("short")
        house.clock.at += 1
        await caretaker(house).once()
        assert not await known("short")
        assert await known("long")
        house.clock.at += 400 * DAY_MS
        await caretaker(house).once()
        assert not await known("long")


async def test_a_sweep_removes_folders_that_belong_to_nothing_and_files_that_should_be_gone(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a", retention={"data": "1d"})
        made = await house.until(await house.start("load"))
        orphan = fresh(await house.ports.catalogue.record("default", "load")).id
        house.clock.at += DAY_MS + 1
        await caretaker(house).once()
        house.folders.stripped.clear()
        house.folders.lying = [made.id, orphan]
        assert await caretaker(house).sweep() == 1
        assert house.folders.deleted == [orphan]
        assert house.folders.stripped == [(made.id, False, True)]
