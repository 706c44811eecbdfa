"""Accepting an execution."""

import asyncio
from typing import Any

import pytest
from msgspec import structs

from runbell.domain import faults
from runbell.domain.execution import Trigger
from runbell.domain.status import Status, StepStatus
from runbell.ports.job_table import RetireJob
from runbell.ports.standing import Standing
from runbell.ports.store import Delete, Ref, Store
from tests.builders import NOON, a_row

from .builders import (
    a_job,
    a_put,
    a_start,
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
