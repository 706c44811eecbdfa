"""Executions of jobs that include the steps of other jobs."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.faults import InvalidDefinition
from runbell.domain.job import WhenFull
from runbell.domain.status import Status
from runbell.operations import define_job
from runbell.operations.restart import rerun, restart
from runbell.ports.store import Ref
from tests.house_of_cards import ADMIN, House, a_house

pytestmark = pytest.mark.anyio

PARAMETERS = {"day": {"type": "date"}, "site": {"type": "text"}, "limit": {"type": "int", "default": 3}}
SITES: dict[str, Any] = {
    "name": "sites", "job": "inner", "for_each": ["DE", "FR"], "parameters": {"site": "{scope}-{steps.read.result.n}"},
}  # fmt: skip


async def with_inner(house: House, *argv: str) -> None:
    steps = [{"name": "one", "command": ["echo", *argv]}, {"name": "two", "command": ["echo", "{steps.one.result}"]}]
    await define_job.put(
        house.ports, ADMIN, "inner", {"steps": steps, "parameters": PARAMETERS, "env": {"WHERE": "inner"}}
    )


async def test_included_steps_see_the_parameters_and_results_of_their_own_job(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await with_inner(house, "{day}", "{site}", "{limit}")
        await house.define("outer", "read", SITES, parameters={"day": {"type": "date"}})
        house.script.returns("read", '{"n": 7}')
        house.script.returns("sites - one", '"de"')
        house.script.returns("sites - one", '"fr"')
        ended = await house.until(await house.start("outer", params={"day": "2031-04-07"}))
        assert ended.status is Status.SUCCEEDED, ended.error
        orders = [(order.step, order.scope, order.argv) for order in house.script.orders if order.step != "read"]
        assert orders == [
            ("sites - one", "DE", ("echo", "2031-04-07", "DE-7", "3")),
            ("sites - two", "DE", ("echo", "de")),
            ("sites - one", "FR", ("echo", "2031-04-07", "FR-7", "3")),
            ("sites - two", "FR", ("echo", "fr")),
        ]
        assert {order.env.get("WHERE") for order in house.script.orders} == {None, "inner"}


async def test_the_version_is_chosen_at_the_start_and_kept_for_a_restart(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await with_inner(house, "old")
        await house.define("outer", {"name": "top", "job": "inner"})
        house.script.fails("top - two")
        house.script.returns("top - one", '"x"')
        failed = await house.until(await house.start("outer"))
        assert failed.includes == {"inner": 1}
        await with_inner(house, "new")
        for n in range(12):  # and the version stays although ten newer ones came
            await with_inner(house, f"newer {n}")
        again = await house.until((await restart(house.ports, ADMIN, Ref(number=failed.number))).execution)
        assert again.includes == {"inner": 1}
        assert [step for step, status, _ in await house.steps(again) if status == "reused"] == ["top - one"]
        house.script.orders.clear()
        await house.until((await rerun(house.ports, ADMIN, Ref(number=failed.number), "current")).execution)
        assert house.script.orders[0].argv == ("echo", "newer 11")


async def test_what_is_handed_over_has_to_fit(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await with_inner(house, "x")
        await house.define("outer", {"name": "top", "job": "inner", "parameters": {"limit": "many"}})
        ended = await house.until(await house.start("outer"))
        assert ended.error is not None
        assert "Job inner does not take what step top hands over: limit" in ended.error.detail


async def test_a_job_that_includes_what_is_not_there_or_itself_is_refused(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        with pytest.raises(InvalidDefinition) as refused:
            await house.define("outer", {"name": "top", "job": "inner"})
        assert [(wrong.pointer, wrong.detail) for wrong in refused.value.problems] == [
            ("/steps/0/job", "There is no job inner; define it first, or in the same load.")
        ]
        await with_inner(house, "x")
        await house.define("outer", {"name": "top", "job": "inner"})
        with pytest.raises(InvalidDefinition) as refused:
            await house.define("inner", {"name": "back", "job": "outer"})
        assert "lead back to inner" in refused.value.problems[0].detail


async def test_a_start_that_waits_by_the_rule_of_its_dialect_waits_for_every_other(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a")
        await house.define("other", "b")
        house.script.held |= {"a"}
        first = await house.start("load")
        await house.until_running("a")
        waiting = [await house.start("load", overlap=WhenFull.QUEUE) for _ in range(6)]
        other = await house.until(await house.start("other"))  # they do not stand in the way of another job
        assert other.status is Status.SUCCEEDED
        assert {(await house.look(one)).status for one in waiting} == {Status.QUEUED}
        house.script.held.clear()
        house.script.release("a")
        await house.until(first)
        assert {(await house.until(one)).status for one in waiting} == {Status.SUCCEEDED}
