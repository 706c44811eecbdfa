"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): the same request twice is one execution."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from msgspec import Struct

from runbell.domain.canonical import fingerprint, member_digests
from runbell.domain.faults import Gone, IdempotencyInProgress, IdempotencyKeyReused
from runbell.domain.identity import DEFAULT_PROJECT, Actor
from runbell.operations.ports import Ports
from runbell.ports.store import Idempotency, Ref, Started, Store

SETTLE_S: Final = 5.0
PURPOSE: Final = "idempotency"


class IdempotencyKey(Struct, frozen=True):
    """What the caller sent: the key, the canonical path and the body as it was read."""

    key: str
    path: str
    body: Any


def settle(ports: Ports, actor: Actor, sent: IdempotencyKey) -> Idempotency:
    """What is remembered of the request: keyed digests of the whole and of each member, so that values are not stored.

    Their key is no part of the database: a secret parameter cannot be found by trying.
    """
    key = ports.vault.digest_key(PURPOSE)
    return Idempotency(
        client=actor.client,
        path=sent.path if actor.project == DEFAULT_PROJECT else f"{actor.project}:{sent.path}",
        key=sent.key,
        fingerprint=fingerprint(key, "POST", sent.body),
        members=member_digests(key, sent.body),
    )


async def recall(ports: Ports, actor: Actor, asked: Idempotency) -> Started | None:
    """The execution that the same request made before, whatever has become of its job since; None when it is new.

    Raises IdempotencyKeyReused when the body differs, Gone when that execution was deleted.
    """
    known = await ports.store.remembered(asked.client, asked.path, asked.key)
    if known is None:
        return None
    if known.fingerprint != asked.fingerprint:
        raise IdempotencyKeyReused.of(known.execution, known.members, asked.members)
    execution = await ports.store.execution(actor.project, Ref(id=known.execution))
    if execution is None:
        raise Gone("The execution that this key made was deleted; use a new key.", execution=known.execution)
    return Started(execution, replayed=True)


_Waiting = list[asyncio.Future[None]]
_under_way: WeakKeyDictionary[Store, dict[tuple[str, str, str], _Waiting]] = WeakKeyDictionary()


async def once(store: Store, asked: Idempotency, write: Callable[[], Awaitable[Started]]) -> Started:
    """Write what the request makes. The same request at the same time waits for it, and then finds what it made.

    Raises IdempotencyInProgress when the first one is not settled within SETTLE_S.
    """
    under_way = _under_way.get(store)
    if under_way is None:
        under_way = _under_way[store] = {}
    place = (asked.client, asked.path, asked.key)
    first = under_way.get(place)
    if first is not None:
        await _settled(first)
    mine: _Waiting = []  # a future only for whoever waits: most never meet their like
    under_way[place] = mine
    try:
        return await write()
    finally:
        if under_way.get(place) is mine:
            del under_way[place]
        for waiter in mine:
            if not waiter.done():
                waiter.set_result(None)


async def _settled(first: _Waiting) -> None:
    waiter = asyncio.get_running_loop().create_future()
    first.append(waiter)
    try:
        async with asyncio.timeout(SETTLE_S):
            await waiter
    except TimeoutError:
        said = "The same request is still being written; send it again in a moment, with the same key."
        raise IdempotencyInProgress(said) from None
