"""A hand, and a PostgreSQL for the whole session."""

from collections.abc import Iterator

import pytest
from verify.postgres import Postgres, a_postgres

from tests.runners.conftest import place

__all__ = ("place",)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real server; every role must give its password."""
    with a_postgres() as server:
        yield server
