"""What is due by the clock, and the removal of what has ended."""

import pytest
from msgspec import structs

from runbell.domain.faults import KeyTaken, NotFinished, NotFound
from runbell.domain.status import DiscardReason, Status
from runbell.ports.standing import Buried
from runbell.ports.store import Advance, Delete, KeyPolicy, Ref, Requeue, Store
from runbell.ports.upkeep_table import Forget
from tests.builders import NOON, a_row

from .builders import a_job, a_start, asked_to_stop, claimed, ended, fresh, in_every_status, now, queued, running

pytestmark = pytest.mark.anyio


async def test_a_scheduled_execution_is_released_when_its_time_has_come(store: Store) -> None:
    job = await a_job(store)
    made = await queued(store, job, status=Status.SCHEDULED, start_after=NOON + 10)
    assert await store.tick(NOON + 9, 10) == 0
    assert await store.queue(10) == []
    assert await store.tick(NOON + 10, 10) == 1
    released = await now(store, made)
    assert released == structs.replace(made, status=Status.QUEUED, revision=2)
    assert await store.queue(10) == [released]


async def test_what_came_too_late_is_discarded(store: Store) -> None:
    made = await queued(store, await a_job(store), start_by=NOON + 10)
    assert await store.tick(NOON + 9, 10) == 0
    assert await store.tick(NOON + 10, 10) == 1
    late = await now(store, made)
    assert (late.status, late.discard_reason, late.ended_at) == (Status.DISCARDED, DiscardReason.EXPIRED, NOON + 10)


async def test_what_is_due_and_too_late_at_once_ends_in_one_tick(store: Store) -> None:
    made = await queued(store, await a_job(store), status=Status.SCHEDULED, start_after=NOON + 1, start_by=NOON + 2)
    assert await store.tick(NOON + 10, 10) == 2
    assert (await now(store, made)).discard_reason is DiscardReason.EXPIRED


async def test_what_had_begun_does_not_expire(store: Store) -> None:
    made = await running(store, await a_job(store), start_by=NOON + 10)
    await store.advance(Advance(number=made.number, epoch=1, at=NOON, verdict=Requeue()))
    assert await store.tick(NOON + 99, 10) == 0
    assert await store.next_due() is None


async def test_a_tick_does_no_more_than_its_limit(store: Store) -> None:
    job = await a_job(store)
    for _ in range(3):
        await queued(store, job, status=Status.SCHEDULED, start_after=NOON)
        await queued(store, job, start_by=NOON)
    done = []
    while step := await store.tick(NOON + 1, 4):
        done.append(step)
    assert done == [4, 2]


async def test_next_due_is_the_earliest_start_or_start_by_time(store: Store) -> None:
    job = await a_job(store)
    assert await store.next_due() is None
    await queued(store, job)
    assert await store.next_due() is None
    await queued(store, job, start_by=NOON + 50)
    assert await store.next_due() == NOON + 50
    scheduled = await queued(store, job, status=Status.SCHEDULED, start_after=NOON + 20, start_by=NOON + 30)
    assert await store.next_due() == NOON + 20
    await asked_to_stop(store, scheduled)
    assert await store.next_due() == NOON + 50


async def test_only_what_has_ended_can_be_deleted(store: Store) -> None:
    executions = await in_every_status(store, await a_job(store))
    for status, one in executions.items():
        if status.terminal:
            await store.delete(Delete(number=one.number, at=NOON))
            assert await store.execution("default", Ref(number=one.number)) is None
        else:
            with pytest.raises(NotFinished):
                await store.delete(Delete(number=one.number, at=NOON))
            assert await now(store, one) == one
    with pytest.raises(NotFound):
        await store.delete(Delete(number=9_999, at=NOON))


async def test_a_deleted_execution_is_remembered_by_every_name_it_had_and_its_steps_go(store: Store) -> None:
    made = await running(store, await a_job(store), key="mine")
    await store.advance(Advance(number=made.number, epoch=1, at=NOON, steps=(a_row("read"),)))
    await ended(store, made)
    refs = (Ref(id=made.id), Ref(number=made.number), Ref(key="mine"))
    assert [await store.deleted("default", ref) for ref in refs] == [None, None, None]
    await store.delete(Delete(number=made.number, at=NOON))
    assert [await store.deleted("default", ref) for ref in refs] == [Buried(made.id, "load")] * 3
    assert [await store.deleted("other", ref) for ref in refs] == [None, None, None]
    assert await store.steps(made.number) == []
    assert await store.execution("default", Ref(key="mine")) is None


async def test_a_deletion_is_forgotten_when_its_time_has_come(store: Store) -> None:
    made = await ended(store, await running(store, await a_job(store)))
    await store.delete(Delete(number=made.number, at=NOON))
    await store.forget(Forget(tombstones=NOON, keys=0, bulks=0, limit=10))
    assert await store.deleted("default", Ref(id=made.id)) == Buried(made.id, "load")
    await store.forget(Forget(tombstones=NOON + 1, keys=0, bulks=0, limit=10))
    assert await store.deleted("default", Ref(id=made.id)) is None


async def test_the_key_of_a_deleted_execution_is_free_unless_a_newer_one_has_it(store: Store) -> None:
    job = await a_job(store)
    old = await ended(store, await running(store, job, key="mine"))
    start = a_start(job, fresh(job, key="mine"), key_policy=KeyPolicy(closed="allow"))
    new = (await store.start(start)).execution
    await store.delete(Delete(number=old.number, at=NOON))
    assert await store.execution("default", Ref(key="mine")) == new
    with pytest.raises(KeyTaken):
        await queued(store, job, key="mine")
    await ended(store, await claimed(store, new))
    await store.delete(Delete(number=new.number, at=NOON))
    assert (await queued(store, job, key="mine")).key == "mine"
