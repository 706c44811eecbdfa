"""Keys that callers choose for executions: taken, free again, or standing for a request."""

import asyncio

import pytest

from runbell.domain import faults
from runbell.ports.key_table import KeyClaim
from runbell.ports.store import Delete, KeyPolicy, Ref, Store
from tests.builders import NOON

from .builders import (
    BROKEN,
    OK,
    a_job,
    a_start,
    claimed,
    ended,
    fresh,
    queued,
    running,
)

pytestmark = pytest.mark.anyio

POLICIES: list[tuple[KeyPolicy, str, str]] = [
    (KeyPolicy(), "open", "taken"),
    (KeyPolicy(), "succeeded", "taken"),
    (KeyPolicy(open="existing"), "open", "replayed"),
    (KeyPolicy(open="existing"), "succeeded", "taken"),
    (KeyPolicy(closed="allow"), "open", "taken"),
    (KeyPolicy(closed="allow"), "succeeded", "new"),
    (KeyPolicy(closed="allow_if_failed"), "succeeded", "taken"),
    (KeyPolicy(closed="allow_if_failed"), "failed", "new"),
]


@pytest.mark.parametrize(("policy", "state", "outcome"), POLICIES)
async def test_a_key_that_is_taken_does_what_the_policy_says(
    store: Store, policy: KeyPolicy, state: str, outcome: str
) -> None:
    job = await a_job(store)
    first = await running(store, job, key="mine")
    if state != "open":
        first = await ended(store, first, OK if state == "succeeded" else BROKEN)
    start = a_start(job, fresh(job, key="mine"), key_policy=policy)
    if outcome == "taken":
        with pytest.raises(faults.KeyTaken) as refusal:
            await store.start(start)
        assert refusal.value.execution == first.id
        return
    made = await store.start(start)
    assert made.replayed is (outcome == "replayed")
    assert made.execution.id == (first.id if outcome == "replayed" else start.execution.id)
    assert await store.execution("default", Ref(key="mine")) == made.execution


async def test_a_key_is_taken_in_its_own_project_only(store: Store) -> None:
    await queued(store, await a_job(store), key="mine")
    other = await a_job(store, project="other")
    assert (await queued(store, other, key="mine")).key == "mine"


async def test_sixty_four_concurrent_starts_with_one_caller_chosen_key_make_one_execution(store: Store) -> None:
    job = await a_job(store)
    policy = KeyPolicy(open="existing")
    starts = [a_start(job, fresh(job, key="mine"), key_policy=policy) for _ in range(64)]
    made = await asyncio.gather(*(store.start(start) for start in starts))
    assert len({one.execution.id for one in made}) == 1


async def test_a_key_that_stands_for_a_request_answers_the_same_one_and_refuses_any_other(store: Store) -> None:
    job = await a_job(store)
    mine = KeyClaim("key:etl", "f1")
    starts = [store.start(a_start(job, fresh(job, key="k"), claim=mine)) for _ in range(64)]
    made = await asyncio.gather(*starts)
    assert len({started.execution.id for started in made}) == 1
    assert [started.replayed for started in made].count(False) == 1
    assert await store.key_claim("default", "k") == mine
    for other in (KeyClaim("key:etl", "f2"), KeyClaim("key:other", "f1"), None):
        with pytest.raises(faults.KeyTaken):
            await store.start(a_start(job, fresh(job, key="k"), claim=other))


async def test_a_key_that_was_given_for_nothing_is_not_taken_by_a_claim(store: Store) -> None:
    job = await a_job(store)
    await store.start(a_start(job, fresh(job, key="k")))
    assert await store.key_claim("default", "k") is None
    with pytest.raises(faults.KeyTaken):
        await store.start(a_start(job, fresh(job, key="k"), claim=KeyClaim("key:etl", "f1")))


async def test_a_claimed_key_is_free_again_once_its_execution_is_deleted(store: Store) -> None:
    job = await a_job(store)
    made = await store.start(a_start(job, fresh(job, key="k"), claim=KeyClaim("key:etl", "f1")))
    await ended(store, await claimed(store, made.execution))
    await store.delete(Delete(number=made.execution.number, at=NOON))
    again = await store.start(a_start(job, fresh(job, key="k"), claim=KeyClaim("key:other", "f2")))
    assert not again.replayed
    assert await store.key_claim("default", "k") == KeyClaim("key:other", "f2")
