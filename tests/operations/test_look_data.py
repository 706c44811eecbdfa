"""What steps left is found by its name, read in pages, batches and exports, and gone when its time is over."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from runbell.artifacts import ExecutionFolders
from runbell.domain.execution import DATA_REMOVED, Execution
from runbell.domain.faults import Gone, NotFound, NotRestartable
from runbell.domain.status import Status
from runbell.operations import look_data, read_data, restart
from runbell.operations.ports import Ports
from runbell.ports.store import Ref
from runbell.rows.read import Wanted
from tests.house_of_cards import ADMIN, House, a_house
from tests.left_behind import Leaving

pytestmark = pytest.mark.anyio


def opened(house: House, root: Path) -> Ports:
    return replace(house.ports, artifacts=ExecutionFolders(root / "executions"))


async def ran(house: House, root: Path, fails: str | None = None) -> Execution:
    await house.define("load", "a", {"name": "b", "command": ["true"], "needs": ["a"]})
    house.script.plays["a"].append(Leaving(
        root, results={"numbers": [{"n": n} for n in range(1_200)]},
        exceptions={None: {"odd": [{"n": 1}, {"n": 2}]}}, files={"out.csv": b"a,b"},
    ))  # fmt: skip
    if fails:
        house.script.fails(fails)
    return await house.until(await house.start("load"))


async def test_everything_is_found_by_its_name(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        execution, ports = await ran(house, tmp_path), opened(house, tmp_path)
        ref = Ref(number=execution.number)
        _, found = await look_data.result_set(ports, ADMIN, ref, "numbers")
        page = await read_data.page(ports, ADMIN, execution, found, Wanted(total=1_200, limit=2, after_row=1_000))
        assert page.rows == [(1_001, [1_000]), (1_002, [1_001])]
        _, bad = await look_data.exception_set(ports, ADMIN, ref, "a")
        batches = [batch async for batch in read_data.batches(ports, ADMIN, execution, bad)]
        assert batches == [[["odd", 1], ["odd", 2]]]
        export = [piece async for piece in await read_data.export(ports, ADMIN, execution, bad, "csv")]
        assert b"".join(export) == b"reason,n\r\nodd,1\r\nodd,2\r\n"
        _, left = await look_data.file(ports, ADMIN, ref, "out.csv")
        assert b"".join([piece async for piece in await read_data.raw(ports, ADMIN, execution, left)]) == b"a,b"
        with pytest.raises(NotFound, match="did you mean `numbers`"):
            await look_data.result_set(ports, ADMIN, ref, "number")
        with pytest.raises(NotFound):
            await look_data.result_set(ports, structs.replace(ADMIN, jobs=frozenset({"other"})), ref, "numbers")


async def test_what_retention_took_is_gone_but_still_on_record(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        execution, ports = await ran(house, tmp_path), opened(house, tmp_path)
        _, left = await look_data.data(ports, ADMIN, Ref(number=execution.number))
        stripped = structs.replace(execution, removed=DATA_REMOVED)
        with pytest.raises(Gone):
            await read_data.export(ports, ADMIN, stripped, left.results[0], "csv")
        await ports.artifacts.delete([execution.id])
        with pytest.raises(Gone):
            await read_data.page(ports, ADMIN, execution, left.results[0], Wanted(total=1_200, limit=2))


async def test_a_restart_has_the_data_of_the_steps_it_reuses_before_and_after_it_begins(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, ports = await ran(house, tmp_path, fails="b"), opened(house, tmp_path)
        house.script.held.add("b")
        again = (await restart.restart(ports, ADMIN, Ref(number=first.number))).execution

        async def read() -> list[Any]:
            now, found = await look_data.result_set(ports, ADMIN, Ref(number=again.number), "numbers")
            assert found.whence.reused_from == first.id
            return (await read_data.page(ports, ADMIN, now, found, Wanted(total=1_200, limit=1))).rows

        assert await read() == [(1, [0])]
        await house.until_running("b")
        await ports.artifacts.delete([first.id])
        assert await read() == [(1, [0])]
        house.script.release("b")
        assert (await house.until(again)).status is Status.SUCCEEDED


async def test_nothing_is_restarted_whose_finished_steps_lost_their_data(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, ports = await ran(house, tmp_path, fails="b"), opened(house, tmp_path)
        _, left = await look_data.data(ports, ADMIN, Ref(number=first.number))
        (ExecutionFolders(tmp_path / "executions").home(first.id) / "data" / left.exceptions[0].rows.file).unlink()
        with pytest.raises(NotRestartable):
            await restart.restart(ports, ADMIN, Ref(number=first.number))
