"""The feed is one order for everybody, and costs a reader only his own events; the story of an execution is whole."""

import pytest

from runbell.domain.execution import Progress
from runbell.domain.status import Status, StepStatus
from runbell.ports.event_table import EventBounds, EventQuery, Moment
from runbell.ports.store import Advance, Delete, Store
from tests.builders import NOON, a_row

from .builders import BROKEN, OK, a_job, ended, queued, running

pytestmark = pytest.mark.anyio


async def told(store: Store, **asked: object) -> list[tuple[str, str]]:
    """Job and type of the events of a query."""
    page = await store.events(EventQuery(**({"project": "default", "after": 0} | asked)))  # type: ignore[arg-type]
    return [(record.job, record.type.removeprefix("execution.")) for record in page.items]


async def test_a_reader_meets_his_own_events_in_order_and_nobody_elses(store: Store) -> None:
    load, other, foreign = await a_job(store), await a_job(store, "other"), await a_job(store, "load", "theirs")
    await queued(store, load)
    await queued(store, foreign)
    await ended(store, await running(store, other))
    life = [("other", "queued"), ("other", "started"), ("other", "succeeded")]
    assert await told(store) == [("load", "queued"), *life]
    assert await told(store, jobs=("other",)) == life
    assert await told(store, jobs=("other", "load", "none")) == [("load", "queued"), *life]
    assert await told(store, jobs=()) == []
    assert await told(store, project="theirs") == [("load", "queued")]
    assert len(await told(store, project=None)) == 5
    assert await told(store, types=frozenset({"execution.started"})) == [("other", "started")]


async def test_pages_join_without_a_gap_and_end_at_what_was_given_last(store: Store) -> None:
    job = await a_job(store)
    for _ in range(5):
        await queued(store, job)
    await queued(store, await a_job(store, "load", "theirs"))
    seen, after, more = [], 0, True
    while more:
        page = await store.events(EventQuery(project="default", after=after, limit=2))
        seen += [record.seq for record in page.items]
        assert page.next_after >= after
        after, more = page.next_after, page.more
    assert seen == [1, 2, 3, 4, 5]
    assert after == 6
    nothing = await store.events(EventQuery(project="default", after=6))
    assert (nothing.items, nothing.next_after, nothing.more) == ([], 6, False)


async def test_a_filter_that_finds_nothing_walks_on_and_says_how_far_it_got(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbell.stores.sqlite.read_events.SCANNED", 3)
    job = await a_job(store)
    for _ in range(4):
        await queued(store, job)
    await ended(store, await running(store, job), BROKEN)
    types = frozenset({"execution.failed"})
    page = await store.events(EventQuery(project="default", after=0, types=types))
    assert (page.items, page.next_after, page.more) == ([], 3, True)
    page = await store.events(EventQuery(project="default", after=3, types=types))
    assert (page.items, page.next_after, page.more) == ([], 6, True)
    page = await store.events(EventQuery(project="default", after=6, types=types))
    assert ([record.seq for record in page.items], page.more) == ([7], False)


async def test_the_oldest_events_go_in_batches_and_their_numbers_never_come_back(store: Store) -> None:
    job = await a_job(store)
    assert await store.event_bounds() == EventBounds(1, 0)
    for at in (NOON, NOON + 1, NOON + 2):
        await queued(store, job, created_at=at)
    assert await store.prune_events(NOON + 2, 1) == 1
    assert await store.event_bounds() == EventBounds(2, 3)
    assert await store.prune_events(NOON + 2, 10) == 1
    assert await store.prune_events(NOON + 2, 10) == 0
    assert await store.prune_events(NOON + 9, 10) == 1
    assert await store.event_bounds() == EventBounds(4, 3)
    await queued(store, job)
    assert await store.event_bounds() == EventBounds(4, 4)


def said(moments: list[Moment]) -> list[tuple[int, str]]:
    """Revision and word of each moment."""
    words = []
    for moment in moments:
        step = moment.step and f"{moment.step.name}/{moment.step.attempt} {moment.step.status}"
        words.append((moment.revision, str(moment.status or step or moment.progress.done)))  # type: ignore[union-attr]
    return words


async def test_the_story_tells_every_change_of_status_and_steps_in_order(store: Store) -> None:
    made = await running(store, await a_job(store))
    number, epoch = made.number, made.epoch

    async def advance(*steps: object, **fields: object) -> None:
        await store.advance(
            Advance(number=number, epoch=epoch, at=NOON, steps=steps, **fields)  # type: ignore[arg-type]
        )

    await advance(a_row("a", StepStatus.RUNNING))
    await advance(progress=Progress(1, 3))
    await advance(
        a_row("a", StepStatus.FAILED), a_row("a", StepStatus.WAITING, attempt=2), a_row("b", StepStatus.RUNNING)
    )
    await advance(a_row("a", StepStatus.RUNNING, attempt=2), progress=Progress(2, 3))
    await advance(a_row("a", attempt=2), a_row("b"), verdict=OK)
    whole = await store.story(number, 0)
    assert said(whole) == [
        (1, "queued"), (2, "running"), (3, "a/1 running"), (5, "a/1 failed"), (5, "a/2 waiting"), (5, "b/1 running"),
        (6, "a/2 running"), (6, "2.0"), (7, "a/2 succeeded"), (7, "b/1 succeeded"), (7, "succeeded"),
    ]  # fmt: skip
    positions = [moment.position for moment in whole]
    assert positions == sorted(set(positions))
    assert said(await store.story(number, 6)) == said(whole)[6:]
    running_a = whole[2].step
    assert running_a is not None
    assert (running_a.ended_at, running_a.exit_status, running_a.error) == (None, None, None)
    assert await store.story(99, 0) == []


async def test_an_end_is_told_even_when_its_events_are_not_kept_any_more(store: Store) -> None:
    made = await ended(store, await running(store, await a_job(store)))
    await store.prune_events(NOON + 1_000, 100)
    (only,) = await store.story(made.number, 0)
    assert (only.status, only.revision) == (Status.SUCCEEDED, made.revision)
    await store.delete(Delete(number=made.number, at=NOON))
    assert await store.story(made.number, 0) == []
