"""Defining jobs, their versions, and taking them out of service."""

import asyncio
from typing import Any

import pytest

from runbell.domain import faults
from runbell.ports.job_table import RetireJob
from runbell.ports.store import Delete, Store
from tests.builders import NOON

from .builders import a_job, a_put, ended, queued, running

pytestmark = pytest.mark.anyio


def numbered(n: int, **fields: Any) -> Any:
    """The n-th text of a job."""
    return a_put(definition={"title": f"text {n}"}, **fields)


async def versions(store: Store, number: int) -> list[int]:
    return [version.version for version in await store.versions(number, None, 100)]


async def test_a_new_job_is_read_back_as_it_was_put(store: Store) -> None:
    put = await store.put_job(
        a_put(definition={"title": "Load", "steps": [1, {"a": None}]}, source="file", folder="/jobs", at=NOON + 1)
    )
    assert (put.created, put.changed) == (True, True)
    job = put.job
    assert (job.version, job.revision, job.enabled, job.paused, job.retired_at) == (1, 1, True, False, None)
    assert (job.source, job.folder, job.created_at, job.updated_at) == ("file", "/jobs", NOON + 1, NOON + 1)
    assert job.definition == {"title": "Load", "steps": [1, {"a": None}]}
    assert await store.job("default", "load") == job
    assert await store.job_revision("default", "load") == 1
    assert await store.definition(job.number, 1) == job.definition


async def test_unknown_jobs_and_versions_are_none(store: Store) -> None:
    job = await a_job(store)
    assert await store.job("default", "nothing") is None
    assert await store.job("other", "load") is None
    assert await store.job_revision("default", "nothing") is None
    assert await store.definition(job.number, 2) is None
    assert await store.versions(999, None, 10) == []


async def test_the_same_text_again_changes_nothing(store: Store) -> None:
    first = await store.put_job(numbered(1))
    again = await store.put_job(numbered(1, at=NOON + 5, actor="someone"))
    assert (again.created, again.changed, again.job) == (False, False, first.job)


async def test_another_text_is_another_version_and_both_are_kept(store: Store) -> None:
    first = (await store.put_job(numbered(1))).job
    put = await store.put_job(numbered(2, at=NOON + 5, actor="someone"))
    assert (put.created, put.changed) == (False, True)
    assert (put.job.number, put.job.id) == (first.number, first.id)
    assert (put.job.version, put.job.revision, put.job.updated_at) == (2, 2, NOON + 5)
    newest, oldest = await store.versions(first.number, None, 10)
    assert (newest.version, newest.created_by, newest.definition) == (2, "someone", {"title": "text 2"})
    assert (oldest.version, oldest.created_by) == (1, "key:admin")
    assert [one.version for one in await store.versions(first.number, 2, 10)] == [1]


async def test_the_last_ten_versions_and_every_one_that_an_execution_names_are_kept(store: Store) -> None:
    second = None
    for n in range(1, 16):
        job = (await store.put_job(numbered(n))).job
        if n == 2:
            second = await running(store, job)
    assert await versions(store, job.number) == [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 2]
    assert second is not None
    await store.delete(Delete(number=(await ended(store, second)).number, at=NOON))
    await store.put_job(numbered(16))
    assert await versions(store, job.number) == [16, 15, 14, 13, 12, 11, 10, 9, 8, 7]


async def test_a_stale_revision_is_refused_and_changes_nothing(store: Store) -> None:
    job = (await store.put_job(numbered(1))).job
    with pytest.raises(faults.RevisionMismatch):
        await store.put_job(numbered(2, if_revision=job.revision + 1))
    with pytest.raises(faults.RevisionMismatch):
        await store.put_job(a_put("new", if_revision=1))
    with pytest.raises(faults.RevisionMismatch):
        await store.retire_job(RetireJob(project="default", name="load", at=NOON, if_revision=job.revision + 1))
    assert await store.job("default", "load") == job
    assert (await store.put_job(numbered(2, if_revision=job.revision))).changed


