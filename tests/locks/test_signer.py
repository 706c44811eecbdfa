"""A token can be read and verified by anybody with the published keys, and the key outlives the process."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from runbell.locks.signer import RsaSigner
from runbell.stores.sqlite import open_store

pytestmark = pytest.mark.anyio


async def test_a_token_is_verified_with_the_published_key_and_only_unchanged(tmp_path: Path) -> None:
    store = await open_store(tmp_path, on_fatal=print)
    try:
        signer = RsaSigner(partial(store.secret, "signing key"))
        token = await signer.sign({"sub": "etl"})
        keys = KeySet.import_key_set({"keys": await signer.public_keys()})
        read = jwt.decode(token, keys, algorithms=["RS256"])
        assert (read.header["typ"], read.header["kid"], read.claims) == ("at+jwt", keys.keys[0].kid, {"sub": "etl"})
        head, _, signature = token.split(".")
        _, other, _ = (await signer.sign({"sub": "root"})).split(".")
        with pytest.raises(BadSignatureError):
            jwt.decode(f"{head}.{other}.{signature}", keys, algorithms=["RS256"])
    finally:
        await store.close()


async def test_the_published_keys_hold_nothing_private(tmp_path: Path) -> None:
    store = await open_store(tmp_path, on_fatal=print)
    try:
        (key,) = await RsaSigner(partial(store.secret, "signing key")).public_keys()
    finally:
        await store.close()
    assert key.keys() == {"kty", "n", "e", "kid", "use", "alg"}


async def test_the_key_is_made_once_however_many_ask_and_is_the_same_after_a_restart(tmp_path: Path) -> None:
    store = await open_store(tmp_path, on_fatal=print)
    made = 0

    async def counted(make):  # type: ignore[no-untyped-def]
        nonlocal made
        made += 1
        return await store.secret("signing key", make)

    try:
        signer = RsaSigner(counted)
        first, second = await asyncio.gather(signer.public_keys(), signer.public_keys())
        assert (made, first) == (1, second)
    finally:
        await store.close()
    store = await open_store(tmp_path, on_fatal=print)
    try:
        assert await RsaSigner(partial(store.secret, "signing key")).public_keys() == first
    finally:
        await store.close()
