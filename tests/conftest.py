"""What all tests share."""

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None)  # how long an example takes says more of the machine than of the code
settings.load_profile("here")


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the server does."""
    return "asyncio"