async def test_of_two_writers_with_the_same_revision_one_wins(store: Store) -> None:
    await store.put_job(numbered(1))
    results = await asyncio.gather(
        *(store.put_job(numbered(n, if_revision=1)) for n in range(2, 20)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in results) == 1


async def test_a_file_is_applied_again_only_when_it_has_changed_since_it_was_loaded(store: Store) -> None:
    file = {"source": "file", "folder": "/jobs", "loaded": True}
    await store.put_job(numbered(1, **file))
    edited = (await store.put_job(numbered(2))).job
    same_file = await store.put_job(numbered(1, **file))
    assert (same_file.changed, same_file.job) == (False, edited)
    new_file = await store.put_job(numbered(3, **file))
    assert (new_file.changed, new_file.job.version, new_file.job.source) == (True, 3, "file")


async def test_a_file_that_says_what_is_there_already_counts_as_loaded(store: Store) -> None:
    await store.put_job(numbered(1))
    assert not (await store.put_job(numbered(1, loaded=True))).changed
    edited = (await store.put_job(numbered(2))).job
    assert (await store.put_job(numbered(1, loaded=True))).job == edited


async def test_a_file_that_moved_tells_its_new_folder(store: Store) -> None:
    await store.put_job(numbered(1, loaded=True, folder="/old"))
    moved = await store.put_job(numbered(1, loaded=True, folder="/new"))
    assert (moved.changed, moved.job.folder, moved.job.version, moved.job.revision) == (True, "/new", 1, 2)


async def test_a_retired_job_stays_on_record_and_a_put_revives_it(store: Store) -> None:
    job = (await store.put_job(numbered(1))).job
    made = await queued(store, job)
    retired = await store.retire_job(RetireJob(project="default", name="load", at=NOON + 9, if_revision=job.revision))
    assert (retired.retired_at, retired.revision) == (NOON + 9, 2)
    assert await store.retire_job(RetireJob(project="default", name="load", at=NOON + 10)) == retired
    assert await store.queue(10) == [made]
    revived = await store.put_job(numbered(1))
    assert (revived.changed, revived.job.retired_at, revived.job.version, revived.job.number) == (
        True,
        None,
        1,
        job.number,
    )
    assert (await queued(store, revived.job)).number > made.number


async def test_a_file_that_did_not_change_does_not_revive_a_retired_job(store: Store) -> None:
    await store.put_job(numbered(1, loaded=True))
    retired = await store.retire_job(RetireJob(project="default", name="load", at=NOON))
    assert (await store.put_job(numbered(1, loaded=True))).job == retired


async def test_retiring_an_unknown_job_is_not_found(store: Store) -> None:
    with pytest.raises(faults.NotFound):
        await store.retire_job(RetireJob(project="default", name="nothing", at=NOON))


async def test_foreign_numbers_are_unique_in_the_server_and_foreign_names_in_their_project(store: Store) -> None:
    ids: dict[str, int | str] = {"dvsum": 4, "adverity": 5, "des": "0b0f", "infolink": "Main", "ocapi": "Import"}
    await store.put_job(a_put("first", ids=ids))
    with pytest.raises(faults.InvalidDefinition) as refusal:
        await store.put_job(a_put("second", ids=ids))
    assert [problem.pointer for problem in refusal.value.problems] == [f"/ids/{dialect}" for dialect in ids]
    with pytest.raises(faults.InvalidDefinition) as refusal:
        await store.put_job(a_put("second", project="other", ids=ids))
    assert [problem.pointer for problem in refusal.value.problems] == ["/ids/dvsum", "/ids/adverity", "/ids/des"]
    assert await store.job("default", "second") is None
    assert (await store.put_job(a_put("second", ids={"dvsum": 6, "infolink": "Other"}))).created


async def test_a_job_keeps_its_own_ids_and_gives_up_those_it_no_longer_names(store: Store) -> None:
    await store.put_job(a_put("first", ids={"dvsum": 4}, definition={"v": 1}))
    assert (await store.put_job(a_put("first", ids={"dvsum": 4}, definition={"v": 2}))).changed
    await store.put_job(a_put("first", ids={"dvsum": 5}, definition={"v": 3}))
    assert (await store.put_job(a_put("second", ids={"dvsum": 4}))).created
    await store.retire_job(RetireJob(project="default", name="first", at=NOON))
    assert (await store.put_job(a_put("third", ids={"dvsum": 5}))).created


async def test_jobs_are_listed_by_name_page_by_page_within_their_project(store: Store) -> None:
    for name in ("c", "a", "b", "B"):
        await a_job(store, name)
    await a_job(store, "z", project="other")
    assert [job.name for job in await store.jobs("default", "", 2)] == ["B", "a"]
    assert [job.name for job in await store.jobs("default", "a", 10)] == ["b", "c"]
    assert (await store.jobs("other", "", 10))[0].definition == {"limits": {}}
