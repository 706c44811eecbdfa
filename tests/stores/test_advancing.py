"""A worker's writes: news, verdicts, and the fence around them."""

import asyncio
from typing import Any

import pytest
from msgspec import structs

from runbell.domain.execution import Error, Progress
from runbell.domain.status import ExitStatus, Status, StepStatus
from runbell.ports.store import (
    Advance,
    ConfirmStop,
    Fail,
    Lose,
    Requeue,
    Stale,
    StopWins,
    Store,
    Succeed,
    Verdict,
)
from tests.builders import NOON, a_result, a_row

from .builders import (
    BROKEN,
    OK,
    UNKNOWN,
    a_job,
    asked_to_stop,
    claimed,
    ended,
    in_every_status,
    now,
    proof_of,
    queued,
    running,
)

pytestmark = pytest.mark.anyio

END = NOON + 100


async def test_success_keeps_the_exit_status_the_result_and_the_end(store: Store) -> None:
    made = await running(store, await a_job(store), params={"a": 1})
    done = await ended(store, made, Succeed(ExitStatus("WARN", "3 rows left out"), a_result('{"rows":3}')))
    assert done == structs.replace(
        made,
        status=Status.SUCCEEDED,
        revision=3,
        claimed_by=None,
        ended_at=END,
        exit_status=ExitStatus("WARN", "3 rows left out"),
        result=a_result('{"rows":3}'),
    )
    assert await now(store, made) == done


async def test_failure_keeps_its_error_and_a_result(store: Store) -> None:
    error = Error(code="ERROR", detail="It broke.", step="load", exit_code=3, log_tail=("one", "two"))
    done = await ended(store, await running(store, await a_job(store)), Fail(error, a_result("1")))
    assert (done.status, done.error, done.exit_status, done.result) == (
        Status.FAILED,
        error,
        ExitStatus("ERROR", "It broke."),
        a_result("1"),
    )
    assert await now(store, done) == done


async def test_a_loss_nobody_can_know_ends_as_lost(store: Store) -> None:
    done = await ended(store, await running(store, await a_job(store)), UNKNOWN)
    assert (done.status, done.workers_lost, done.claimed_by) == (Status.LOST, 1, None)


async def test_the_third_lost_worker_ends_what_would_be_queued_again(store: Store) -> None:
    made = await queued(store, await a_job(store))
    statuses = []
    for _ in range(3):
        taken = await claimed(store, made)
        again = Advance(number=made.number, epoch=taken.epoch, at=END, verdict=Requeue())
        statuses.append((await store.advance(again)).status)
    assert statuses == [Status.QUEUED, Status.QUEUED, Status.FAILED]
    assert (await now(store, made)).exit_status == ExitStatus("WORKER_LOST", (await now(store, made)).error.detail)  # type: ignore[union-attr]


async def test_lost_hands_are_counted_and_the_third_ends_it_whatever_the_verdict(store: Store) -> None:
    made = await running(store, await a_job(store))
    news = Advance(number=made.number, epoch=1, at=END, hands_lost=1)
    for lost in (1, 2):
        counted = await store.advance(news)
        assert (counted.status, counted.workers_lost) == (Status.RUNNING, lost)
    done = await store.advance(structs.replace(news, verdict=OK))
    assert (done.status, done.workers_lost) == (Status.FAILED, 3)
    assert done.exit_status is not None
    assert done.exit_status.code == "WORKER_LOST"


async def test_a_lost_hand_of_what_is_to_stop_is_only_counted(store: Store) -> None:
    made = await asked_to_stop(store, await running(store, await a_job(store)))
    counted = await store.advance(Advance(number=made.number, epoch=1, at=END, hands_lost=3))
    assert (counted.status, counted.workers_lost) == (Status.STOPPING, 3)


async def test_news_grow_the_revision_by_exactly_one_however_much_they_carry(store: Store) -> None:
    made = await running(store, await a_job(store))
    steps = tuple(a_row(f"s{i}", StepStatus.RUNNING) for i in range(5))
    progress = Progress(3, 10, "page 3")
    kept = Progress(3, 10, "page 3", made.revision + 1)
    told = await store.advance(
        Advance(number=made.number, epoch=1, at=END, steps=steps, progress=progress, hands_lost=1)
    )
    assert (told.revision, told.progress, told.workers_lost) == (made.revision + 1, kept, 1)
    done = await store.advance(Advance(number=made.number, epoch=1, at=END, steps=steps, hands_lost=1, verdict=OK))
    assert done.revision == made.revision + 2
    assert done.progress == kept


