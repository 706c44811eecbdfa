"""Kept values: handed back by a success, taken by the next one that asks, never by two at once."""

import pytest

from runbell.domain.faults import InUse
from runbell.domain.status import ExitStatus, Status
from runbell.ports.store import Claim, Delete, Store, Succeed
from tests.builders import NOON, a_row

from .builders import BROKEN, a_job, a_start, ended, fresh, now, queued, running

pytestmark = pytest.mark.anyio


def handing_back(**values: object) -> Succeed:
    return Succeed(ExitStatus("OK"), None, values)


async def offered(store: Store) -> list[int]:
    return [one.number for one in await store.queue(10)]


async def test_a_success_hands_back_and_the_next_takes_it_when_it_begins(store: Store) -> None:
    job = await a_job(store)
    waiting = await queued(store, job, kept=("since",), params={"since": "old", "day": "mon"})
    await ended(store, await running(store, job), handing_back(since="new", other=1))
    assert await store.kept(job.number) == {"since": "new", "other": 1}
    (taken,) = await store.claim([Claim(number=waiting.number, worker="w", at=NOON)])
    assert taken is not None
    assert taken.params == {"since": "new", "day": "mon"}
    assert await now(store, waiting) == taken


async def test_only_a_success_hands_back(store: Store) -> None:
    job = await a_job(store)
    await ended(store, await running(store, job), BROKEN)
    assert await store.kept(job.number) == {}


async def test_two_that_take_kept_values_never_run_at_once(store: Store) -> None:
    job = await a_job(store)
    first, second = [await queued(store, job, kept=("since",), params={}) for _ in range(2)]
    other = await queued(store, job)
    assert await offered(store) == [first.number, other.number]
    claims = [Claim(number=one.number, worker="w", at=NOON) for one in (first, second)]
    one, none = await store.claim(claims)
    assert one is not None
    assert none is None
    assert await offered(store) == [other.number]
    await ended(store, one, handing_back(since=1))
    assert await offered(store) == [second.number, other.number]


async def test_one_that_begins_again_goes_on_with_the_value_that_it_had(store: Store) -> None:
    job = await a_job(store)
    again = await queued(store, job, kept=("since",), params={"since": 1}, started_at=NOON)
    await ended(store, await running(store, job), handing_back(since=2))
    (taken,) = await store.claim([Claim(number=again.number, worker="w", at=NOON)])
    assert taken is not None
    assert taken.params == {"since": 1}


async def test_a_restart_goes_on_with_the_value_of_its_source(store: Store) -> None:
    job = await a_job(store)
    broken = await ended(store, await running(store, job, kept=("since",), params={"since": 1}), BROKEN)
    await ended(store, await running(store, job), handing_back(since=2))
    made = await queued(store, job, kept=("since",), params={"since": 1}, restart_of=broken.id)
    (taken,) = await store.claim([Claim(number=made.number, worker="w", at=NOON)])
    assert taken is not None
    assert taken.params == {"since": 1}


async def test_the_repetition_of_an_old_one_overwrites_nothing_newer(store: Store) -> None:
    job = await a_job(store)
    old = await ended(store, await running(store, job), BROKEN)
    await ended(store, await running(store, job), handing_back(since="new"))
    again = await ended(store, await running(store, job, restart_of=old.id), BROKEN)
    await ended(store, await running(store, job, rerun_of=again.id), handing_back(since="old"))
    assert await store.kept(job.number) == {"since": "new"}
    newest = await ended(store, await running(store, job), BROKEN)
    await ended(store, await running(store, job, rerun_of=newest.id), handing_back(since="newest"))
    assert await store.kept(job.number) == {"since": "newest"}


async def test_a_step_remembers_what_it_hands_back(store: Store) -> None:
    job = await a_job(store)
    made = await queued(store, job)
    row = a_row("read", keep={"since": [1, None]})
    await store.claim([Claim(number=made.number, worker="w", at=NOON, steps=(row,))])
    assert await store.steps(made.number) == [row]


async def test_what_a_queued_restart_goes_on_from_is_not_deleted(store: Store) -> None:
    job = await a_job(store)
    source = await ended(store, await running(store, job), BROKEN)
    made = await queued(store, job, restart_of=source.id)
    with pytest.raises(InUse) as refused:
        await store.delete(Delete(number=source.number, at=NOON))
    assert refused.value.execution == made.id
    (taken,) = await store.claim([Claim(number=made.number, worker="w", at=NOON)])
    assert taken is not None
    await store.delete(Delete(number=source.number, at=NOON))


async def test_a_scheduled_restart_holds_its_source_too(store: Store) -> None:
    job = await a_job(store)
    source = await ended(store, await running(store, job), BROKEN)
    await store.start(a_start(job, fresh(job, status=Status.SCHEDULED, start_after=NOON + 9, restart_of=source.id)))
    with pytest.raises(InUse):
        await store.delete(Delete(number=source.number, at=NOON))
