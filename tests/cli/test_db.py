"""Back up while the server works, restore, upgrade, pack."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runbell.client import Client, ProblemError
from tests.end_to_end.serving import serving

from .conftest import Typed

JOB = "job: quick\nsteps:\n  - {name: say, command: [echo, here]}\n"


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (folder / "quick.yaml").write_text(JOB)
    return folder


@contextmanager
def under_load(client: Client) -> Iterator[list[int]]:
    """Inside, executions are started one after the other; the numbers of those that were accepted."""
    accepted: list[int] = []
    over = threading.Event()

    def start() -> None:
        while not over.is_set():
            accepted.append(client.start("quick").number)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield accepted
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_a_backup_under_load_is_everything_up_to_one_moment(typed: Typed, tmp_path: Path, jobs: Path) -> None:
    here, there, backup = tmp_path / "here", tmp_path / "there", tmp_path / "backup"
    with serving(here, jobs) as client:
        client.start("quick", wait=20)
        with under_load(client) as accepted:
            while len(accepted) < 30:
                client.health()
            before = list(accepted)
            made = json.loads(typed("db", "backup", backup, "--data", here, "--json").out)
            after = len(accepted)
    assert after > len(before)  # it was under load indeed
    assert typed("db", "restore", backup, "--data", there).code == 0
    for key in ("admin.key", "secret.key"):
        (there / key).write_text((here / key).read_text())
        (there / key).chmod(0o600)
    with serving(there, jobs) as client:
        restored = {one.number: one for one in client.executions(limit=1000)}
        assert set(before) <= set(restored)
        assert set(restored) == set(range(1, made["executions"] + 1))
        assert [line.text for line in client.logs(1)] == ["here"]
        assert {client.wait(number, 20).status for number in restored} <= {"succeeded", "lost"}


def test_no_key_is_in_a_backup(typed: Typed, tmp_path: Path, jobs: Path) -> None:
    with serving(tmp_path / "here", jobs) as client:
        client.start("quick", wait=20)
        ended = typed("db", "backup", tmp_path / "backup", "--data", tmp_path / "here")
    assert "admin.key" in ended.err
    key = (tmp_path / "here" / "admin.key").read_bytes().strip()
    for file in (tmp_path / "backup").rglob("*"):
        assert not file.is_file() or key not in file.read_bytes()


def test_nothing_is_restored_over_a_running_server_or_over_a_database(typed: Typed, tmp_path: Path, jobs: Path) -> None:
    here, backup = tmp_path / "here", tmp_path / "backup"
    with serving(here, jobs) as client:
        assert typed("db", "backup", backup, "--data", here, "--no-files").code == 0
        number = client.start("quick", wait=20).number
        for command in (("restore", backup, "--replace"), ("vacuum",)):
            ended = typed("db", *command, "--data", here)
            assert (ended.code, "in use by another server" in ended.err) == (1, True)
    assert typed("db", "restore", backup, "--data", here).code == 1
    assert typed("db", "restore", backup, "--data", here, "--replace").code == 0
    with serving(here, jobs) as client, pytest.raises(ProblemError, match=str(number)):
        client.execution(number)
    assert [*here.glob("before-restore-*/runbell.db")] != []


def test_a_backup_that_was_touched_is_refused(typed: Typed, tmp_path: Path, jobs: Path) -> None:
    with serving(tmp_path / "here", jobs):
        typed("db", "backup", tmp_path / "backup", "--data", tmp_path / "here")
    with (tmp_path / "backup" / "runbell.db").open("ab") as file:
        file.write(b"x")
    ended = typed("db", "restore", tmp_path / "backup", "--data", tmp_path / "there")
    assert (ended.code, "SHA-256" in ended.err) == (1, True)
    assert typed("db", "restore", tmp_path, "--data", tmp_path / "there").code == 1


def test_a_second_backup_does_not_mix_with_the_first(typed: Typed, tmp_path: Path, jobs: Path) -> None:
    with serving(tmp_path / "here", jobs):
        for code in (0, 1):
            assert typed("db", "backup", tmp_path / "backup", "--data", tmp_path / "here").code == code


def test_packing_and_upgrading_say_what_they_did(typed: Typed, tmp_path: Path, jobs: Path) -> None:
    with serving(tmp_path / "here", jobs):
        assert "nothing to do" in typed("db", "upgrade", "--data", tmp_path / "here").out
    assert "MiB now" in typed("db", "vacuum", "--data", tmp_path / "here").out
    ended = typed("db", "vacuum", "--data", tmp_path / "nowhere")
    assert (ended.code, "--data DIR" in ended.err) == (1, True)


def test_what_lies_in_an_object_store_is_said_not_to_be_in_the_backup(typed: Typed, tmp_path: Path, jobs: Path) -> None:
    (jobs / "leaves.yaml").write_text(
        "job: leaves\nsteps:\n  - {name: say, shell: 'echo here > $RUNBELL_OUTPUT/report.txt'}\n"
    )
    with serving(tmp_path / "here", jobs) as client:
        made = client.start("leaves", wait=20)
        client.start("quick", wait=20)
        whole = typed("db", "backup", tmp_path / "whole", "--data", tmp_path / "here", "--json")
        assert ("object store" in whole.err, json.loads(whole.out)["elsewhere"]) == (False, 0)
        [file] = (tmp_path / "here" / "executions").glob(f"*/{made.id.removeprefix('run_')}/data/*")
        file.unlink()  # as it is once it was brought to the store
        ended = typed("db", "backup", tmp_path / "backup", "--data", tmp_path / "here")
    assert (ended.code, "rows and files of 1 execution" in ended.err, "back up the bucket" in ended.err) == (
        0,
        True,
        True,
    )
    assert typed("db", "restore", tmp_path / "backup", "--data", tmp_path / "there").code == 0


def test_files_that_were_handed_in_are_in_the_backup(typed: Typed, tmp_path: Path, jobs: Path) -> None:
    with serving(tmp_path / "here", jobs) as client:
        client.upload(b"handed in", "in.txt")
        assert typed("db", "backup", tmp_path / "backup", "--data", tmp_path / "here").code == 0
        assert typed("db", "backup", tmp_path / "bare", "--data", tmp_path / "here", "--no-files").code == 0
    assert typed("db", "restore", tmp_path / "backup", "--data", tmp_path / "there").code == 0
    [there] = (tmp_path / "there" / "files").iterdir()
    assert there.read_bytes() == b"handed in"
    assert not (tmp_path / "bare" / "files").exists()
