"""The process that writes: how it begins, what it keeps to, and how it ends."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from runbell.domain.faults import Unavailable
from runbell.ports.store import Ref
from runbell.stores.ground import UnsafeGround
from runbell.stores.sqlite import connection, open_store, writer
from runbell.stores.sqlite.batch import Fatal
from runbell.stores.sqlite.connection import open_for_reading, version_problem
from runbell.stores.sqlite.protocol import Inbox, Reply, decode_reply, write_request
from runbell.stores.sqlite.store import DATABASE
from tests.stores.builders import a_job, a_start, fresh, queued

from .desk import a_database
from .test_batch import JOB


@pytest.fixture
def signals() -> Iterator[None]:
    """The writer ignores signals; the tests do not."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, way in kept.items():
        signal.signal(number, way)


def replies(line: socket.socket) -> list[Reply]:
    """Everything the writer has said until it hung up."""
    messages: list[bytes] = []
    inbox = Inbox(messages.append)
    while data := line.recv(1 << 20):
        inbox.feed(data)
    return [decode_reply(message) for message in messages]


def test_a_commit_is_on_disk_before_it_is_answered_and_checkpoints_are_made_by_hand(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    pragmas = ("journal_mode", "synchronous", "wal_autocheckpoint", "journal_size_limit")
    assert [db.pragma(name) for name in pragmas] == ["wal", 2, 0, connection.WAL_FILE_BYTES]


def test_every_write_transaction_begins_by_taking_the_lock() -> None:
    # A deferred one that reads first fails at once with SQLITE_BUSY_SNAPSHOT when it comes to write.
    sources = [path.read_text() for path in Path(writer.__file__).parent.glob("*.py")]
    begun = [words for text in sources for words in re.findall(r"\bBEGIN(?: [A-Z]+)?", text)]
    assert set(begun) == {"BEGIN IMMEDIATE"}


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    a_database(tmp_path)
    with pytest.raises(apsw.ReadOnlyError):
        open_for_reading(tmp_path / DATABASE).execute("DELETE FROM jobs")


def test_a_sqlite_that_corrupts_its_file_is_refused() -> None:
    assert version_problem("3.51.3") is None
    assert version_problem("3.54") is None
    for version in ("3.51.2", "3.40.1", "3.6"):
        assert "3.51.3 or newer" in (version_problem(version) or "")


def test_the_wal_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "CHECKPOINT_PAGES", 50)
    monkeypatch.setattr(writer, "BATCH", 1)
    db = a_database(tmp_path)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for _ in range(100):
            ours.sendall(write_request(a_start(JOB)))
        ours.shutdown(socket.SHUT_WR)
        writer.Writer(db, theirs).serve()
    pages = (tmp_path / f"{DATABASE}-wal").stat().st_size / 4096
    assert 50 <= pages <= 200  # the tables themselves are half of it, a hundred commits would be over a thousand


@pytest.mark.usefixtures("signals")
def test_the_writer_says_when_it_is_ready_and_leaves_when_the_server_hangs_up(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(write_request(a_start(JOB)))
        ours.shutdown(socket.SHUT_WR)
        assert writer.main(str(tmp_path / DATABASE), str(theirs.detach())) == 0
        hello, answer = replies(ours)
    assert hello == Reply()
    assert len(answer.answers) == 1


@pytest.mark.usefixtures("signals")
def test_the_last_words_of_a_writer_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> Reply:
        raise Fatal("The database failed (fsync); check the disk.")

    monkeypatch.setattr(writer, "commit", fail)
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(write_request(a_start(JOB)))
        assert writer.main(str(tmp_path / DATABASE), str(theirs.detach())) == 1
        assert [reply.fatal for reply in replies(ours)] == [None, "The database failed (fsync); check the disk."]
    assert "check the disk" in capsys.readouterr().err


@pytest.mark.anyio
async def test_a_second_server_on_the_folder_is_refused(tmp_path: Path) -> None:
    first = await open_store(tmp_path, on_fatal=pytest.fail)
    with pytest.raises(UnsafeGround, match="in use by another server"):
        await open_store(tmp_path, on_fatal=pytest.fail, patience_s=0)
    await first.close()
    await (await open_store(tmp_path, on_fatal=pytest.fail, patience_s=0)).close()


@pytest.mark.anyio
async def test_a_database_that_does_not_fit_is_refused_with_the_writers_sentence(tmp_path: Path) -> None:
    a_database(tmp_path).execute("UPDATE migrations SET checksum = 'x'")
    with pytest.raises(UnsafeGround, match="not the one this database was made with"):
        await open_store(tmp_path, on_fatal=pytest.fail)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / DATABASE).write_bytes(b"this is not a database" * 100)
    with pytest.raises(UnsafeGround, match="cannot be opened"):
        await open_store(tmp_path / "other", on_fatal=pytest.fail)


@pytest.mark.anyio
async def test_when_the_writer_dies_every_call_is_refused_and_the_server_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    store = await open_store(tmp_path, on_fatal=told.append)
    job = await a_job(store)
    made = await queued(store, job)
    os.kill(store._writer.pid, signal.SIGSTOP)
    pending = [asyncio.ensure_future(queued(store, job)) for _ in range(3)]
    await asyncio.sleep(0)
    os.kill(store._writer.pid, signal.SIGKILL)
    results = await asyncio.gather(*pending, return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 3
    with pytest.raises(Unavailable):
        await queued(store, job)
    with pytest.raises(Unavailable):
        await store.execution("default", Ref(number=made.number))
    assert len(told) == 1
    await store.close()
    again = await open_store(tmp_path, on_fatal=pytest.fail)
    assert await again.execution("default", Ref(number=made.number)) == made
    await again.close()


@pytest.mark.anyio
async def test_closing_answers_what_was_asked_before_and_ends_the_writer(tmp_path: Path) -> None:
    told: list[str] = []
    store = await open_store(tmp_path, on_fatal=told.append)
    job = await a_job(store)
    pending = [asyncio.ensure_future(store.start(a_start(job, fresh(job)))) for _ in range(10)]
    await asyncio.sleep(0)
    await store.close()
    assert all([(await one).execution.number for one in pending])
    assert store._writer.returncode == 0
    assert told == []
    assert not (tmp_path / f"{DATABASE}-wal").exists()


SERVER = """
import asyncio, os, signal, sys
from pathlib import Path
from runbell.stores.sqlite import open_store
from tests.stores.builders import a_job, queued

async def main():
    store = await open_store(Path(sys.argv[1]), on_fatal=print)
    job = await a_job(store)
    await queued(store, job, key="acknowledged")
    print(store._writer.pid, flush=True)
    os.kill(store._writer.pid, signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def killed_server(folder: Path) -> int:
    """Run a server that kills itself while its writer stands still; the writer's process id."""
    with subprocess.Popen([sys.executable, "-c", SERVER, str(folder)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        assert server.wait() == -signal.SIGKILL
    return pid


@pytest.mark.anyio
async def test_the_folder_of_a_killed_server_is_free_once_its_writer_has_left_and_all_is_there(tmp_path: Path) -> None:
    pid = await asyncio.to_thread(killed_server, tmp_path)
    with pytest.raises(UnsafeGround):
        await open_store(tmp_path, on_fatal=pytest.fail, patience_s=0)
    os.kill(pid, signal.SIGCONT)
    store = await open_store(tmp_path, on_fatal=pytest.fail)
    assert await store.execution("default", Ref(key="acknowledged")) is not None
    await store.close()
