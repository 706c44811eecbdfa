"""A house whose courier tells everybody who is to be told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.house_of_cards import a_house

from .post_office import Office


@pytest.fixture
async def office(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Office]:
    async with a_house(tmp_path) as house:
        await house.define("load", "a")
        yield Office(house)
