"""Lists by keyset: walking them meets every row once, in order, whatever the filters."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec import structs

from runbell.domain.execution import Execution, Trigger
from runbell.domain.status import Status
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Counted, ExecutionQuery, Store
from tests.builders import NOON

from .builders import BROKEN, a_job, a_start, asked_to_stop, claimed, ended, fresh, now, queued

pytestmark = pytest.mark.anyio

PROJECTS = count()
KINDS = ("api", "schedule", "console")
ACTORS = ("key:a", "key:b")
STATES = ("queued", "running", "succeeded", "failed", "discarded")

TAGS = ("night", "night shift", "day")

Kind = tuple[str, str, str, str, int, set[str], str]
ROWS = some.lists(
    some.tuples(
        some.sampled_from(STATES),
        some.sampled_from(("load", "report")),
        some.sampled_from(KINDS),
        some.sampled_from(ACTORS),
        some.integers(0, 6),
        some.sets(some.sampled_from(TAGS), max_size=2),
        some.sampled_from(("2031", "2032")),
    ),
    max_size=25,
)
QUERIES = some.fixed_dictionaries(
    {
        "job": some.sampled_from((None, "load", "report", "nothing")),
        "statuses": some.lists(some.sampled_from([*map(Status, STATES), Status.LOST]), max_size=3).map(tuple),
        "trigger": some.sampled_from((None, *KINDS)),
        "actor": some.sampled_from((None, *ACTORS)),
        "tag": some.sampled_from((None, None, *TAGS)),
        "params": some.sampled_from(((), (), (("year", "2031"),), (("year", "2032"), ("half", "1")), (("year", "9"),))),
        "q": some.sampled_from((None, None, "lo", "load", "rep", "k-2", "1", "x")),
        "created_from": some.none() | some.integers(NOON - 1, NOON + 7),
        "created_before": some.none() | some.integers(NOON - 1, NOON + 7),
        "oldest_first": some.booleans(),
        "limit": some.integers(1, 7),
    }
)


async def brought_to(store: Store, job: JobRecord, state: str, **fields: Any) -> Execution:
    """An execution in that state."""
    made = fresh(job, **fields)
    marks = tuple(made.params.items())
    made = (await store.start(a_start(job, made, marks=marks))).execution
    if state == "discarded":
        return await asked_to_stop(store, made)
    if state == "queued":
        return made
    taken = await claimed(store, made)
    if state == "running":
        return taken
    return await ended(store, taken, *((BROKEN,) if state == "failed" else ()))


def fits(one: Execution, query: ExecutionQuery) -> bool:
    """The model: what a query means."""
    return (
        (query.job is None or one.job == query.job)
        and (not query.statuses or one.status in query.statuses)
        and (query.trigger is None or one.trigger.kind == query.trigger)
        and (query.actor is None or one.trigger.actor == query.actor)
        and (query.tag is None or query.tag in one.tags)
        and all(one.params.get(name) == value for name, value in query.params)
        and (
            query.q is None
            or one.job.startswith(query.q)
            or (one.key or "").startswith(query.q)
            or str(one.number) == query.q
        )
        and (query.created_from is None or one.created_at >= query.created_from)
        and (query.created_before is None or one.created_at < query.created_before)
    )


async def walked(store: Store, query: ExecutionQuery) -> list[Execution]:
    """All pages of a query, one after another."""
    seen: list[Execution] = []
    after = None
    while True:
        page = await store.executions(
            ExecutionQuery(
                **{name: getattr(query, name) for name in query.__struct_fields__ if name != "after"}, after=after
            )
        )
        assert len(page.items) <= query.limit
        seen += page.items
        if page.next is None:
            return seen
        after = page.next


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=ROWS, members=some.lists(QUERIES, min_size=5, max_size=10))
async def test_a_walk_meets_what_the_model_names_in_its_order(
    store: Store, kinds: list[Kind], members: list[dict[str, Any]]
) -> None:
    project = f"p{next(PROJECTS)}"
    jobs = {name: await a_job(store, name, project=project) for name in ("load", "report")}
    made = [
        await brought_to(
            store,
            jobs[job],
            state,
            created_at=NOON + at,
            trigger=Trigger(kind, actor, "native"),
            tags=tuple(sorted(tags)),
            params={"year": year, "half": "1"},
            key=f"k-{year[3]}-{place}",
        )
        for place, (state, job, kind, actor, at, tags, year) in enumerate(kinds)
    ]
    for asked in members:
        query = ExecutionQuery(project=project, **asked)
        expected = sorted(
            (one for one in made if fits(one, query)),
            key=lambda one: (one.created_at, one.number),
            reverse=not query.oldest_first,
        )
        assert await walked(store, query) == expected
        unbounded = structs.replace(query, created_from=None, created_before=None)
        exact = await store.count(query, estimate=False)
        assert exact == Counted(len(expected), "exact")
        assert (await store.count(unbounded, estimate=True)).kind == "exact"


async def test_a_status_that_is_asked_for_twice_is_one_status(store: Store) -> None:
    made = await queued(store, await a_job(store))
    query = ExecutionQuery(project="default", statuses=(Status.QUEUED, Status.QUEUED))
    assert (await store.executions(query)).items == [made]


async def test_a_list_shows_its_own_project_only(store: Store) -> None:
    mine = await queued(store, await a_job(store))
    await queued(store, await a_job(store, project="other"))
    assert (await store.executions(ExecutionQuery(project="default"))).items == [mine]


async def test_what_was_just_written_is_in_the_list_as_it_is_now(store: Store) -> None:
    made = await queued(store, await a_job(store))
    query = ExecutionQuery(project="default", statuses=(Status.RUNNING,))
    assert (await store.executions(query)).items == []
    taken = await claimed(store, made)
    assert (await store.executions(query)).items == [taken] == [await now(store, made)]


async def test_rows_that_come_in_during_a_walk_neither_repeat_nor_hide_others(store: Store) -> None:
    job = await a_job(store)
    old = [await queued(store, job, created_at=NOON + i) for i in range(6)]
    first = await store.executions(ExecutionQuery(project="default", limit=3))
    await queued(store, job, created_at=NOON + 50)
    second = await store.executions(ExecutionQuery(project="default", limit=3, after=first.next))
    assert first.items + second.items == old[::-1]
