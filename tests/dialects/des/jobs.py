"""A job for a visit to the DES door."""

from typing import Any

from .calling import Des

NOWHERE = "0b0f5c1e-3a3d-4a52-9a6d-0c1f5f6f9e21"


async def a_job(des: Des, name: str = "typed", **members: Any) -> str:
    """A job; its GUID."""
    await des.visit.defined(name, "a", **members)
    record = await des.visit.ports.store.job("default", name)
    assert record is not None
    return record.id
