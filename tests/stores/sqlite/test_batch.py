"""One transaction for many requests: whatever happens to one of them, the others are committed whole."""

import asyncio
from pathlib import Path
from typing import Any

import apsw
import pytest
from msgspec import structs

from runbell.domain import lifecycle
from runbell.domain.faults import AlreadyRunning, StorageFull
from runbell.ports.job_table import JobRecord, PauseJob, RetireJob
from runbell.ports.store import Start, Store
from runbell.stores.sqlite import batch, rows, write_start
from runbell.stores.sqlite.batch import Fatal, commit
from runbell.stores.sqlite.protocol import Request, Said
from runbell.stores.sqlite.transaction import Transaction
from tests.builders import NOON
from tests.stores.builders import a_job, a_put, a_start, fresh, queued

from .desk import a_database, done, message, run, said

JOB = JobRecord(
    number=1, id="j", project="default", name="load", version=1, revision=1, enabled=True, paused=False,
    retired_at=None, source="api", folder=None, definition={}, created_at=NOON, updated_at=NOON,
)  # fmt: skip


def count(db: apsw.Connection, table: str = "executions") -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").get)


def test_requests_that_come_together_are_one_commit(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    commits = []
    db.set_wal_hook(lambda *_: commits.append(1) or 0)
    assert done(db, *(a_start(JOB) for _ in range(50))) == list(range(1, 51))
    assert len(commits) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (PauseJob(project="default", name="load", paused=True, at=NOON), "job_paused"),
        (RetireJob(project="default", name="load", if_revision=None, at=NOON), "not_found"),
        (a_put(enabled=False, digest="other"), "job_disabled"),
    ],
)
def test_a_start_that_comes_with_a_change_of_its_job_sees_it(tmp_path: Path, change: Request, code: str) -> None:
    db = a_database(tmp_path)
    start, again = a_start(JOB, holds=False), a_start(JOB, holds=False)
    assert said(db, start, change, again) == [(Said.DONE, None), (Said.DONE, None), (Said.FAULT, code)]


def test_a_poisoned_request_fails_alone_and_the_reason_is_on_record(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    db = a_database(tmp_path)
    twice = fresh(JOB)
    answers = said(db, a_start(JOB), a_start(JOB, twice), a_start(JOB, twice), a_start(JOB))
    assert answers == [(Said.DONE, None), (Said.DONE, None), (Said.FAULT, "internal"), (Said.DONE, None)]
    assert count(db) == count(db, "events") == 3
    assert "UNIQUE constraint failed" in capfd.readouterr().err


def test_a_message_that_cannot_be_read_fails_alone(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    reply = commit(db, [message(a_start(JOB)), b"\x00\xc1", message(a_start(JOB))])
    assert [how for how, _ in reply.answers] == [Said.DONE, Said.FAULT, Said.DONE]


def test_a_fault_after_a_write_leaves_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db = a_database(tmp_path)

    def late(tx: Transaction, asked: Start) -> Any:
        number = write_start.start(tx, asked)
        if asked.execution.priority == 13:
            raise AlreadyRunning("Too late to say so.")
        return number

    read, _ = batch._KINDS[0]
    monkeypatch.setattr(batch, "_KINDS", [(read, late), *batch._KINDS[1:]])
    bad = a_start(JOB, fresh(JOB, priority=13))
    for requests in ([a_start(JOB), bad, a_start(JOB)], [bad]):
        before = count(db)
        answers = said(db, *requests)
        assert [code for _, code in answers if code] == ["already_running"]
        assert count(db) == count(db, "events") == before + len(requests) - 1


def test_a_fault_before_any_write_needs_no_second_try(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    full = structs.replace(JOB, definition={"limits": {"running": 1, "when_full": "reject"}})
    commits = []
    db.set_wal_hook(lambda *_: commits.append(1) or 0)
    answers = said(db, a_start(full), a_start(full), a_start(JOB))
    assert answers == [(Said.DONE, None), (Said.FAULT, "already_running"), (Said.DONE, None)]
    assert len(commits) == 1


def test_a_refused_request_is_not_told_of(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    twice = fresh(JOB)
    reply = commit(db, [message(a_start(JOB, twice)), message(a_start(JOB, twice))])
    assert [notice.id for notice in reply.notices] == [twice.id]


def test_a_full_disk_refuses_what_does_not_fit_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    run(db, a_start(JOB))
    pages = db.pragma("page_count")
    db.pragma("max_page_count", pages + 4)
    big = a_start(JOB, fresh(JOB, params={"x": "y" * 100_000}))
    assert said(db, a_start(JOB), big, a_start(JOB)) == [
        (Said.DONE, None),
        (Said.FAULT, "storage_full"),
        (Said.DONE, None),
    ]
    db.pragma("max_page_count", pages + 1_000)
    assert said(db, big) == [(Said.DONE, None)]
    assert count(db) == count(db, "events") - 1 == 4
    assert db.pragma("integrity_check") == "ok"


def test_a_full_shared_memory_file_is_a_full_disk_too() -> None:
    error = apsw.IOError("disk I/O error")
    error.extendedresult = apsw.SQLITE_IOERR_SHMSIZE
    assert isinstance(batch._told(error), StorageFull)


def test_a_change_that_was_decided_on_an_older_row_is_not_saved(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    (number,) = done(db, a_start(JOB))
    tx = Transaction(db)
    row = tx.found(number)
    change = lifecycle.claim(rows.execution(row), NOON, "w1")
    tx.move(row, change)
    with pytest.raises(RuntimeError, match="changed under a guarded write"):
        tx.move(row, change)


class NoSync(apsw.VFSFile):
    """A file whose fsync fails from now on."""

    broken = False

    def xSync(self, flags: int) -> None:  # noqa: N802 - apsw's name
        if NoSync.broken:
            error = apsw.IOError("disk I/O error")
            error.extendedresult = apsw.SQLITE_IOERR_FSYNC
            raise error
        super().xSync(flags)


class NoSyncs(apsw.VFS):
    """A file system that opens such files."""

    def __init__(self) -> None:
        super().__init__("no-sync", "unix", makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> NoSync:  # noqa: N802 - apsw's name
        return NoSync("unix", name, flags)


@pytest.fixture
def failing_syncs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A database on a disk whose fsyncs can be made to fail."""
    vfs = NoSyncs()
    monkeypatch.setattr(NoSync, "broken", False)
    yield
    vfs.unregister()


@pytest.mark.usefixtures("failing_syncs")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_failed_fsync_is_the_end_and_is_never_tried_again(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    done(db, a_start(JOB))
    NoSync.broken = True
    with pytest.raises(Fatal, match="check the disk"):
        done(db, a_start(JOB))
    NoSync.broken = False
    db.close()


@pytest.mark.anyio
async def test_a_caller_that_goes_away_does_not_shift_the_answers_of_others(store: Store) -> None:
    job = await a_job(store)
    calls = [asyncio.ensure_future(queued(store, job, priority=i)) for i in range(20)]
    await asyncio.sleep(0)
    for call in calls[::3]:
        call.cancel()
    made = await asyncio.gather(*calls, return_exceptions=True)
    kept = [one for one in made if not isinstance(one, BaseException)]
    assert len(kept) == 13
    for one in kept:
        (found,) = [found for found in await store.queue(100) if found.number == one.number]
        assert found == one
