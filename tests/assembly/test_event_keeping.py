"""Old events go in small batches; young ones, and all of them at 0 days, stay."""

from pathlib import Path

import pytest

from runbell.assembly.event_keeping import let_go
from runbell.domain.job import DAY_MS
from runbell.ports.event_table import EventBounds
from tests.house_of_cards import a_house

pytestmark = pytest.mark.anyio


async def test_what_is_too_old_goes_batch_after_batch(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "a")
        for _ in range(5):
            await house.start("load")
        house.clock.at += 3 * DAY_MS
        await house.start("load")
        assert await let_go(house.ports, 0) == 0
        assert await let_go(house.ports, 4) == 0
        assert await let_go(house.ports, 2, batch=2) == 5
        assert await house.ports.store.event_bounds() == EventBounds(6, 6)
