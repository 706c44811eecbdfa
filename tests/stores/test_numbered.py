"""Lists with numbered pages: every page and every count is what a plain look over all rows finds."""

from typing import Any

import pytest

from runbell.domain.execution import Execution, Trigger
from runbell.domain.status import Status, StepStatus
from runbell.ports.identity_table import PutProject
from runbell.ports.job_table import RetireJob
from runbell.ports.numbered_table import NumberedQuery, Numbers, Order, Reach
from runbell.ports.store import Advance, Store
from tests.builders import NOON, a_row

from .builders import BROKEN, a_job, asked_to_stop, claimed, ended, now, queued
from .principals import a_project

pytestmark = pytest.mark.anyio

REACHES = [
    Reach(None), Reach(("default",)), Reach(("default", "finance")), Reach((), (("default", "load"),)),
    Reach(("finance",), (("default", "report"), ("default", "nothing"))), Reach(),
]  # fmt: skip
OPEN = (Status.SCHEDULED, Status.QUEUED, Status.RUNNING, Status.STOPPING)
BY_ITSELF = ("schedule", "job")
ORDERS: list[tuple[tuple[Order, bool], ...]] = [
    (("number", True),), (("number", False),), (("began", True), ("number", True)),
    (("ended", False), ("number", True)), (("due", True), ("number", False)),
]  # fmt: skip