async def test_steps_are_told_apart_by_name_scope_and_attempt_and_keep_their_order(store: Store) -> None:
    made = await running(store, await a_job(store))
    rows = [
        a_row("read", StepStatus.RUNNING),
        a_row("load", StepStatus.RUNNING, scope="EU"),
        a_row("load", StepStatus.WAITING, scope="NA", not_before=NOON + 5),
        a_row("load", StepStatus.RUNNING, scope="EU", attempt=2),
        a_row("call", StepStatus.RUNNING, inner=True, kind="python"),
    ]
    await store.advance(Advance(number=made.number, epoch=1, at=END, steps=tuple(rows)))
    assert await store.steps(made.number) == rows
    rows[1] = a_row("load", StepStatus.FAILED, scope="EU")
    rows[0] = a_row("read", StepStatus.SUCCEEDED, result=a_result('"x"'))
    await store.advance(Advance(number=made.number, epoch=1, at=END, steps=(rows[1], rows[0])))
    assert await store.steps(made.number) == rows


async def test_a_step_that_has_ended_never_changes(store: Store) -> None:
    made = await running(store, await a_job(store))
    done = a_row("read", StepStatus.SUCCEEDED, result=a_result("1"))
    for row in (done, a_row("read", StepStatus.FAILED), a_row("read", StepStatus.RUNNING)):
        await store.advance(Advance(number=made.number, epoch=1, at=END, steps=(row,)))
    assert await store.steps(made.number) == [done]


async def test_steps_of_two_executions_do_not_mix(store: Store) -> None:
    job = await a_job(store)
    one, other = await running(store, job), await running(store, job)
    await store.advance(Advance(number=one.number, epoch=1, at=END, steps=(a_row("read"),)))
    assert await store.steps(other.number) == []


VERDICTS: list[Verdict | None] = [None, OK, BROKEN, UNKNOWN, Requeue()]


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: type(verdict).__name__)
async def test_a_worker_of_a_former_claim_is_stale_whatever_it_writes(store: Store, verdict: Verdict | None) -> None:
    made = await running(store, await a_job(store))
    await store.advance(Advance(number=made.number, epoch=1, at=END, verdict=Requeue()))
    again = await claimed(store, made)
    with pytest.raises(Stale):
        await store.advance(
            Advance(number=made.number, epoch=1, at=END, steps=(a_row("read"),), progress=Progress(1), verdict=verdict)
        )
    assert await now(store, made) == again
    assert await store.steps(made.number) == []


async def test_a_worker_whose_claim_ended_is_stale_also_without_a_new_claim(store: Store) -> None:
    made = await running(store, await a_job(store))
    waiting = await store.advance(Advance(number=made.number, epoch=1, at=END, verdict=Requeue()))
    with pytest.raises(Stale):
        await ended(store, made)
    assert await now(store, made) == waiting
    with pytest.raises(Stale):
        await store.advance(Advance(number=9_999, epoch=1, at=END))


async def test_what_has_ended_never_changes(store: Store) -> None:
    executions = await in_every_status(store, await a_job(store))
    for status, one in executions.items():
        if not status.terminal:
            continue
        for verdict in (*VERDICTS, ConfirmStop(proof_of(executions[Status.STOPPING]).stop)):
            with pytest.raises(Stale):
                await store.advance(Advance(number=one.number, epoch=one.epoch, at=END, verdict=verdict))
        assert await asked_to_stop(store, one, "kill") == one
        assert await now(store, one) == one
    assert await store.tick(NOON + 10**12, 100) == 1  # the scheduled one


@pytest.mark.parametrize("verdict", VERDICTS[1:], ids=lambda verdict: type(verdict).__name__)
async def test_no_verdict_but_a_confirmed_stop_ends_what_is_to_stop(store: Store, verdict: Verdict) -> None:
    made = await asked_to_stop(store, await running(store, await a_job(store)))
    with pytest.raises(StopWins):
        await store.advance(
            Advance(number=made.number, epoch=1, at=END, steps=(a_row("read"),), verdict=verdict, hands_lost=1)
        )
    assert await now(store, made) == made
    assert await store.steps(made.number) == []


async def test_in_a_race_of_stop_and_success_a_stop_that_was_accepted_is_never_followed_by_success(
    store: Store,
) -> None:
    job = await a_job(store)
    executions = [await running(store, job) for _ in range(40)]

    async def race(one: Any) -> None:
        calls: list[Any] = [asked_to_stop(store, one), ended(store, one)]
        if one.number % 2:
            calls.reverse()
        results = await asyncio.gather(*calls, return_exceptions=True)
        finished = await now(store, one)
        if any(isinstance(result, StopWins) for result in results):
            assert finished.status is Status.STOPPING
        else:
            assert finished.status is Status.SUCCEEDED

    await asyncio.gather(*(race(one) for one in executions))


async def test_a_loss_is_a_verdict_with_its_own_words(store: Store) -> None:
    error = Error(code="LOST", detail="The node burned.", step="load")
    done = await ended(store, await running(store, await a_job(store)), Lose(error))
    assert (done.error, done.exit_status) == (error, ExitStatus("LOST", "The node burned."))
