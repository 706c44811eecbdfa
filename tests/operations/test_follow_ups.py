"""Follow-ups: made with their predecessor, released or discarded at its end."""

from pathlib import Path

import pytest

from runbell.domain.execution import Error, Execution, ResultRef
from runbell.domain.faults import InvalidDefinition
from runbell.domain.outcome import Failed, Succeeded
from runbell.domain.status import DiscardReason, Status
from runbell.operations.define_job import retire
from runbell.operations.delete import delete
from runbell.operations.stop import stop
from runbell.ports.store import ExecutionQuery, Ref
from tests.house_of_cards import ADMIN, House, a_house

pytestmark = pytest.mark.anyio
LIMIT = {"limit": {"type": "int", "required": True}}


async def follow_up(house: House, job: str) -> Execution:
    page = await house.ports.store.executions(ExecutionQuery(project="default", job=job))
    return page.items[0]


async def test_a_follow_up_waits_and_runs_with_parameters_filled_in_at_the_end(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("report", "write", parameters=LIMIT)
        then = [{"job": "report", "parameters": {"limit": "{steps.read.result.rows}"}}]
        await house.define("load", "read", then=then)
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        waiting = await follow_up(house, "report")
        assert (waiting.status, waiting.predecessor) == (Status.QUEUED, execution.id)
        house.script.returns("read", '{"rows": 12}')
        house.script.held.clear()

        house.script.release("read", Succeeded(result=ResultRef(inline='{"rows": 12}', size=12)))
        done = await house.until(waiting)
        assert done.status is Status.SUCCEEDED
        assert done.params == {"limit": 12}
        assert done.start_by is not None


@pytest.mark.parametrize("end", ["fails", "stopped"])
async def test_waiting_follow_ups_are_discarded_when_the_predecessor_fails_or_is_stopped(
    tmp_path: Path, end: str
) -> None:
    async with a_house(tmp_path) as house:
        await house.define("last", "z")
        await house.define("report", "write", then=[{"job": "last"}])
        await house.define("load", "read", then=[{"job": "report"}])
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        if end == "stopped":
            await stop(house.ports, ADMIN, Ref(number=execution.number))
        else:
            house.script.release("read", Failed(Error(code="ERROR", detail="no")))
        await house.until(execution)
        for job in ("report", "last"):
            discarded = await follow_up(house, job)
            assert (discarded.status, discarded.discard_reason) == (Status.DISCARDED, DiscardReason.PREDECESSOR)


async def test_one_for_failures_is_made_at_the_end_and_one_for_any_end_is_released(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("alarm", "ring")
        await house.define("always", "tidy")
        await house.define("load", "read", then=[{"job": "alarm", "on": "failed"}, {"job": "always", "on": "ended"}])
        house.script.fails("read")
        await house.until(await house.start("load"))
        assert (await house.until(await follow_up(house, "alarm"))).status is Status.SUCCEEDED
        assert (await house.until(await follow_up(house, "always"))).status is Status.SUCCEEDED


async def test_parameters_that_do_not_fit_discard_the_follow_up(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("report", "write", parameters=LIMIT)
        await house.define(
            "load", "read", then=[{"job": "report", "parameters": {"limit": "{steps.read.result.rows}"}}]
        )
        await house.until(await house.start("load"))
        assert (await follow_up(house, "report")).status is Status.DISCARDED


async def test_a_follow_up_whose_job_was_retired_meanwhile_is_discarded_and_the_predecessor_still_ends(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        await house.define("always", "tidy")
        await house.define("load", "read", then=[{"job": "always", "on": "ended"}])
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        await retire(house.ports, ADMIN, "always")
        house.script.release("read")
        assert (await house.until(execution)).status is Status.SUCCEEDED
        refused = await follow_up(house, "always")
        assert (refused.status, refused.discard_reason) == (Status.DISCARDED, DiscardReason.BUSY)


async def test_one_for_failures_whose_own_follow_up_was_retired_does_not_hold_the_predecessor(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("log", "write")
        await house.define("alarm", "ring", then=[{"job": "log"}])
        await house.define("load", "read", then=[{"job": "alarm", "on": "failed"}])
        await retire(house.ports, ADMIN, "log")
        house.script.fails("read")
        ended = await house.until(await house.start("load"))
        assert (ended.status, ended.error and ended.error.detail) == (Status.FAILED, "It broke.")


async def test_one_for_failures_is_accepted_when_it_is_made_not_when_its_predecessor_was(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("alarm", "ring", limits={"start_by": "1m"})
        await house.define("load", "read", then=[{"job": "alarm", "on": "failed"}])
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        house.clock.at += 3_600_000
        house.script.release("read", Failed(Error(code="ERROR", detail="no")))
        await house.until(execution)
        alarm = await follow_up(house, "alarm")
        assert (alarm.created_at, alarm.start_by) == (house.clock.at, house.clock.at + 60_000)
        assert (await house.until(alarm)).status is Status.SUCCEEDED


async def test_a_deleted_follow_up_does_not_hand_its_parameters_to_the_next_one(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("first", "a")
        await house.define("second", "b", parameters=LIMIT)
        then = [{"job": "first"}, {"job": "second", "parameters": {"limit": 7}}]
        await house.define("load", "read", then=then)
        house.script.held.add("read")
        await house.start("load")
        await house.until_running("read")
        unwanted, wanted = await follow_up(house, "first"), await follow_up(house, "second")
        await stop(house.ports, ADMIN, Ref(number=unwanted.number))
        await delete(house.ports, ADMIN, Ref(number=unwanted.number))
        house.script.release("read")
        done = await house.until(wanted)
        assert (done.status, done.params) == (Status.SUCCEEDED, {"limit": 7})


async def test_an_unknown_follow_up_and_a_circle_of_them_are_refused(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        with pytest.raises(InvalidDefinition) as unknown:
            await house.define("load", "read", then=[{"job": "report"}])
        assert unknown.value.problems[0].pointer == "/then/0/job"
        await house.define("report", "write")
        await house.define("load", "read", then=[{"job": "report"}])
        with pytest.raises(InvalidDefinition) as circle:
            await house.define("report", "write", then=[{"job": "load"}])
        assert circle.value.problems[0].code == "cycle"
        with pytest.raises(InvalidDefinition):
            await house.define("self", "a", then=[{"job": "self"}])
