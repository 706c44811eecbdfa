"""The queue, and taking an execution out of it."""

import asyncio

import pytest
from msgspec import structs

from runbell.domain.status import Status, StepStatus
from runbell.ports.queue_table import Shares
from runbell.ports.store import Advance, Claim, Requeue, Store
from tests.builders import NOON, a_row

from .builders import a_job, a_put, a_start, asked_to_stop, claimed, ended, fresh, in_every_status, now, queued, running

pytestmark = pytest.mark.anyio


async def test_a_claim_takes_the_execution_with_its_first_steps_in_one_write(store: Store) -> None:
    made = await queued(store, await a_job(store), params={"limit": 1})
    first = a_row("read", StepStatus.RUNNING)
    (taken,) = await store.claim([Claim(number=made.number, worker="w1", at=NOON + 5, steps=(first,))])
    assert taken == structs.replace(
        made, status=Status.RUNNING, revision=2, epoch=1, claimed_by="w1", started_at=NOON + 5
    )
    assert await now(store, made) == taken
    assert await store.steps(made.number) == [first]


async def test_only_what_is_queued_can_be_claimed(store: Store) -> None:
    executions = await in_every_status(store, await a_job(store))
    taken = await store.claim([Claim(number=one.number, worker="w", at=NOON) for one in executions.values()])
    assert [status for status, one in zip(executions, taken, strict=True) if one is not None] == [Status.QUEUED]
    assert await store.claim([Claim(number=9_999, worker="w", at=NOON)]) == [None]


async def test_of_many_that_claim_at_once_one_gets_it(store: Store) -> None:
    made = await queued(store, await a_job(store))
    claims = [store.claim([Claim(number=made.number, worker=f"w{i}", at=NOON)]) for i in range(64)]
    taken = [one for (one,) in await asyncio.gather(*claims) if one is not None]
    assert [one.epoch for one in taken] == [1]


async def test_every_claim_has_a_higher_epoch_and_the_first_start_stays(store: Store) -> None:
    first = await running(store, await a_job(store))
    await store.advance(Advance(number=first.number, epoch=1, at=NOON + 9, verdict=Requeue()))
    second = await claimed(store, first, at=NOON + 10)
    assert (second.epoch, second.started_at, second.workers_lost) == (2, first.started_at, 1)


async def test_a_claim_past_the_start_by_time_is_refused_unless_it_had_begun(store: Store) -> None:
    job = await a_job(store)
    late = await queued(store, job, start_by=NOON + 10)
    assert await store.claim([Claim(number=late.number, worker="w", at=NOON + 10)]) == [None]
    begun = await running(store, job, start_by=NOON + 10)
    await store.advance(Advance(number=begun.number, epoch=1, at=NOON, verdict=Requeue()))
    assert (await claimed(store, begun, at=NOON + 10)).epoch == 2


async def test_the_queue_is_ordered_by_priority_then_number(store: Store) -> None:
    jobs = [await a_job(store, name) for name in ("a", "b", "c")]
    made = [await queued(store, jobs[i % 3], priority=priority) for i, priority in enumerate([0, 5, -1, 5, 0, 7])]
    expected = [made[i] for i in (5, 1, 3, 0, 4, 2)]
    assert await store.queue(10) == expected
    assert await store.queue(2) == expected[:2]


async def test_the_queue_skips_a_full_job_and_offers_no_more_than_its_room(store: Store) -> None:
    full, roomy, free = await a_job(store, "a", running=1), await a_job(store, "b", running=3), await a_job(store, "c")
    await running(store, full)
    await running(store, roomy)
    for job in (full, roomy, free):
        for _ in range(4):
            await queued(store, job)
    assert [one.job for one in await store.queue(100)] == ["b", "b", "c", "c", "c", "c"]


async def test_a_stopping_execution_still_takes_its_place(store: Store) -> None:
    job = await a_job(store, running=1)
    await asked_to_stop(store, await running(store, job))
    waiting = await queued(store, job)
    assert await store.queue(10) == []
    assert await store.claim([Claim(number=waiting.number, worker="w", at=NOON)]) == [None]


async def test_a_place_is_free_again_once_the_execution_has_ended(store: Store) -> None:
    job = await a_job(store, running=1)
    first, waiting = await running(store, job), await queued(store, job)
    await ended(store, first)
    assert await store.queue(10) == [waiting]
    assert (await claimed(store, waiting)).status is Status.RUNNING


async def test_claims_of_one_call_count_against_the_limit_together(store: Store) -> None:
    job = await a_job(store, running=2)
    made = [await queued(store, job) for _ in range(5)]
    taken = await store.claim([Claim(number=one.number, worker="w", at=NOON) for one in made])
    assert [one is not None for one in taken] == [True, True, False, False, False]


async def test_sixty_four_workers_never_run_a_single_run_job_twice_at_once(store: Store) -> None:
    job = await a_job(store, running=1)
    made = [await queued(store, job) for _ in range(64)]
    taken = await asyncio.gather(*(store.claim([Claim(number=one.number, worker="w", at=NOON)]) for one in made))
    assert sum(one is not None for (one,) in taken) == 1


async def test_a_changed_limit_counts_from_the_next_claim_on(store: Store) -> None:
    job = await a_job(store, running=1)
    await running(store, job)
    waiting = await queued(store, job)
    await store.put_job(a_put(definition={"limits": {"running": 2}}))
    assert await store.queue(10) == [waiting]
    assert (await claimed(store, waiting)).status is Status.RUNNING


async def test_a_limit_lowered_below_what_runs_offers_nothing(store: Store) -> None:
    job = await a_job(store, running=2)
    for _ in range(2):
        await running(store, job)
    await queued(store, job)
    await store.put_job(a_put(definition={"limits": {"running": 1}}))
    assert await store.queue(10) == []


async def test_a_follow_up_that_waits_is_neither_offered_nor_claimed(store: Store) -> None:
    job = await a_job(store)
    first = fresh(job)
    blocked = fresh(job, predecessor=first.id, predecessor_on="succeeded")
    made = (await store.start(a_start(job, first, follow_ups=(blocked,)))).execution
    assert await store.queue(10) == [made]
    waiting = await now(store, blocked)
    assert await store.claim([Claim(number=waiting.number, worker="w", at=NOON)]) == [None]


async def test_live_is_what_runs_or_is_to_stop(store: Store) -> None:
    executions = await in_every_status(store, await a_job(store))
    assert {one.status for one in await store.live()} == {Status.RUNNING, Status.STOPPING}
    assert len(await store.live()) == 2
    counted = await store.counts()
    assert counted == {"scheduled": 1, "queued": 1, "running": 1, "stopping": 1}
    assert len(executions) == len(Status)


async def test_projects_take_turns_at_equal_priority(store: Store) -> None:
    flood, calm = await a_job(store), await a_job(store, "b", project="aside")
    for _ in range(5):
        await queued(store, flood)
    for _ in range(2):
        await queued(store, calm)
    urgent = await queued(store, flood, priority=1)
    assert [one.project for one in await store.queue(6)] == [
        "default",
        "aside",
        "default",
        "aside",
        "default",
        "default",
    ]
    assert (await store.queue(1)) == [urgent]
    served = Shares(running={}, served={"default": 7, "aside": 6}, now=6)
    assert [one.project for one in await store.queue(4, served)] == ["default", "aside", "aside", "default"]
    busy = Shares(running={"default": 1}, served={}, now=0)
    assert [one.project for one in await store.queue(4, busy)] == ["default", "aside", "aside", "default"]
