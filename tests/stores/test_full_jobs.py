"""A start of a job that is full: it waits, is refused, or makes room."""

import asyncio
from typing import Any

import pytest

from runbell.domain import faults
from runbell.domain.status import Status
from runbell.ports.store import Store
from tests.builders import NOON

from .builders import (
    a_job,
    a_start,
    asked_to_stop,
    fresh,
    now,
    queued,
    running,
)

pytestmark = pytest.mark.anyio


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
