"""Executions that wait for another one, and what becomes of them at its end."""

from typing import Any

import pytest
from msgspec import structs

from runbell.domain.execution import Execution
from runbell.domain.status import DiscardReason, Status
from runbell.ports.job_table import JobRecord, RetireJob
from runbell.ports.store import Advance, FollowUpPlan, Requeue, Store
from tests.builders import NOON

from .builders import (
    BROKEN,
    OK,
    a_job,
    a_put,
    a_start,
    asked_to_stop,
    claimed,
    ended,
    fresh,
    now,
    proof_of,
    queued,
    running,
)

pytestmark = pytest.mark.anyio


async def a_chain(store: Store, job: JobRecord, names: str = "abc", **fields: Any) -> list[Execution]:
    """An accepted execution, one that waits for it, one that waits for that, and so on."""
    chain = [fresh(job, **fields)]
    for _ in names[1:]:
        chain.append(fresh(job, predecessor=chain[-1].id, predecessor_on="succeeded"))
    await store.start(a_start(job, chain[0], follow_ups=tuple(chain[1:])))
    return [await now(store, one) for one in chain]


async def states(store: Store, executions: list[Execution]) -> list[tuple[Status, DiscardReason | None]]:
    found = [await now(store, one) for one in executions]
    return [(one.status, one.discard_reason) for one in found]


WAITS = (Status.QUEUED, None)
GONE = (Status.DISCARDED, DiscardReason.PREDECESSOR)


async def test_follow_ups_are_made_with_their_predecessor_and_wait(store: Store) -> None:
    chain = await a_chain(store, await a_job(store))
    assert [one.number for one in chain] == sorted({one.number for one in chain})
    assert await states(store, chain) == [WAITS, WAITS, WAITS]
    assert await store.follow_ups(chain[0].id) == [chain[1]]
    assert await store.follow_ups(chain[1].id) == [chain[2]]
    assert await store.follow_ups(chain[2].id) == []


async def test_a_released_follow_up_gets_its_parameters_and_time_and_can_be_claimed(store: Store) -> None:
    first, second, third = await a_chain(store, await a_job(store))
    plan = FollowUpPlan(released={second.id: {"limit": 5}}, start_by={second.id: NOON + 999})
    await ended(store, await claimed(store, first), OK, plan)
    released = await now(store, second)
    assert released == structs.replace(
        second, params={"limit": 5}, start_by=NOON + 999, predecessor_on=None, revision=2
    )
    assert await store.queue(10) == [released]
    assert await now(store, third) == third
    assert (await claimed(store, released)).params == {"limit": 5}


@pytest.mark.parametrize("plan", [None, FollowUpPlan()])
async def test_what_a_plan_does_not_release_is_discarded_and_theirs_too(
    store: Store, plan: FollowUpPlan | None
) -> None:
    chain = await a_chain(store, await a_job(store))
    await ended(store, await claimed(store, chain[0]), BROKEN, plan)
    assert (await states(store, chain))[1:] == [GONE, GONE]


async def test_a_requeued_predecessor_keeps_its_follow_ups_waiting(store: Store) -> None:
    chain = await a_chain(store, await a_job(store))
    first = await claimed(store, chain[0])
    await store.advance(Advance(number=first.number, epoch=1, at=NOON, verdict=Requeue()))
    assert await states(store, chain) == [WAITS, WAITS, WAITS]


async def test_stopping_a_queued_predecessor_discards_its_follow_ups(store: Store) -> None:
    chain = await a_chain(store, await a_job(store))
    await asked_to_stop(store, chain[0])
    assert await states(store, chain) == [(Status.DISCARDED, DiscardReason.STOPPED), GONE, GONE]


async def test_stopping_a_running_predecessor_discards_them_when_the_stop_is_confirmed(store: Store) -> None:
    chain = await a_chain(store, await a_job(store))
    stopping = await asked_to_stop(store, await claimed(store, chain[0]))
    assert (await states(store, chain))[1:] == [WAITS, WAITS]
    await ended(store, stopping, proof_of(stopping))
    assert (await states(store, chain))[1:] == [GONE, GONE]


async def test_stopping_a_follow_up_that_waits_discards_what_waits_for_it_only(store: Store) -> None:
    chain = await a_chain(store, await a_job(store))
    await asked_to_stop(store, chain[1])
    assert await states(store, chain) == [WAITS, (Status.DISCARDED, DiscardReason.STOPPED), GONE]
    plan = FollowUpPlan(released={chain[1].id: {}})
    await ended(store, await claimed(store, chain[0]), OK, plan)
    assert (await states(store, chain))[1] == (Status.DISCARDED, DiscardReason.STOPPED)
    assert [one.id for one in await store.follow_ups(chain[0].id)] == [chain[1].id]  # its place among them stays


