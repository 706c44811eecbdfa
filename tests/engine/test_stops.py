"""A stop, a kill and a deadline end what runs, and say so with proof."""

from pathlib import Path

import pytest

from runbell.domain.execution import Execution
from runbell.domain.status import Status
from runbell.operations.stop import stop
from runbell.ports.store import Claim, Ref
from tests.house_of_cards import ADMIN, a_house

pytestmark = pytest.mark.anyio


async def test_a_stop_ends_what_runs_and_says_so_with_proof(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read", "tidy")
        house.script.held.add("read")
        execution = await house.start("load")
        await house.until_running("read")
        asked = await stop(house.ports, ADMIN, Ref(number=execution.number), "graceful", "wrong day")
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
        await stop(house.ports, ADMIN, Ref(number=execution.number), "kill")
        await house.until(execution)
        assert house.script.stops == [0]


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
