"""The engine over the real store, with hands that follow a script."""

import asyncio
from pathlib import Path

import pytest

from runbell.domain.execution import Execution
from runbell.domain.outcome import TryLater
from runbell.domain.status import Status, StepStatus
from runbell.operations.restart import restart
from runbell.operations.stop import stop
from runbell.ports.runner import HandLost
from runbell.ports.store import Claim, Ref
from tests.builders import a_row
from tests.house_of_cards import ADMIN, a_house

pytestmark = pytest.mark.anyio


def ref(execution: object) -> Ref:
    return Ref(number=execution.number)  # type: ignore[attr-defined]


async def test_a_run_goes_through_its_steps_to_success(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read", "tidy")
        house.script.returns("tidy", "28000")
        ended = await house.until(await house.start("load"))
        assert ended.status is Status.SUCCEEDED
        assert ended.result is not None
        assert ended.result.inline == "28000"
        assert await house.steps(ended) == [("read", "succeeded", 1), ("tidy", "succeeded", 1)]


async def test_a_failed_step_ends_the_run_with_its_code_and_a_restart_reuses_the_rest(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read", "tidy")
        house.script.fails("tidy")
        ended = await house.until(await house.start("load"))
        assert ended.status is Status.FAILED
        assert ended.error is not None
        assert (ended.error.step, ended.exit_status and ended.exit_status.code) == ("tidy", "ERROR")
        again = (await restart(house.ports, ADMIN, ref(ended))).execution
        done = await house.until(again)
        assert done.status is Status.SUCCEEDED
        assert await house.steps(done) == [("read", "reused", 1), ("tidy", "succeeded", 1)]
        assert [order.step for order in house.script.orders] == ["read", "tidy", "tidy"]


async def test_a_failed_attempt_waits_for_its_retry(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", {"name": "read", "command": ["true"], "retry": {"attempts": 3, "delay": "1ms"}})
        house.script.fails("read")
        execution = await house.start("load")
        await house.until_waiting(execution)
        house.clock.at += 10
        ended = await house.until(execution)
        assert ended.status is Status.SUCCEEDED
        assert await house.steps(ended) == [("read", "failed", 1), ("read", "succeeded", 2)]


async def test_independent_steps_run_side_by_side(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define(
            "load", {"name": "a", "command": ["true"], "needs": []}, {"name": "b", "command": ["true"], "needs": []}
        )
        house.script.held |= {"a", "b"}
        execution = await house.start("load")
        await house.until_running("a")
        await house.until_running("b")
        house.script.release("a")
        house.script.release("b")
        assert (await house.until(execution)).status is Status.SUCCEEDED


async def test_more_steps_than_slots_still_all_run(tmp_path: Path) -> None:
    async with a_house(tmp_path, slots=2) as house:
        step = {"name": "each", "command": ["true"], "for_each": [str(n) for n in range(9)], "at_once": 9}
        await house.define("load", step)
        ended = [await house.until(await house.start("load")) for _ in range(3)]
        assert {one.status for one in ended} == {Status.SUCCEEDED}
        assert len(await house.steps(ended[0])) == 9
        assert house.engine.stats().busy == 0


async def test_a_stop_ends_what_runs_and_says_so_with_proof(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read", "tidy")
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        asked = await stop(house.ports, ADMIN, ref(execution), "graceful", "wrong day")
        assert asked.status is Status.STOPPING
        ended = await house.until(execution)
        assert ended.status is Status.STOPPED
        assert ended.stop is not None
        assert (ended.stop.proof, ended.stop.survivors, ended.stop.reason) == ("observed", 0, "wrong day")
        assert await house.steps(ended) == [("read", "stopped", 1)]
        assert house.script.stops == [5_000]


async def test_a_kill_leaves_no_grace(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read")
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        await stop(house.ports, ADMIN, ref(execution), "kill")
        await house.until(execution)
        assert house.script.stops == [0]


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


async def test_a_step_that_could_not_be_begun_is_tried_again(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read")
        house.script.plays["read"].append(lambda _: TryLater("no more processes"))
        execution = await house.start("load")
        await house.until_waiting(execution)
        house.clock.at += 2_000
        ended = await house.until(execution)
        assert await house.steps(ended) == [("read", "succeeded", 1)]


async def test_steps_inside_a_python_job_are_written_down_before_they_go_on(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "main")
        begun = a_row("read", StepStatus.RUNNING, inner=True)
        house.script.inner["main"] = [begun, a_row("read", StepStatus.SUCCEEDED, inner=True)]
        ended = await house.until(await house.start("load"))
        assert await house.steps(ended) == [("main", "succeeded", 1), ("read", "succeeded", 1)]


async def test_only_as_many_run_as_the_job_allows(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read", limits={"running": 1})
        house.script.held.add("read")
        first, second = await house.start("load"), await house.start("load")
        await house.until_running("read")
        assert (await house.look(second)).status is Status.QUEUED
        house.script.release("read")
        await house.until(first)
        await house.until_running("read")
        house.script.release("read")
        assert (await house.until(second)).status is Status.SUCCEEDED


async def test_stop_running_makes_room_for_the_new_one(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read", limits={"running": 1, "when_full": "stop_running"})
        house.script.held.add("read")
        first = await house.start("load")
        await house.until_running("read")
        second = await house.start("load")
        assert (await house.until(first)).status is Status.STOPPED
        await house.until_running("read")
        house.script.release("read")
        assert (await house.until(second)).status is Status.SUCCEEDED


async def test_a_fill_in_without_a_value_fails_the_step_with_a_sentence(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        tidy = {"name": "tidy", "command": ["sort", "{steps.read.result.path}"]}
        await house.define("load", "read", tidy)
        ended = await house.until(await house.start("load"))
        assert ended.status is Status.FAILED
        assert ended.error is not None
        assert ended.error.step == "tidy"


async def test_a_fill_in_becomes_one_argument(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        tidy = {"name": "tidy", "command": ["sort", "{steps.read.result.path}", "-n {limit}"]}
        await house.define("load", "read", tidy, parameters={"limit": {"type": "int"}})
        house.script.returns("read", '{"path": "a b; rm -rf"}')
        await house.until(await house.start("load", params={"limit": 5}))
        assert house.script.orders[-1].argv == ("sort", "a b; rm -rf", "-n 5")


async def test_a_step_and_a_follow_up_find_the_trace_context_of_the_start(tmp_path: Path) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with a_house(tmp_path) as house:
        await house.define("after", "b")
        await house.define("load", "a", then=[{"job": "after"}])
        await house.until(await house.start("load", traceparent=trace))
        await house.until(await house.start("load"))
        async with asyncio.timeout(5):
            while len(house.script.orders) < 4:
                await asyncio.sleep(0)
    traced = [(order.step, order.env.get("TRACEPARENT")) for order in house.script.orders]
    assert sorted(traced, key=str) == [("a", trace), ("a", None), ("b", trace), ("b", None)]


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
        await stop(house.ports, ADMIN, ref(stopping))
        for task in list(house.engine._tasks):
            task.cancel()
    async with a_house(tmp_path) as house:
        assert (await house.until(once)).status is Status.LOST
        assert (await house.until(stopping)).status is Status.STOPPED
        assert (await house.until(again)).status is Status.SUCCEEDED
        assert await house.steps(again) == [("b", "lost", 1), ("b", "succeeded", 2)]
        assert sorted(house.script.swept[0]) == sorted([once.id, again.id, stopping.id])


async def test_an_execution_that_takes_too_long_fails_with_timeout(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read", "tidy", limits={"timeout": "10s"})
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        house.clock.at += 10_000
        house.script.release("read")
        ended = await house.until(execution)
        assert ended.exit_status is not None
        assert (ended.status, ended.exit_status.code) == (Status.FAILED, "TIMEOUT")
        assert [order.timeout_ms for order in house.script.orders] == [10_000]


async def test_a_stop_that_is_told_before_the_run_is_known_is_not_missed(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read")
        house.script.held.add("read")
        claim = house.ports.store.claim

        async def claim_and_stop(claims: list[Claim]) -> list[Execution | None]:
            claimed = await claim(claims)
            await stop(house.ports, ADMIN, Ref(number=claims[0].number))
            return claimed

        house.ports.store.claim = claim_and_stop  # type: ignore[method-assign]
        ended = await house.until(await house.start("load"))
        assert ended.status is Status.STOPPED


async def test_a_defect_of_ours_ends_the_run_instead_of_leaving_it_running(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read", "tidy")
        house.script.fails("tidy")
        failed = await house.until(await house.start("load"))

        async def no_room(source: str, target: str) -> None:
            raise OSError(28, "No space left on device")

        house.ports.artifacts.copy_workspace = no_room  # type: ignore[method-assign]
        ended = await house.until((await restart(house.ports, ADMIN, ref(failed))).execution)
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
