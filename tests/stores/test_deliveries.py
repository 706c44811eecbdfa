"""What is on its way to whoever wanted an event: in its line's order, tried, sent again, and forgotten."""

import asyncio

import pytest
from msgspec import structs

from runbell.domain.delivery import (
    EXHAUSTED,
    Again,
    Attempt,
    Dead,
    Delivered,
)
from runbell.domain.execution import Execution
from runbell.domain.faults import NotFound
from runbell.ports.store import Delete, Store
from runbell.ports.webhook_table import (
    ForgetDeliveries,
    Keys,
    Line,
    Redeliver,
    Replay,
)
from runbell.stores.sqlite.webhooks import LINES
from tests.builders import NOON
from tests.stores.builders import a_job, a_start, claimed, ended, fresh, queued, running

from .subscribers import CALLBACK, EVERYTHING, by_id, changed, listening, told, tried

pytestmark = pytest.mark.anyio


async def test_the_next_of_a_line_goes_when_the_one_before_has_arrived_or_is_dead(store: Store) -> None:
    endpoint = await listening(store, events=EVERYTHING)
    await ended(store, await running(store, await a_job(store)))
    first, second, third = await told(store, endpoint)
    await tried(store, first, Again(NOON + 5_000), status=500)
    assert [one.state for one in await told(store, endpoint)] == ["due", "waiting", "waiting"]
    await tried(store, await by_id(store, first), Delivered(), status=200)
    assert [one.state for one in await told(store, endpoint)] == ["delivered", "due", "waiting"]
    await tried(store, second, Dead(EXHAUSTED), status=500)
    assert [one.state for one in await told(store, endpoint)] == ["delivered", "dead", "due"]
    await tried(store, third, Delivered(), status=204)
    assert await store.lines() == []


async def test_executions_do_not_wait_for_each_other(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    for _ in range(3):
        await ended(store, await running(store, job))
    assert [one.state for one in await told(store, endpoint)] == ["due"] * 3


async def test_what_is_due_is_found_by_receiver_and_time(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    run = (await store.start(a_start(job, fresh(job), callback=CALLBACK))).execution
    await ended(store, await claimed(store, run))
    line = f"endpoint {endpoint.number}"
    assert await store.lines() == [Line("c.example:443", NOON + 100), Line(line, NOON + 100)]
    (parcel,) = await store.due(line, NOON + 100, 5)
    assert (parcel.endpoint, parcel.keys) == (endpoint, Keys("sealed"))
    assert await store.due(line, NOON + 99, 5) == []
    await tried(store, parcel.delivery, Again(NOON + 5_000))
    assert await store.lines() == [Line("c.example:443", NOON + 100), Line(line, NOON + 5_000)]


async def test_an_attempt_is_kept_and_one_told_twice_counts_once(store: Store) -> None:
    endpoint = await listening(store)
    await ended(store, await running(store, await a_job(store)))
    (first,) = await told(store, endpoint)
    await tried(store, first, Again(NOON + 5_000), status=500, answer="no")
    await tried(store, first, Delivered(), status=200)
    (now,) = await told(store, endpoint)
    assert (now.state, now.attempts, now.tries, now.body, now.due_at) == ("due", 1, 1, "{}", NOON + 5_000)
    found = await store.attempts((first.number,))
    assert found[first.number] == [
        Attempt(number=1, at=NOON, duration_ms=3, url="https://e.example/hooks", headers={"webhook-id": "x"},
                status=500, answer="no")
    ]  # fmt: skip


async def test_a_delivery_that_is_sent_once_more_goes_before_what_came_later(store: Store) -> None:
    endpoint = await listening(store, events=EVERYTHING)
    await ended(store, await running(store, await a_job(store)))
    first, _, _ = await told(store, endpoint)
    await tried(store, first, Delivered(), status=200)
    again = await store.redeliver(Redeliver(delivery=first.number, at=NOON + 9))
    assert (again.id, again.state, again.due_at, again.tries, again.attempts) == (first.id, "due", NOON + 9, 0, 1)
    assert [one.state for one in await told(store, endpoint)] == ["due", "waiting", "waiting"]
    await tried(store, again, Delivered(), status=200)
    assert [one.state for one in await told(store, endpoint)] == ["delivered", "due", "waiting"]
    with pytest.raises(NotFound):
        await store.redeliver(Redeliver(delivery=99, at=NOON))


async def test_a_replay_sends_what_failed_and_what_was_missed_and_no_more(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    for _ in range(2):
        await ended(store, await running(store, job))
    first, second = await told(store, endpoint)
    await tried(store, first, Dead(EXHAUSTED))
    await tried(store, second, Delivered(), status=200)
    off = await changed(store, endpoint, disabled_at=NOON, disabled_why="by_hand")
    await ended(store, await running(store, job))
    on = await changed(store, off, disabled_at=None, disabled_why=None)
    assert [one.state for one in await told(store, on)] == ["dead", "delivered"]
    newest = (await store.event_bounds()).newest
    came = await store.replay(Replay(endpoint=on.number, after=0, upto=newest, at=NOON + 7))
    assert (came.count, came.last) == (2, newest)
    now = await told(store, on)
    assert [(one.seq, one.state) for one in now] == [(first.seq, "due"), (second.seq, "delivered"), (newest, "due")]
    came = await store.replay(Replay(endpoint=on.number, after=0, upto=newest, at=NOON + 8, everything=True))
    assert came.count == 1
    assert [one.state for one in await told(store, on)] == ["due", "due", "due"]


async def test_a_replay_goes_on_in_pieces_from_a_moment(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    for at in (NOON, NOON + 1_000, NOON + 2_000):
        await queued(store, job, created_at=at)
    assert [await store.first_event_from(NOON + after) for after in (0, 1, 1_000, 1_001, 9_000)] == [0, 1, 1, 2, 3]
    piece = await store.replay(Replay(endpoint=endpoint.number, after=0, upto=3, at=NOON, limit=2))
    assert piece.last == 2


async def test_what_was_delivered_goes_with_its_execution_and_what_was_not_still_arrives(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    runs: list[Execution] = []
    for _ in range(2):
        run = (await store.start(a_start(job, fresh(job), callback=CALLBACK))).execution
        runs.append(await ended(store, await claimed(store, run)))
    first, _ = await told(store, endpoint)
    await tried(store, first, Delivered(), status=200)
    for run in runs:
        await store.delete(Delete(number=run.number, at=NOON))
    assert [one.execution for one in await told(store, endpoint)] == [runs[1].number]
    assert await store.attempts((first.number,)) == {first.number: []}
    assert len(await store.due("c.example:443", NOON + 100, 5)) == 2


async def test_what_ended_long_ago_is_forgotten(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    for _ in range(2):
        await ended(store, await running(store, job))
    first, _ = await told(store, endpoint)
    await tried(store, first, Delivered(), status=200)
    assert await store.forget_deliveries(ForgetDeliveries(before=NOON, limit=10)) == 0
    assert await store.forget_deliveries(ForgetDeliveries(before=NOON + 10, limit=10)) == 1
    assert len(await told(store, endpoint)) == 1


async def test_while_thousands_of_receivers_are_looked_through_others_get_their_turn(store: Store) -> None:
    job = await a_job(store)
    hosts = [f"c{place:03d}.example:443" for place in range(LINES + 50)]
    for host in hosts:
        callback = structs.replace(CALLBACK, destination=host, events=("execution.queued",))
        await store.start(a_start(job, fresh(job), callback=callback))
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    found = await store.lines()
    other.cancel()
    assert [line.destination for line in found] == hosts
    assert turns >= 2
