"""Every test of this folder runs over every store there is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from runbell.ports.store import Store
from runbell.stores import sqlite

Factory = Callable[[Path], Awaitable[Store]]


async def open_sqlite(folder: Path) -> Store:
    """The store in one SQLite file."""
    return await sqlite.open_store(folder / "data", on_fatal=pytest.fail)


FACTORIES: dict[str, Factory] = {"sqlite": open_sqlite}


@pytest.fixture(params=FACTORIES)
async def store(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Store]:
    """An open store with nothing on the table."""
    opened = await FACTORIES[request.param](tmp_path)
    yield opened
    await opened.close()
