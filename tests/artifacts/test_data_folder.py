"""The data of executions is read from their folders, and from nowhere else."""

import os
from pathlib import Path

import pytest

from runbell.artifacts import ExecutionFolders
from runbell.domain.data import parts
from runbell.domain.ids import new_id
from runbell.ports.data_files import NoSuchData
from tests.builders import NOON
from tests.left_behind import file, folder, rows

pytestmark = pytest.mark.anyio

NAME = "0" * 32


async def whole(folders: ExecutionFolders, execution: str, name: str, *part: int) -> bytes:
    return b"".join([piece async for piece in folders.data.stream(execution, name, *part)])


async def test_a_file_is_read_whole_and_in_parts(tmp_path: Path) -> None:
    folders, execution = ExecutionFolders(tmp_path / "executions"), new_id(NOON)
    left = file(folder(tmp_path, execution), "x", bytes(range(256)) * 4_000)
    assert await folders.data.size(execution, left.file) == left.size
    assert await whole(folders, execution, left.file) == bytes(range(256)) * 4_000
    assert await whole(folders, execution, left.file, 255, 3) == b"\xff\x00\x01"
    assert await folders.data.read(execution, left.file, left.size - 1, 9) == b"\xff"


@pytest.mark.parametrize("name", ["../log", "/etc/passwd", "log", NAME + "/x", NAME + "\0", "", ".", "..", NAME + ".x"])
async def test_a_name_that_the_house_did_not_make_opens_nothing(tmp_path: Path, name: str) -> None:
    folders, execution = ExecutionFolders(tmp_path / "executions"), new_id(NOON)
    (folder(tmp_path, execution).parent / "log").write_text("lines")
    with pytest.raises(NoSuchData):
        await folders.data.size(execution, name)


async def test_links_that_a_job_planted_lead_nowhere(tmp_path: Path) -> None:
    folders, execution, other = ExecutionFolders(tmp_path / "executions"), new_id(NOON), new_id(NOON)
    (tmp_path / "secret").write_text("secret")
    (folder(tmp_path, execution) / NAME).symlink_to(tmp_path / "secret")
    aside = folder(tmp_path, other)
    aside.rmdir()
    (tmp_path / NAME).write_text("secret")
    aside.symlink_to(tmp_path, target_is_directory=True)
    for holder in (execution, other):
        with pytest.raises(NoSuchData):
            await whole(folders, holder, NAME)


async def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    folders, execution = ExecutionFolders(tmp_path / "executions"), new_id(NOON)
    os.mkfifo(folder(tmp_path, execution) / NAME)
    with pytest.raises(NoSuchData):
        await folders.data.size(execution, NAME)


async def test_a_restart_shares_the_files_of_what_it_reuses(tmp_path: Path) -> None:
    folders, source, target = ExecutionFolders(tmp_path / "executions"), new_id(NOON), new_id(NOON)
    there = folder(tmp_path, source)
    kept, other = rows(there, [{"a": 1}]), rows(there, [{"a": 2}])
    for _ in range(2):  # the second time is a second claim of it
        await folders.data.copy(source, target, parts([kept]))
    assert await folders.data.missing(target, parts([kept, other])) == tuple(parts([other]))
    here = folder(tmp_path, target) / kept.file
    assert here.stat().st_ino == (there / kept.file).stat().st_ino
    await folders.delete([source])
    assert here.read_bytes() == b"[1]\n"
    with pytest.raises(NoSuchData):
        await folders.data.copy(source, new_id(NOON), parts([kept]))


async def test_data_goes_with_the_execution_and_with_its_time(tmp_path: Path) -> None:
    folders = ExecutionFolders(tmp_path / "executions")
    for remove in (folders.delete, lambda one: folders.strip(one, log=False, data=True)):
        execution = new_id(NOON)
        left = rows(folder(tmp_path, execution), [{"a": 1}])
        await remove([execution])
        assert await folders.data.missing(execution, parts([left])) == tuple(parts([left]))
