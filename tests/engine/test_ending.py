"""How a run ends when its time is over, or when a process of it would not go."""

from pathlib import Path

import pytest

from runbell.domain.execution import Error, Execution
from runbell.domain.faults import InvalidDefinition
from runbell.domain.job import Job
from runbell.domain.outcome import Failed, Gone
from runbell.domain.status import Status
from runbell.engine.reconcile import reconcile
from runbell.operations.stop import stop
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Ref
from tests.house_of_cards import ADMIN, a_house

pytestmark = pytest.mark.anyio
SURVIVED = Gone(signalled_at=None, forced_at=None, gone_at=None, survivors=1)


async def test_a_step_that_the_time_limit_cut_is_not_forgiven_by_continue_on_error(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        step = {"name": "read", "command": ["true"], "continue_on_error": True}
        await house.define("load", step, limits={"timeout": "10s"})
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        house.clock.at += 10_001
        house.script.release("read", Failed(Error(code="TIMEOUT", detail="Too long.")))
        ended = await house.until(execution)
        assert (ended.status, ended.exit_status and ended.exit_status.code) == (Status.FAILED, "TIMEOUT")


async def test_a_process_that_outlived_the_ladder_is_said_to_be_gone_only_when_it_is(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read")
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        asked_at = house.clock.at

        async def gone_a_minute_later(executions: list[str]) -> int:
            house.clock.at += 60_000
            return 0

        house.script.sweep = gone_a_minute_later  # type: ignore[method-assign]
        hand = house.script.running["read"]
        hand.stop = lambda *, grace_ms: house.script.release("read", SURVIVED)  # type: ignore[method-assign]
        await stop(house.ports, ADMIN, Ref(number=execution.number))
        ended = await house.until(execution)
        assert ended.stop is not None
        assert (ended.stop.process_gone_at, ended.ended_at) == (asked_at + 60_000, asked_at + 60_000)


async def test_a_stop_of_a_job_that_cannot_be_read_any_more_does_not_keep_the_next_server_from_starting(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "read")
        execution = await house.start("load")
        house.script.held.add("read")
        await house.engine._claim_while_free()
        await house.until_running("read")
        house.engine.cancel = lambda number: None  # type: ignore[method-assign]
        await stop(house.ports, ADMIN, Ref(number=execution.number))
        for task in list(house.engine._tasks):
            task.cancel()
    async with a_house(tmp_path, serving=False) as house:

        async def refused(execution: Execution) -> tuple[JobRecord, Job]:
            raise InvalidDefinition("This version of runbell does not take it.")

        house.ports.catalogue.of = refused  # type: ignore[method-assign]
        await reconcile(house.engine._shop)
        assert (await house.look(execution)).status is Status.STOPPED
