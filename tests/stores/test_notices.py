"""Listeners hear of what was committed, once it is."""

import pytest

from runbell.domain.status import Status
from runbell.ports.store import Advance, FollowUpPlan, Notice, Store
from tests.builders import NOON

from .builders import BROKEN, a_job, a_put, a_start, asked_to_stop, claimed, ended, fresh, now, running

pytestmark = pytest.mark.anyio


async def test_every_change_is_told_with_its_status_and_revision(store: Store) -> None:
    heard: list[Notice] = []
    job = await a_job(store)
    store.subscribe(heard.append)
    made = await running(store, job)
    await store.advance(Advance(number=made.number, epoch=1, at=NOON))
    await asked_to_stop(store, made)
    assert heard == [
        Notice(made.number, made.id, status, revision)
        for status, revision in ((Status.QUEUED, 1), (Status.RUNNING, 2), (Status.RUNNING, 3), (Status.STOPPING, 4))
    ]


async def test_what_is_told_is_on_the_table_already(store: Store) -> None:
    job = await a_job(store)
    heard: list[Notice] = []
    store.subscribe(heard.append)
    made = (await store.start(a_start(job))).execution
    assert (await now(store, made)).revision == heard[-1].revision


async def test_a_cascade_is_told_as_a_whole(store: Store) -> None:
    job = await a_job(store)
    first = fresh(job)
    second = fresh(job, predecessor=first.id, predecessor_on="succeeded")
    made = (await store.start(a_start(job, first, follow_ups=(second,)))).execution
    heard: list[Notice] = []
    store.subscribe(heard.append)
    await ended(store, await claimed(store, made), BROKEN, FollowUpPlan())
    assert [(one.id, one.status) for one in heard[1:]] == [
        (first.id, Status.FAILED),
        (second.id, Status.DISCARDED),
    ]


async def test_jobs_and_refusals_are_not_told(store: Store) -> None:
    heard: list[Notice] = []
    store.subscribe(heard.append)
    await store.put_job(a_put())
    await store.tick(NOON, 10)
    assert heard == []