async def a_history(store: Store) -> list[Execution]:
    """Two projects, three jobs, and executions in many states, two of them at a time."""
    await store.put_project(PutProject(project=a_project("finance")))
    jobs = [await a_job(store), await a_job(store, "report"), await a_job(store, "load", "finance")]
    made: list[Execution] = []
    for place in range(24):
        at = NOON + 1_000 * (place // 2)
        kind = "schedule" if place % 5 == 0 else "job" if place % 7 == 0 else "api"
        more: dict[str, Any] = {"status": Status.SCHEDULED, "start_after": at + 9_000} if place % 8 == 4 else {}
        row = await queued(store, jobs[place % 3], created_at=at, trigger=Trigger(kind, "key:a", "native"), **more)
        match place % 4:
            case 1:
                row = await claimed(store, row, at + 2_000)
            case 2:
                row = await ended(store, await claimed(store, row, at + 2_500), BROKEN)
            case 3:
                row = await asked_to_stop(store, row, at=at + 10)
        made.append(row)
    return [await now(store, row) for row in made]


def fits(row: Execution, query: NumberedQuery) -> bool:
    """Whether a row belongs to the list, without any index."""
    reach = query.reach
    seen = reach.projects is None or row.project in reach.projects or (row.project, row.job) in reach.jobs
    if query.by_itself is not None and (row.trigger.kind in BY_ITSELF) is not query.by_itself:
        return False
    if query.which == "open":
        return seen and row.status in OPEN
    if query.which == "begun":
        began = row.started_at or row.start_after or row.created_at
        inside = (query.since is None or began >= query.since) and (query.until is None or began <= query.until)
        return seen and inside and row.status not in (Status.SCHEDULED, Status.QUEUED)
    return seen


def ordered(rows: list[Execution], order: tuple[tuple[Order, bool], ...]) -> list[Execution]:
    values: dict[str, Any] = {
        "number": lambda row: row.number,
        "began": lambda row: row.started_at or -1,
        "ended": lambda row: row.ended_at or -1,
        "due": lambda row: row.start_after or row.created_at,
    }
    for name, down in reversed(order):
        rows = sorted(rows, key=values[name], reverse=down)
    return rows


async def test_pages_and_counts_are_what_a_look_over_all_rows_finds(store: Store) -> None:
    history = await a_history(store)
    assert len({row.status for row in history}) >= 5
    ranges = [{}, {"since": NOON + 3_000}, {"until": NOON + 8_500}, {"since": NOON + 3_000, "until": NOON + 8_500}]
    for reach in REACHES:
        for which, limits in [("open", {}), ("any", {}), *[("begun", limits) for limits in ranges]]:
            for by_itself in (None, True, False):
                for place, order in enumerate(ORDERS):
                    query = NumberedQuery(
                        reach=reach, numbers=Numbers(1 + place % 2, 4), which=which,  # type: ignore[arg-type]
                        by_itself=by_itself, order=order, **limits,
                    )  # fmt: skip
                    wanted = ordered([row for row in history if fits(row, query)], order)
                    found = await store.numbered(query)
                    start = (query.numbers.page - 1) * 4
                    assert found.total == len(wanted), query
                    assert list(found.items) == wanted[start : start + 4], query
                    assert found.page == (query.numbers.page if start < max(1, len(wanted)) else 0)


async def test_the_last_page_is_found_and_an_empty_list_has_one_page(store: Store) -> None:
    history = await a_history(store)
    last = await store.numbered(NumberedQuery(reach=Reach(None), numbers=Numbers(0, 10)))
    assert (last.page, last.total) == (3, 24)
    assert [row.number for row in last.items] == [row.number for row in history[3::-1]]
    for reach in (Reach(), Reach(("nowhere",))):
        assert (await store.numbered(NumberedQuery(reach=reach, numbers=Numbers(0, 10)))).page == 1
        assert (await store.numbered(NumberedQuery(reach=reach, numbers=Numbers(2, 10)))).page == 0


async def test_jobs_in_service_are_listed_by_number_and_counted(store: Store) -> None:
    await store.put_project(PutProject(project=a_project("finance")))
    made = [await a_job(store, name) for name in ("c", "b", "a")]
    made.append(await a_job(store, "c", "finance"))
    await store.retire_job(RetireJob(project="default", name="b", at=NOON))
    found = await store.numbered_jobs(Reach(None), Numbers(1, 2))
    assert (found.total, [job.name for job in found.items]) == (3, ["c", "a"])
    assert [job.number for job in (await store.numbered_jobs(Reach(None), Numbers(0, 2))).items] == [made[3].number]
    narrow = await store.numbered_jobs(Reach(("finance",), (("default", "a"), ("default", "b"))), Numbers(1, 9))
    assert [(job.project, job.name) for job in narrow.items] == [("default", "a"), ("finance", "c")]
    assert (await store.numbered_jobs(Reach(), Numbers(1, 9))).total == 0
    assert (await store.numbered_jobs(Reach(None), Numbers(3, 2))).page == 0
    assert await store.jobs_in_service(("default", "finance", "nowhere")) == {"default": 2, "finance": 1, "nowhere": 0}


async def test_the_steps_of_several_executions_come_in_their_order(store: Store) -> None:
    job = await a_job(store)
    first, second = [await claimed(store, await queued(store, job)) for _ in range(2)]
    tries = (a_row("a", StepStatus.FAILED), a_row("a", attempt=2), a_row("b", StepStatus.FAILED, scope="EU"))
    await store.advance(Advance(number=first.number, epoch=first.epoch, at=NOON + 1, steps=tries))
    found = await store.steps_of((first.number, second.number, 999))
    assert [(step.name, step.scope, step.attempt) for step in found[first.number]] == [
        ("a", None, 1), ("a", None, 2), ("b", "EU", 1),
    ]  # fmt: skip
    assert found.get(second.number, []) == []


async def test_files_are_counted_across_executions_the_newest_first(store: Store) -> None:
    job, other = await a_job(store), await a_job(store, "other")
    held = []
    for of, files in ((job, 3), (job, 0), (other, 2), (job, 4)):
        one = await claimed(store, await queued(store, of))
        held.append(one.number)
        left = (0, files) if files else None
        await store.advance(Advance(number=one.number, epoch=one.epoch, at=NOON + 1, left=left))
    first, _, third, last = held

    async def page(reach: Reach, number: int) -> tuple[list[tuple[int, int]], int, int]:
        found = await store.numbered_files(reach, Numbers(number, 3))
        return [(spot.execution.number, spot.before) for spot in found.items], found.page, found.total

    assert await page(Reach(None), 1) == ([(last, 0)], 1, 9)
    assert await page(Reach(None), 2) == ([(last, 0), (third, 4)], 2, 9)
    assert await page(Reach(None), 0) == ([(first, 6)], 3, 9)
    assert await page(Reach(("default",)), 4) == ([], 0, 9)
    assert await page(Reach((), (("default", "other"),)), 1) == ([(third, 0)], 1, 2)
    assert await page(Reach(), 1) == ([], 1, 0)


async def test_when_a_job_last_began(store: Store) -> None:
    job, other = await a_job(store), await a_job(store, "other")
    await claimed(store, await queued(store, job, created_at=NOON), NOON + 5)
    await claimed(store, await queued(store, job, created_at=NOON + 10), NOON + 15)
    await queued(store, job, created_at=NOON + 20)
    await queued(store, other)
    assert await store.last_begun((job.number, other.number)) == {job.number: NOON + 15}
