"""The same start sent twice: one execution, whatever happened meanwhile."""

import asyncio

import pytest

from runbell.domain import faults
from runbell.domain.canonical import member_digests
from runbell.ports.job_table import RetireJob
from runbell.ports.store import Claim, Delete, Store
from tests.builders import NOON

from .builders import (
    a_job,
    a_key,
    a_start,
    asked_to_stop,
    ended,
    queued,
    running,
)

pytestmark = pytest.mark.anyio


async def test_two_starts_without_a_key_are_two_executions(store: Store) -> None:
    job = await a_job(store)
    assert (await queued(store, job)).number != (await queued(store, job)).number


async def test_the_same_key_and_body_is_the_same_execution_also_after_its_end(store: Store) -> None:
    job = await a_job(store)
    made = await store.start(a_start(job, idempotency=a_key()))
    again = await store.start(a_start(job, idempotency=a_key()))
    assert (made.replayed, again.replayed) == (False, True)
    assert again.execution == made.execution
    (taken,) = await store.claim([Claim(number=made.execution.number, worker="w", at=NOON)])
    assert taken is not None
    done = await ended(store, taken)
    assert (await store.start(a_start(job, idempotency=a_key()))).execution == done


async def test_the_same_key_with_another_body_is_refused_and_the_differing_members_are_named(store: Store) -> None:
    job = await a_job(store)
    first = member_digests(b"k", {"key": "a", "priority": 1, "params": {"n": 1, "same": 1, "x/y": 3}})
    made = await store.start(a_start(job, idempotency=a_key(**first)))
    second = member_digests(b"k", {"key": "b", "priority": 1, "params": {"n": 2, "same": 1}})
    other = a_key(fingerprint="f2", **second)
    with pytest.raises(faults.IdempotencyKeyReused) as refusal:
        await store.start(a_start(job, idempotency=other))
    assert [problem.pointer for problem in refusal.value.problems] == ["/key", "/params/n", "/params/x~1y"]
    assert refusal.value.execution == made.execution.id
    assert (await store.counts())["queued"] == 1


async def test_another_client_neither_hits_nor_probes_a_key(store: Store) -> None:
    job = await a_job(store)
    await store.start(a_start(job, idempotency=a_key()))
    other = await store.start(a_start(job, idempotency=a_key(client="key:other", fingerprint="f2")))
    assert not other.replayed


async def test_a_key_whose_execution_was_deleted_says_so_and_names_it(store: Store) -> None:
    job = await a_job(store)
    made = (await store.start(a_start(job, idempotency=a_key()))).execution
    discarded = await asked_to_stop(store, made)
    await store.delete(Delete(number=discarded.number, at=NOON))
    with pytest.raises(faults.Gone) as refusal:
        await store.start(a_start(job, idempotency=a_key()))
    assert refusal.value.execution == made.id


async def test_a_refused_start_leaves_its_key_unused(store: Store) -> None:
    job = await a_job(store, running=1, when_full="reject")
    first = await running(store, job)
    with pytest.raises(faults.AlreadyRunning):
        await store.start(a_start(job, idempotency=a_key()))
    assert await store.remembered("key:admin", a_key().path, "k1") is None
    await ended(store, first)
    assert not (await store.start(a_start(job, idempotency=a_key()))).replayed


async def test_what_is_remembered_of_a_key_is_what_was_sent(store: Store) -> None:
    job = await a_job(store)
    made = (await store.start(a_start(job, idempotency=a_key(params="d1")))).execution
    known = await store.remembered("key:admin", a_key().path, "k1")
    assert known is not None
    assert (known.execution, known.fingerprint, known.members) == (made.id, "f1", {"params": "d1"})
    assert await store.remembered("key:admin", a_key().path, "k2") is None


async def test_sixty_four_concurrent_starts_with_one_key_make_one_execution(store: Store) -> None:
    job = await a_job(store)
    made = await asyncio.gather(*(store.start(a_start(job, idempotency=a_key())) for _ in range(64)))
    assert len({one.execution.id for one in made}) == 1
    assert sum(not one.replayed for one in made) == 1
    assert (await store.counts())["queued"] == 1


async def test_a_replay_wins_over_a_job_that_was_disabled_or_retired_meanwhile(store: Store) -> None:
    job = await a_job(store)
    await store.start(a_start(job, idempotency=a_key()))
    await store.retire_job(RetireJob(project="default", name="load", at=NOON))
    assert (await store.start(a_start(job, idempotency=a_key()))).replayed
