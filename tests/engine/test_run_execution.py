"""The engine over the real store, with hands that follow a script."""

import asyncio
from pathlib import Path

import pytest

from runbell.domain.outcome import TryLater
from runbell.domain.status import Status, StepStatus
from runbell.operations.restart import restart
from runbell.ports.store import Ref
from tests.builders import a_row
from tests.house_of_cards import ADMIN, a_house

pytestmark = pytest.mark.anyio


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
        again = (await restart(house.ports, ADMIN, Ref(number=ended.number))).execution
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