async def test_an_expired_predecessor_discards_its_follow_ups(store: Store) -> None:
    chain = await a_chain(store, await a_job(store), start_by=NOON + 5)
    assert await store.tick(NOON + 5, 10) == 1
    assert await states(store, chain) == [(Status.DISCARDED, DiscardReason.EXPIRED), GONE, GONE]


async def test_one_tick_can_expire_a_predecessor_and_what_waits_for_it(store: Store) -> None:
    job = await a_job(store)
    first = fresh(job, start_by=NOON + 5)
    second = fresh(job, start_by=NOON + 6, predecessor=first.id, predecessor_on="succeeded")
    await store.start(a_start(job, first, follow_ups=(second,)))
    await store.tick(NOON + 10, 10)
    assert await states(store, [first, second]) == [(Status.DISCARDED, DiscardReason.EXPIRED), GONE]


@pytest.mark.parametrize("change", ["disabled", "retired"])
async def test_a_follow_up_whose_job_takes_no_starts_any_more_is_discarded_as_busy(store: Store, change: str) -> None:
    first_job, other = await a_job(store), await a_job(store, "report")
    first = fresh(first_job)
    second = fresh(other, predecessor=first.id, predecessor_on="succeeded")
    await store.start(a_start(first_job, first, follow_ups=(second,)))
    if change == "disabled":
        await store.put_job(a_put("report", definition={"enabled": False}, enabled=False))
    else:
        await store.retire_job(RetireJob(project="default", name="report", at=NOON))
    plan = FollowUpPlan(released={second.id: {}})
    await ended(store, await claimed(store, await now(store, first)), OK, plan)
    assert await states(store, [second]) == [(Status.DISCARDED, DiscardReason.BUSY)]


async def test_a_follow_up_of_a_full_job_that_rejects_is_discarded_as_busy_and_the_verdict_stands(
    store: Store,
) -> None:
    first_job, other = await a_job(store), await a_job(store, "report", running=1, when_full="reject")
    first = fresh(first_job)
    second = fresh(other, predecessor=first.id, predecessor_on="succeeded")
    third = fresh(first_job, predecessor=second.id, predecessor_on="succeeded")
    await store.start(a_start(first_job, first, follow_ups=(second, third)))
    await running(store, other)
    plan = FollowUpPlan(released={second.id: {}})
    done = await ended(store, await claimed(store, await now(store, first)), OK, plan)
    assert done.status is Status.SUCCEEDED
    assert await states(store, [second, third]) == [(Status.DISCARDED, DiscardReason.BUSY), GONE]


async def test_a_released_follow_up_makes_room_for_itself_if_its_job_says_so(store: Store) -> None:
    first_job = await a_job(store)
    other = await a_job(store, "report", running=1, when_full="stop_running", grace="9s")
    in_the_way = await running(store, other)
    first = fresh(first_job)
    second = fresh(other, predecessor=first.id, predecessor_on="succeeded")
    await store.start(a_start(first_job, first, follow_ups=(second,)))
    plan = FollowUpPlan(released={second.id: {}})
    await ended(store, await claimed(store, await now(store, first)), OK, plan)
    leaving = await now(store, in_the_way)
    assert leaving.stop is not None
    assert (leaving.status, leaving.stop.deadline_at) == (Status.STOPPING, NOON + 100 + 9_000 + 1_000)


async def test_new_follow_ups_are_started_in_the_commit_of_the_verdict(store: Store) -> None:
    job = await a_job(store)
    first = await running(store, job)
    new = fresh(job, predecessor=first.id, params={"why": "failed"})
    theirs = fresh(job, predecessor=new.id, predecessor_on="succeeded")
    plan = FollowUpPlan(created=(a_start(job, new, follow_ups=(theirs,)),))
    await ended(store, first, BROKEN, plan)
    assert await states(store, [new, theirs]) == [WAITS, WAITS]
    assert [one.id for one in await store.queue(10)] == [new.id]
    assert [one.id for one in await store.follow_ups(first.id)] == [new.id]


async def test_a_new_follow_up_that_its_job_refuses_is_recorded_as_busy_and_the_verdict_stands(store: Store) -> None:
    job, other = await a_job(store), await a_job(store, "report", running=1, when_full="reject")
    await queued(store, other)
    first = await running(store, job)
    new = fresh(other, predecessor=first.id)
    done = await ended(store, first, BROKEN, FollowUpPlan(created=(a_start(other, new),)))
    assert done.status is Status.FAILED
    assert await states(store, [new]) == [(Status.DISCARDED, DiscardReason.BUSY)]


async def test_a_follow_up_that_waits_does_not_fill_a_job_that_rejects(store: Store) -> None:
    job, other = await a_job(store), await a_job(store, "report", running=1, when_full="reject")
    first = fresh(job)
    waits = fresh(other, predecessor=first.id, predecessor_on="succeeded")
    await store.start(a_start(job, first, follow_ups=(waits,)))
    assert (await queued(store, other)).status is Status.QUEUED
