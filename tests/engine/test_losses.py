"""What died under a run, a hand or the server, costs the attempt, the run or nothing, as its steps say."""

from pathlib import Path

import pytest

from runbell.domain.status import Status
from runbell.operations.restart import restart
from runbell.operations.stop import stop
from runbell.ports.runner import HandLost
from runbell.ports.store import Ref
from tests.house_of_cards import ADMIN, a_house

pytestmark = pytest.mark.anyio


async def test_a_lost_hand_costs_the_run_when_the_step_must_not_run_twice(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read")
        house.script.loses_its_hand("read")
        ended = await house.until(await house.start("load"))
        assert ended.status is Status.LOST
        assert ended.workers_lost == 1


async def test_a_lost_hand_costs_only_its_attempt_when_the_step_may_run_again(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", {"name": "read", "command": ["true"], "on_lost": "rerun"})
        house.script.loses_its_hand("read")
        ended = await house.until(await house.start("load"))
        assert ended.status is Status.SUCCEEDED
        assert ended.workers_lost == 1
        assert await house.steps(ended) == [("read", "lost", 1), ("read", "succeeded", 2)]


async def test_the_third_lost_hand_ends_it_as_failed(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", {"name": "read", "command": ["true"], "on_lost": "rerun"})
        house.script.loses_its_hand("read", times=5)
        ended = await house.until(await house.start("load"))
        assert ended.status is Status.FAILED
        assert ended.exit_status is not None
        assert (ended.exit_status.code, ended.workers_lost) == ("WORKER_LOST", 3)
        assert len(house.script.orders) == 3


async def test_a_lost_hand_stops_the_other_steps_before_the_run_is_lost(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define(
            "load", {"name": "a", "command": ["true"], "needs": []}, {"name": "b", "command": ["true"], "needs": []}
        )
        house.script.held |= {"a", "b"}
        execution = await house.start("load")
        await house.until_running("a")
        await house.until_running("b")
        house.script.release("a", HandLost())
        ended = await house.until(execution)
        assert ended.status is Status.LOST
        assert await house.steps(ended) == [("a", "lost", 1), ("b", "stopped", 1)]


async def test_what_runs_when_the_server_leaves_is_lost_or_queued_again(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("once", "a")
        await house.define("again", {"name": "b", "command": ["true"], "on_lost": "rerun"})
        house.script.held |= {"a", "b"}
        once, again = await house.start("once"), await house.start("again")
        await house.until_running("a")
        await house.until_running("b")
        await house.engine.drain(0)
        assert (await house.look(once)).status is Status.LOST
        assert (await house.look(again)).status is Status.QUEUED


async def test_the_next_server_resolves_what_a_dead_one_left(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("once", "a")
        await house.define("again", {"name": "b", "command": ["true"], "on_lost": "rerun"})
        await house.define("stopped", "c")
        once, again, stopping = [await house.start(name) for name in ("once", "again", "stopped")]
        house.script.held |= {"a", "b", "c"}
        await house.engine._claim_while_free()  # a server that dies right after its claims
        for name in "abc":
            await house.until_running(name)
        house.engine.cancel = lambda number: None  # type: ignore[method-assign]
        await stop(house.ports, ADMIN, Ref(number=stopping.number))
        for task in list(house.engine._tasks):
            task.cancel()
    async with a_house(tmp_path) as house:
        assert (await house.until(once)).status is Status.LOST
        assert (await house.until(stopping)).status is Status.STOPPED
        assert (await house.until(again)).status is Status.SUCCEEDED
        assert await house.steps(again) == [("b", "lost", 1), ("b", "succeeded", 2)]
        assert sorted(house.script.swept[0]) == sorted([once.id, again.id, stopping.id])


async def test_a_defect_of_ours_ends_the_run_instead_of_leaving_it_running(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read", "tidy")
        house.script.fails("tidy")
        failed = await house.until(await house.start("load"))

        async def no_room(source: str, target: str) -> None:
            raise OSError(28, "No space left on device")

        house.ports.artifacts.copy_workspace = no_room  # type: ignore[method-assign]
        ended = await house.until((await restart(house.ports, ADMIN, Ref(number=failed.number))).execution)
        assert ended.status is Status.FAILED
        assert ended.error is not None
        assert "OSError" in ended.error.detail
        assert house.engine.stats().busy == 0


async def test_what_was_lost_says_what_it_wrote_last(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read")
        house.script.loses_its_hand("read")
        house.folders.written = ["page 1", "page 2"]
        ended = await house.until(await house.start("load"))
        assert ended.error is not None
        assert ended.error.log_tail == ("page 1", "page 2")
