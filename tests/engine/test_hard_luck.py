"""What must not keep an execution from ending, or the server from starting."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.faults import NotFound
from runbell.domain.status import Status
from runbell.engine.timekeeper import Timekeeper
from runbell.operations.restart import rerun
from runbell.operations.stop import stop
from runbell.ports.store import Claim, Ref
from tests.house_of_cards import ADMIN, a_house

pytestmark = pytest.mark.anyio


async def test_a_follow_up_that_cannot_be_made_does_not_keep_its_predecessor_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path) as house:
        await house.define("report", "write")
        await house.define("load", "read", then=[{"job": "report"}])

        async def breaks(*given: object) -> None:
            raise RuntimeError("a defect")

        monkeypatch.setattr("runbell.engine.write_down.settle_follow_ups", breaks)
        assert (await house.until(await house.start("load"))).status is Status.SUCCEEDED


async def test_a_stop_before_a_definition_turned_out_to_be_gone_ends_as_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "read")
        claim = house.ports.store.claim

        async def claim_and_stop(claims: list[Claim]) -> Any:
            claimed = await claim(claims)
            await stop(house.ports, ADMIN, Ref(number=claims[0].number))
            return claimed

        house.ports.store.claim = claim_and_stop  # type: ignore[method-assign]
        monkeypatch.setattr(house.ports.catalogue, "of", unreadable)
        assert (await house.until(await house.start("load"))).status is Status.STOPPED


async def test_what_cannot_be_read_any_more_can_still_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "read")
        execution = await house.start("load")
        monkeypatch.setattr(house.ports.catalogue, "of", unreadable)
        stopped = await stop(house.ports, ADMIN, Ref(number=execution.number))
        assert stopped.status is Status.DISCARDED


async def test_a_rerun_of_today_leaves_out_the_scopes_that_are_no_more(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        step = {"name": "each", "command": ["true"], "for_each": "scopes"}
        await house.define("load", step, scopes=["EU", "NA"])
        ended = await house.until(await house.start("load", scopes=("EU", "NA")))
        await house.define("load", step, scopes=["NA", "AS"])
        again = (await rerun(house.ports, ADMIN, Ref(number=ended.number), "current")).execution
        assert again.scopes == ("NA",)


async def test_the_clock_writes_only_what_is_due(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "read")
        execution = await house.start("load", start_by=house.clock.at + 5_000)
        keeper = Timekeeper(house.ports)
        assert await keeper.once() == 0
        house.clock.at += 5_000
        assert await keeper.once() == 1
        assert (await house.look(execution)).status is Status.DISCARDED


async def unreadable(execution: object) -> Any:
    raise NotFound("Job load has no version 1; list those that are kept.")
