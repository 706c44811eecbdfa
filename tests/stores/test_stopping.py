"""A request to stop, and its proof."""

import pytest

from runbell.domain.execution import Stop
from runbell.domain.faults import NotFound
from runbell.domain.lifecycle import Refused
from runbell.domain.status import DiscardReason, Status
from runbell.ports.store import Advance, AskToStop, ConfirmStop, Requeue, Store
from tests.builders import NOON

from .builders import a_job, asked_to_stop, claimed, ended, now, proof_of, queued, running

pytestmark = pytest.mark.anyio


async def test_a_running_execution_is_asked_and_goes_on_holding_its_claim(store: Store) -> None:
    made = await running(store, await a_job(store), params={"a": 1})
    asked = await asked_to_stop(store, made)
    assert (asked.status, asked.epoch, asked.claimed_by, asked.revision) == (Status.STOPPING, 1, "w1", 3)
    assert asked.stop == Stop(
        mode="graceful", reason="wrong day", requested_by="key:ops", requested_at=NOON, deadline_at=NOON + 6_000
    )
    assert asked.params == {"a": 1}
    assert await now(store, made) == asked


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.QUEUED])
async def test_what_has_not_begun_is_discarded_at_once(store: Store, status: Status) -> None:
    made = await queued(store, await a_job(store), status=status, start_after=NOON + 9)
    asked = await asked_to_stop(store, made)
    assert (asked.status, asked.discard_reason, asked.ended_at) == (Status.DISCARDED, DiscardReason.STOPPED, NOON)
    assert await store.queue(10) == []


async def test_what_waits_for_another_worker_ends_as_stopped(store: Store) -> None:
    made = await running(store, await a_job(store))
    await store.advance(Advance(number=made.number, epoch=1, at=NOON, verdict=Requeue()))
    assert (await asked_to_stop(store, made)).status is Status.STOPPED


async def test_a_second_request_changes_nothing_and_a_kill_shortens_the_grace_once(store: Store) -> None:
    made = await running(store, await a_job(store))
    first = await asked_to_stop(store, made)
    assert await asked_to_stop(store, made, at=NOON + 9) == first
    hurried = await asked_to_stop(store, made, "kill", at=NOON + 10)
    assert hurried.stop is not None
    assert (hurried.stop.mode, hurried.stop.deadline_at, hurried.revision) == ("kill", NOON + 1_010, first.revision + 1)
    assert await asked_to_stop(store, made, "kill", at=NOON + 20) == hurried


async def test_milestones_are_kept_and_never_undo_a_kill_that_was_asked_for_meanwhile(store: Store) -> None:
    asked = await asked_to_stop(store, await running(store, await a_job(store)))
    await asked_to_stop(store, asked, "kill", at=NOON + 10)
    seen = Stop(
        mode="graceful",
        reason="wrong day",
        requested_by="key:ops",
        requested_at=NOON,
        deadline_at=NOON + 6_000,
        signalled_at=NOON + 1,
        survivors=2,
    )
    told = await store.advance(Advance(number=asked.number, epoch=1, at=NOON + 20, stop=seen))
    assert told.stop is not None
    assert (told.stop.mode, told.stop.deadline_at) == ("kill", NOON + 1_010)
    assert (told.stop.signalled_at, told.stop.survivors) == (NOON + 1, 2)
    done = await ended(store, asked, ConfirmStop(seen))
    assert done.stop is not None
    assert (done.status, done.stop.mode) == (Status.STOPPED, "kill")


async def test_a_confirmed_stop_ends_it_with_the_proof(store: Store) -> None:
    asked = await asked_to_stop(store, await running(store, await a_job(store)))
    done = await ended(store, asked, proof_of(asked))
    assert done.stop is not None
    assert (done.status, done.stop.proof, done.stop.process_gone_at) == (Status.STOPPED, "observed", NOON + 2)
    assert await now(store, asked) == done


async def test_a_stop_cannot_be_confirmed_that_nobody_asked_for(store: Store) -> None:
    job = await a_job(store)
    other = await asked_to_stop(store, await running(store, job))
    made = await running(store, job)
    with pytest.raises(Refused):
        await ended(store, made, proof_of(other))
    assert await now(store, made) == made


async def test_an_unknown_number_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.ask_to_stop(AskToStop(number=7, mode="kill", reason="", actor="a", grace_ms=0, at=NOON))


async def test_a_stopped_execution_is_never_claimed_again(store: Store) -> None:
    made = await queued(store, await a_job(store))
    await asked_to_stop(store, made)
    with pytest.raises(AssertionError):
        await claimed(store, made)
