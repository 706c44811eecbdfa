"""A hand for every test that wants one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.runners.workplace import Workplace, a_workplace


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    """A hand with its folders."""
    async with a_workplace(tmp_path) as workplace:
        yield workplace
