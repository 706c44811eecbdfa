"""API keys and the server's own secrets."""

import asyncio

import pytest
from msgspec import structs

from runbell.domain.principals import ApiKey
from runbell.ports.identity_table import PutKey, Use
from runbell.ports.store import Store
from tests.builders import NOON

pytestmark = pytest.mark.anyio

KEY = ApiKey(
    id="k1", name="etl", project="default", digest=b"\x00\xff" * 16,
    grants={"default": ("jobs:read", "executions:run")}, created_at=NOON, expires_at=NOON + 5,
)  # fmt: skip


async def test_a_key_is_found_by_its_id_and_by_its_digest(store: Store) -> None:
    assert not await store.any_key()
    await store.put_key(PutKey(key=KEY))
    assert await store.any_key()
    assert await store.key("k1") == await store.key_by_digest(KEY.digest) == KEY
    assert await store.key("k2") is None
    assert await store.key_by_digest(b"\x00" * 32) is None


async def test_a_key_put_again_is_replaced_and_keeps_when_it_was_made_and_used(store: Store) -> None:
    await store.put_key(PutKey(key=KEY))
    await store.used([Use("key", "k1", NOON + 3)])
    await store.put_key(PutKey(key=structs.replace(KEY, name="other", digest=b"\x01" * 32)))
    replaced = structs.replace(KEY, name="other", digest=b"\x01" * 32, last_used_at=NOON + 3, revision=2)
    assert await store.key("k1") == replaced
    assert await store.key_by_digest(KEY.digest) is None


async def test_the_last_use_never_goes_back(store: Store) -> None:
    await store.put_key(PutKey(key=KEY))
    for at in (NOON + 3, NOON + 1):
        await store.used([Use("key", "k1", at)])
    found = await store.key("k1")
    assert found is not None
    assert found.last_used_at == NOON + 3


async def test_a_secret_is_made_once_and_stays(store: Store) -> None:
    first, again = await asyncio.gather(store.secret("cursors"), store.secret("cursors"))
    assert first == again == await store.secret("cursors")
    assert len(first) >= 32
    assert await store.secret("idempotency") != first
