"""A restart begins on what its source left, or not at all."""

from pathlib import Path

import pytest

from runbell.domain.execution import Error
from runbell.domain.faults import InUse, NotRestartable
from runbell.domain.outcome import Failed
from runbell.domain.status import Status
from runbell.operations.delete import delete
from runbell.operations.restart import restart
from runbell.ports.store import Delete, Ref
from tests.house_of_cards import ADMIN, a_house

pytestmark = pytest.mark.anyio


async def test_a_restart_whose_source_was_deleted_before_it_began_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a", "b")
        house.script.fails("b")
        failed = await house.until(await house.start("load"))
        standing = house.ports.store.standing

        async def gone(project: str, ref: Ref) -> object:
            return None if ref.id == failed.id else await standing(project, ref)

        monkeypatch.setattr(house.ports.store, "standing", gone)
        made = (await restart(house.ports, ADMIN, Ref(number=failed.number))).execution
        ended = await house.until(made)
        assert ended.status is Status.FAILED
        assert ended.error is not None
        assert ended.error.detail.startswith("The execution that it goes on from was deleted before it began")
        assert await house.steps(made) == [("a", "reused", 1), ("b", "failed", 1)]
        assert house.folders.copied == []


async def test_the_source_of_a_queued_restart_cannot_be_deleted(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a", "b", limits={"running": 1})
        house.script.fails("b")
        failed = await house.until(await house.start("load"))
        house.script.held.add("a")
        await house.start("load")
        await house.until_running("a")
        await restart(house.ports, ADMIN, Ref(number=failed.number))
        with pytest.raises(InUse):
            await delete(house.ports, ADMIN, Ref(number=failed.number))
        assert house.folders.deleted == []


async def test_a_restart_needs_what_the_finished_steps_left(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a", "b")
        said = Error(code="ERROR", detail="It broke.", log_tail=("no such table",))
        house.script.plays["b"] += [lambda _: Failed(said)] * 3
        failed = await house.until(await house.start("load"))
        await restart(house.ports, ADMIN, Ref(number=failed.number))
        house.folders.gone.add(failed.id)
        with pytest.raises(NotRestartable, match="is not kept any more; rerun it instead"):
            await restart(house.ports, ADMIN, Ref(number=failed.number))
        whole = await restart(house.ports, ADMIN, Ref(number=failed.number), "a")
        assert whole.execution.restart_of == failed.id


async def test_deleting_what_nothing_hangs_on_is_as_before(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a")
        done = await house.until(await house.start("load"))
        await house.ports.store.delete(Delete(number=done.number, at=house.clock.now()))
        assert await house.ports.store.execution("default", Ref(number=done.number)) is None
