"""What earlier attempts and killed hands left goes once the execution is over; what is named or being written stays."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from runbell.artifacts import ExecutionFolders
from runbell.domain.data import index_of
from runbell.domain.execution import Error, Execution
from runbell.domain.outcome import Failed, Outcome, Succeeded
from runbell.engine.retention import SETTLED_MS, Retention
from runbell.operations.restart import restart
from runbell.ports.runner import StepOrder
from runbell.ports.store import Ref
from runbell.rows.write import RowsWriter
from tests.house_of_cards import ADMIN, House, a_house
from tests.left_behind import folder, rows

pytestmark = pytest.mark.anyio
HOLDS = """
import fcntl, os, sys
h = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(h, fcntl.LOCK_SH)
print(flush=True)
input()
"""


@asynccontextmanager
async def a_house_with_folders(tmp_path: Path) -> AsyncIterator[tuple[House, ExecutionFolders, Retention]]:
    async with a_house(tmp_path) as house:
        folders = ExecutionFolders(tmp_path / "executions")
        yield house, folders, Retention(replace(house.ports, artifacts=folders), pause_s=0)


def fails_with_rows(root: Path) -> object:
    def play(order: StepOrder) -> Outcome:
        left = rows(folder(root, order.execution), [{"a": 1}])
        return Failed(Error(code="ERROR", detail="It broke."), data=(left,))

    return play


def leaves_rows(root: Path) -> object:
    def play(order: StepOrder) -> Outcome:
        return Succeeded(data=(rows(folder(root, order.execution), [{"a": 1}]),))

    return play


def everything(folders: ExecutionFolders, execution: Execution) -> set[str]:
    home = folders.home(execution.id)
    return {str(one.relative_to(home)) for one in home.rglob("*") if one.is_file()}


async def named(house: House, execution: Execution, attempt: int) -> set[str]:
    (row,) = [one for one in await house.ports.store.steps(execution.number) if one.attempt == attempt]
    (left,) = row.data
    return {f"data/{left.file}", f"data/{index_of(left.file)}"}


async def test_the_rows_of_an_earlier_attempt_go_an_hour_after_the_end_and_those_of_the_last_stay(
    tmp_path: Path,
) -> None:
    async with a_house_with_folders(tmp_path) as (house, folders, caretaker):
        await house.define("load", {"name": "a", "command": ["true"], "retry": {"attempts": 2, "delay": "0s"}})
        house.script.plays["a"] += [fails_with_rows(tmp_path), leaves_rows(tmp_path)]
        made = await house.until(await house.start("load"))
        last = await named(house, made, 2)
        assert everything(folders, made) == last | await named(house, made, 1)
        house.clock.at += SETTLED_MS
        assert await caretaker.clear() == 0
        house.clock.at += 1
        assert await caretaker.clear() == 2
        assert everything(folders, made) == last
        assert await caretaker.clear() == 0


async def test_what_killed_hands_left_unfinished_goes_and_nothing_else(tmp_path: Path) -> None:
    async with a_house_with_folders(tmp_path) as (house, folders, caretaker):
        await house.define("load", "a")
        house.script.plays["a"].append(leaves_rows(tmp_path))
        made = await house.until(await house.start("load"))
        home = folders.home(made.id)
        (home / "data" / f".{'0' * 32}.rows").write_bytes(b"[1]")  # its hand was killed before it closed it
        rows(home / "data", [{"b": 2}])
        for name in (
            "output/77/report.txt", ".step-77/progress", "results/.0123456789abcdef.json",
            "results/0123456789abcdef.json", "workspace/.step-1/mine", "workspace/data/mine", "data/mine", "log",
        ):  # fmt: skip
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text("x")
        (home / "output" / "88").symlink_to(home / "workspace")
        house.clock.at += SETTLED_MS + 1
        assert await caretaker.clear() == 7
        kept = {"results/0123456789abcdef.json", "workspace/.step-1/mine", "workspace/data/mine", "data/mine", "log"}
        assert everything(folders, made) == kept | await named(house, made, 1)


async def test_nothing_of_an_execution_that_still_runs_is_touched(tmp_path: Path) -> None:
    async with a_house_with_folders(tmp_path) as (house, folders, caretaker):
        await house.define("load", {"name": "a", "command": ["true"], "retry": {"attempts": 2, "delay": "0s"}})
        house.script.plays["a"].append(fails_with_rows(tmp_path))
        house.script.held.add("a")
        made = await house.start("load")
        await house.until_running("a")
        writer = RowsWriter(str(folder(tmp_path, made.id)), "result")
        before = everything(folders, made)
        assert len(before) == 3
        house.clock.at += 10 * SETTLED_MS
        assert await caretaker.clear() == 0
        assert everything(folders, made) == before
        writer.discard()
        house.script.release("a")
        await house.until(made)


async def test_nothing_is_taken_from_a_folder_that_a_hand_holds_even_when_the_table_says_that_it_is_over(
    tmp_path: Path,
) -> None:
    async with a_house_with_folders(tmp_path) as (house, folders, caretaker):
        await house.define("load", "a")
        made = await house.until(await house.start("load"))
        rows(folder(tmp_path, made.id), [{"a": 1}])
        house.clock.at += 10 * SETTLED_MS
        hand = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOLDS, str(folders.home(made.id)), stdin=PIPE, stdout=PIPE
        )
        assert hand.stdout is not None
        await hand.stdout.readline()
        assert await caretaker.clear() == 0
        assert len(everything(folders, made)) == 2
        await hand.communicate(b"\n")
        assert await caretaker.clear() == 2


async def test_what_a_young_file_is_for_is_not_asked(tmp_path: Path) -> None:
    async with a_house_with_folders(tmp_path) as (house, folders, _):
        await house.define("load", "a")
        made = await house.until(await house.start("load"))
        left = rows(folder(tmp_path, made.id), [{"a": 1}])
        changed = (folders.home(made.id) / "data" / left.file).stat().st_ctime_ns // 1_000_000
        os.utime(folders.home(made.id) / "data" / left.file, (1, 1))  # a job may say so; the inode knows better
        assert [one async for one in folders.lying(10, changed - 10)] == []
        assert [len(one[made.id]) async for one in folders.lying(10, changed + 10_000)] == [2]


async def test_a_restart_has_what_it_goes_on_from_and_its_source_keeps_it_too(tmp_path: Path) -> None:
    async with a_house_with_folders(tmp_path) as (house, folders, caretaker):
        await house.define("load", "a", "b")
        house.script.plays["a"].append(leaves_rows(tmp_path))
        house.script.fails("b")
        source = await house.until(await house.start("load"))
        house.clock.at += 10 * SETTLED_MS
        assert await caretaker.clear() == 0
        again = await house.until((await restart(house.ports, ADMIN, Ref(id=source.id))).execution)
        house.clock.at += 10 * SETTLED_MS
        assert await caretaker.clear() == 0
        assert everything(folders, source) == everything(folders, again) != set()


def test_a_data_folder_exchanged_for_a_link_leads_nowhere(tmp_path: Path) -> None:
    from runbell.artifacts import leavings

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ("a" * 32)).write_text("x")
    home = tmp_path / "home"
    home.mkdir()
    (home / "data").symlink_to(elsewhere)
    assert leavings.found(home, 1 << 60) == []
    assert leavings.take_away(home, [f"data/{'a' * 32}"]) == 0
    assert (elsewhere / ("a" * 32)).exists()
