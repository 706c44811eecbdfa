"""What a step left is where it belongs before it is on record; what cannot be brought there fails the step."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.data import RowSet
from runbell.domain.status import Status
from runbell.ports.data_files import CannotKeep
from tests.house_of_cards import a_house
from tests.left_behind import Leaving

pytestmark = pytest.mark.anyio


async def test_nothing_is_on_record_before_it_is_where_it_belongs(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a")
        house.script.plays["a"].append(Leaving(tmp_path, results={None: [{"n": 1}]}))
        seen: list[Any] = []

        async def publish(execution: str, left: Any) -> None:
            seen.append((execution, [one.rows for one in left if isinstance(one, RowSet)]))
            [row] = await house.ports.store.steps(1)
            seen.append((row.status, row.data))

        house.folders.data.publish = publish  # type: ignore[method-assign]
        execution = await house.until(await house.start("load"))
        assert seen == [(execution.id, [1]), ("running", ())]
        assert len((await house.ports.store.steps(1))[0].data) == 1


async def test_a_step_whose_data_cannot_be_kept_fails_and_is_tried_again(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", {"name": "a", "command": ["true"], "retry": {"attempts": 2, "delay": "0s"}})
        house.script.plays["a"] += [Leaving(tmp_path, results={None: [{"n": 1}]})] * 2
        refusals = [CannotKeep("No room there.")]

        async def publish(execution: str, left: Any) -> None:
            if refusals:
                raise refusals.pop()

        house.folders.data.publish = publish  # type: ignore[method-assign]
        execution = await house.until(await house.start("load"))
        assert execution.status is Status.SUCCEEDED
        first, second = await house.ports.store.steps(1)
        assert (first.error is not None and first.error.detail, first.data) == ("No room there.", ())
        assert len(second.data) == 1
