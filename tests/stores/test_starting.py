"""Accepting an execution."""

import asyncio
from typing import Any

import pytest
from msgspec import structs

from runbell.domain import faults
from runbell.domain.canonical import member_digests
from runbell.domain.execution import Trigger
from runbell.domain.status import Status, StepStatus
from runbell.ports.job_table import RetireJob
from runbell.ports.key_table import KeyClaim
from runbell.ports.standing import Standing
from runbell.ports.store import Claim, Delete, KeyPolicy, Ref, Store
from tests.builders import NOON, a_row

from .builders import (
    BROKEN,
    OK,
    a_job,
    a_key,
    a_put,
    a_start,
    asked_to_stop,
    claimed,
    ended,
    fresh,
    now,
    queued,
    running,
)

pytestmark = pytest.mark.anyio


async def test_what_was_accepted_is_read_back_as_it_was_by_id_number_and_key(store: Store) -> None:
    job = await a_job(store)
    asked = fresh(
        job,
        key="load-1",
        params={"limit": 5, "country": None, "list": [1, "ü"]},
        trigger=Trigger("schedule", "schedule:nightly", "native", "nightly"),
        tags=("finance", "daily"),
        scopes=("EU",),
        priority=3,
        start_by=NOON + 5,
        timeout_ms=60_000,
        rerun_of="r1",
        restart_of="r2",
        traceparent="00-abc",
        about={"range_start": NOON, "range_end": NOON + 1},
    )
    made = (await store.start(a_start(job, asked))).execution
    assert made == structs.replace(asked, number=made.number)
    for ref in (Ref(id=made.id), Ref(number=made.number), Ref(key="load-1")):
        assert await store.execution("default", ref) == made
        assert await store.standing("default", ref) == Standing(made.number, 1, Status.QUEUED, "load")
        assert await store.execution("other", ref) is None
        assert await store.standing("other", ref) is None


async def test_numbers_grow_and_are_not_given_again_after_a_delete(store: Store) -> None:
    job = await a_job(store)
    first = await ended(store, await running(store, job))
    await store.delete(Delete(number=first.number, at=NOON))
    assert (await queued(store, job)).number > first.number


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


async def test_a_disabled_job_refuses_starts(store: Store) -> None:
    job = (await store.put_job(a_put(enabled=False))).job
    with pytest.raises(faults.JobDisabled):
        await store.start(a_start(job))


@pytest.mark.parametrize(("kind", "taken"), [("api", False), ("cli", False), ("rerun", True), ("job", True)])
async def test_a_job_that_runs_on_its_schedule_only_refuses_who_starts_it_by_hand(
    store: Store, kind: str, taken: bool
) -> None:
    job = (await store.put_job(a_put(by_api=False))).job
    start = a_start(job, fresh(job, trigger=Trigger(kind, "key:admin", "native")))
    if taken:
        assert (await store.start(start)).execution.number
        return
    with pytest.raises(faults.JobScheduled):
        await store.start(start)


async def test_a_retired_and_an_unknown_job_are_not_found(store: Store) -> None:
    job = await a_job(store)
    await store.retire_job(RetireJob(project="default", name="load", at=NOON))
    with pytest.raises(faults.NotFound):
        await store.start(a_start(job))
    with pytest.raises(faults.NotFound):
        await store.start(a_start(structs.replace(job, number=999)))


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


async def test_a_full_job_that_queues_accepts(store: Store) -> None:
    job = await a_job(store, running=1)
    await running(store, job)
    assert (await queued(store, job)).status is Status.QUEUED


@pytest.mark.parametrize("state", ["running", "stopping", "queued"])
async def test_a_full_job_that_rejects_names_the_execution_in_the_way(store: Store, state: str) -> None:
    job = await a_job(store, running=1, when_full="reject")
    first = await queued(store, job) if state == "queued" else await running(store, job)
    if state == "stopping":
        await asked_to_stop(store, first)
    with pytest.raises(faults.AlreadyRunning) as refusal:
        await queued(store, job)
    assert refusal.value.execution == first.id


async def test_concurrent_starts_of_a_job_that_rejects_let_one_through(store: Store) -> None:
    job = await a_job(store, running=1, when_full="reject")
    made: list[Any] = await asyncio.gather(*(queued(store, job) for _ in range(64)), return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in made) == 1


async def test_a_full_job_that_stops_what_runs_asks_the_oldest_to_leave(store: Store) -> None:
    job = await a_job(store, running=2, when_full="stop_running")
    oldest, other = await running(store, job), await running(store, job)
    newest = (await store.start(a_start(job, grace_ms=7_000, execution=fresh(job, created_at=NOON + 50)))).execution
    assert newest.status is Status.QUEUED
    leaving = await now(store, oldest)
    assert leaving.status is Status.STOPPING
    assert leaving.stop is not None
    assert (leaving.stop.mode, leaving.stop.requested_at, leaving.stop.deadline_at) == (
        "graceful",
        NOON + 50,
        NOON + 50 + 7_000 + 1_000,
    )
    assert (await now(store, other)).status is Status.RUNNING


async def test_a_job_that_is_never_full_accepts_and_runs_any_number(store: Store) -> None:
    job = await a_job(store, running=1, when_full="allow")
    await running(store, job)
    await running(store, job)
    assert (await store.counts())["running"] == 2


async def test_reused_steps_of_a_restart_are_there_from_the_start(store: Store) -> None:
    job = await a_job(store)
    reused = (a_row("read", StepStatus.REUSED, reused_from="r1"), a_row("tidy", StepStatus.REUSED, reused_from="r1"))
    made = (await store.start(a_start(job, reused=reused))).execution
    assert await store.steps(made.number) == list(reused)


async def test_a_follow_up_of_an_unknown_job_refuses_the_start_as_a_whole(store: Store) -> None:
    job = await a_job(store)
    first = fresh(job)
    orphan = fresh(structs.replace(job, name="nowhere"), predecessor=first.id, predecessor_on="succeeded")
    with pytest.raises(faults.InvalidDefinition):
        await store.start(a_start(job, first, follow_ups=(orphan,)))
    assert (await store.counts())["queued"] == 0


async def test_params_of_256_kib_and_odd_texts_survive(store: Store) -> None:
    job = await a_job(store)
    params = {"big": "x" * 262_144, "zero": "a\x00b", "emoji": "🛎", "n": 2**63 - 1, "f": 1e300}
    made = await queued(store, job, params=params)
    assert (await now(store, made)).params == params


async def test_a_start_that_failed_inside_changes_nothing_for_others(store: Store) -> None:
    job = await a_job(store)
    twice = fresh(job)
    await store.start(a_start(job, twice))
    made: list[Any] = await asyncio.gather(
        *(store.start(a_start(job, one)) for one in (fresh(job), twice, fresh(job))), return_exceptions=True
    )
    assert isinstance(made[1], faults.Internal)
    assert [one.execution.number > 0 for one in (made[0], made[2])] == [True, True]
    assert (await store.counts())["queued"] == 3
