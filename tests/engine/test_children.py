"""Steps that start another job and wait: its end, its stop, slots, and one start however often they are lost."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.data import ChildExecution
from runbell.domain.execution import Execution
from runbell.domain.faults import InvalidDefinition
from runbell.domain.status import Status
from runbell.operations.stop import stop
from runbell.ports.store import Ref
from tests.house_of_cards import ADMIN, House, a_house

pytestmark = pytest.mark.anyio

CALL: dict[str, Any] = {"name": "call", "job": "inner", "as": "execution", "parameters": {"day": "{day}"}}
DAY = {"day": {"type": "date"}}


async def with_jobs(house: House, *more: Any, **said: Any) -> None:
    await house.define("inner", "work", parameters={**DAY, "limit": {"type": "int", "default": 3}})
    await house.define("outer", CALL | said, *more, parameters=DAY)


async def child_of(house: House, parent: Execution) -> Execution:
    [left] = [one for row in await house.ports.store.steps(parent.number) for one in row.data][-1:]
    assert isinstance(left, ChildExecution)
    found = await house.ports.store.execution("default", Ref(id=left.id))
    assert found is not None
    return found


async def test_the_step_ends_as_the_other_job_ended_with_its_result(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await with_jobs(house, {"name": "tell", "command": ["echo", "{steps.call.result.n}"]})
        house.script.returns("work", '{"n": 7}')
        ended = await house.until(await house.start("outer", params={"day": "2031-04-07"}))
        assert ended.status is Status.SUCCEEDED, ended.error
        assert house.script.orders[-1].argv == ("echo", "7")
        child = await child_of(house, ended)
        assert (child.job, child.params, child.trigger.kind) == ("inner", {"day": "2031-04-07", "limit": 3}, "job")


async def test_it_fails_when_the_other_job_fails_and_says_why(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await with_jobs(house)
        house.script.fails("work", code="NOROWS")
        ended = await house.until(await house.start("outer"))
        assert ended.status is Status.FAILED
        assert ended.error is not None
        assert (ended.error.code, ended.error.step) == ("NOROWS", "call")
        assert "ended as failed. It broke." in ended.error.detail


async def test_it_waits_without_a_slot_so_that_one_slot_is_enough(tmp_path: Path) -> None:
    async with a_house(tmp_path, slots=1) as house:
        await with_jobs(house, "after")
        ended = await house.until(await house.start("outer"))
        assert ended.status is Status.SUCCEEDED, ended.error
        assert [order.step for order in house.script.orders] == ["work", "after"]
        assert house.engine.stats().busy == 0


async def test_a_stop_stops_what_it_waits_for_and_is_proved_by_its_end(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await with_jobs(house)
        house.script.held.add("work")
        parent = await house.start("outer")
        await house.until_running("work")
        await stop(house.ports, ADMIN, Ref(number=parent.number), reason="enough")
        ended = await house.until(parent)
        assert ended.status is Status.STOPPED
        child = await child_of(house, parent)
        assert child.status is Status.STOPPED
        assert child.stop is not None
        assert f"execution {parent.number} is being stopped" in child.stop.reason


async def test_a_stop_of_the_other_one_fails_the_step(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await with_jobs(house)
        house.script.held.add("work")
        parent = await house.start("outer")
        await house.until_running("work")
        await stop(house.ports, ADMIN, Ref(number=parent.number + 1))
        ended = await house.until(parent)
        assert (ended.status, ended.error and ended.error.code) == (Status.FAILED, "STOPPED")


async def test_when_the_server_is_lost_the_next_one_waits_for_the_same_execution(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("inner", {"name": "work", "command": ["true"], "on_lost": "rerun"})
        await house.define("outer", CALL | {"parameters": {}})
        house.script.held.add("work")
        parent = await house.start("outer")
        await house.until_running("work")
        first = await child_of(house, parent)
    async with a_house(tmp_path) as house:
        ended = await house.until(parent)
        assert ended.status is Status.SUCCEEDED, ended.error
        again = await child_of(house, ended)
        assert (again.id, again.status) == (first.id, Status.SUCCEEDED)
        assert [(name, attempt) for name, _, attempt in await house.steps(ended)] == [("call", 1), ("call", 2)]


async def test_a_retry_starts_another_execution(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await with_jobs(house, retry={"attempts": 2, "delay": "0s"})
        house.script.fails("work")
        ended = await house.until(await house.start("outer"))
        assert ended.status is Status.SUCCEEDED, ended.error
        children = [one.id for row in await house.ports.store.steps(ended.number) for one in row.data]  # type: ignore[union-attr]
        assert len(set(children)) == 2


async def test_a_job_that_is_gone_by_then_fails_the_step_and_nothing_else(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await with_jobs(house)
        await house.define("inner", "work", enabled=False, parameters=DAY)
        parent = await house.start("outer")
    async with a_house(tmp_path) as house:
        ended = await house.until(parent)
        assert ended.error is not None
        assert "Job inner cannot be waited for. Job inner is disabled" in ended.error.detail


async def test_what_cannot_be_started_is_refused_when_the_job_is_defined(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        for members, code in (
            ({"job": "nothing"}, "unknown_job"),
            ({"job": "outer"}, "cycle"),
            ({"job": "inner", "parameters": {"day": "{token}"}}, "secret_shown"),
        ):
            await house.define("inner", "work", parameters={"day": {"type": "text"}})
            with pytest.raises(InvalidDefinition) as refused:
                await house.define(
                    "outer", {"name": "call", "as": "execution"} | members,
                    parameters={"token": {"type": "text", "secret": True}},
                )  # fmt: skip
            assert [problem.code for problem in refused.value.problems] == [code]


async def test_a_circle_over_two_jobs_is_refused(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("a", "work")
        await house.define("b", {"name": "call", "job": "a", "as": "execution"})
        with pytest.raises(InvalidDefinition, match="cannot be run"):
            await house.define("a", {"name": "call", "job": "b", "as": "execution"})
