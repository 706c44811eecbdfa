"""The folders of executions: where they lie, what a restart gets, and that no name leads out of them."""

import os
from pathlib import Path

import pytest

from runbell.artifacts import ExecutionFolders
from runbell.domain.ids import new_id
from runbell.ports.artifacts import LogFilter

pytestmark = pytest.mark.anyio
NOON = 1_900_000_000_000
DAY = "2030-03-17"


@pytest.fixture
def folders(tmp_path: Path) -> ExecutionFolders:
    return ExecutionFolders(tmp_path)


def fill(home: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)


def everything(home: Path) -> list[str]:
    return sorted(str(each.relative_to(home)) for each in home.rglob("*") if not each.is_dir())


def test_an_execution_lies_under_the_day_of_its_id(folders: ExecutionFolders, tmp_path: Path) -> None:
    execution = new_id(NOON)
    assert folders.home(execution) == tmp_path / DAY / execution


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc", "x" * 26, "/etc/passwd", "01q9gd6e00e2ar8424cnx47n1\0", "%2e%2e"]
)
async def test_what_is_no_id_opens_nothing(folders: ExecutionFolders, name: str) -> None:
    with pytest.raises(ValueError, match="no execution id"):
        folders.home(name)
    with pytest.raises(ValueError, match="no execution id"):
        await folders.log(name, LogFilter())


async def test_a_result_is_read_by_the_name_that_the_house_gave_it(folders: ExecutionFolders) -> None:
    execution = new_id(NOON)
    home = folders.home(execution)
    fill(home, {"results/0123456789abcdef.json": "[1]", "log": "secret", "results/other": "secret"})
    assert await folders.result(execution, "0123456789abcdef.json") == b"[1]"
    (home / "results" / "fedcba9876543210.json").symlink_to(home / "log")
    for name in ("../log", "other", "", "0123456789abcdef.json/../../log", "0123456789abcdeg.json", "0" * 16 + ".json"):
        assert await folders.result(execution, name) is None
    with pytest.raises(OSError, match="symbolic"):
        await folders.result(execution, "fedcba9876543210.json")


async def test_a_restart_begins_with_a_copy_of_workspace_and_results(folders: ExecutionFolders) -> None:
    source, target = new_id(NOON), new_id(NOON)
    home = folders.home(source)
    fill(home, {"log": "x", "workspace/a/b.csv": "1", "results/0123456789abcdef.json": "2", "data/c": "3"})
    (home / "workspace" / "link").symlink_to("/etc/passwd")
    os.mkfifo(home / "workspace" / "pipe")
    await folders.copy_workspace(source, target)
    there = folders.home(target)
    assert everything(there) == ["results/0123456789abcdef.json", "workspace/a/b.csv", "workspace/link"]
    assert (there / "workspace" / "link").is_symlink()
    fill(there, {"workspace/a/b.csv": "changed"})
    assert (home / "workspace" / "a" / "b.csv").read_text() == "1"


async def test_a_copy_is_made_once_and_never_over_what_a_run_has_done(folders: ExecutionFolders) -> None:
    source, target = new_id(NOON), new_id(NOON)
    fill(folders.home(source), {"workspace/a": "1"})
    await folders.copy_workspace(source, target)
    fill(folders.home(target), {"workspace/a": "2"})
    await folders.copy_workspace(source, target)
    assert (folders.home(target) / "workspace" / "a").read_text() == "2"


async def test_a_copy_that_was_cut_off_is_made_again(folders: ExecutionFolders) -> None:
    source, target = new_id(NOON), new_id(NOON)
    fill(folders.home(source), {"workspace/a": "1", "results/x": "1"})
    fill(folders.home(target), {".workspace/half": "1", "results/half": "1"})
    await folders.copy_workspace(source, target)
    assert everything(folders.home(target)) == ["results/x", "workspace/a"]


async def test_nothing_to_copy_leaves_nothing(folders: ExecutionFolders) -> None:
    target = new_id(NOON)
    await folders.copy_workspace(new_id(NOON), target)
    assert not folders.home(target).exists()


async def test_a_delete_takes_everything_and_only_that(folders: ExecutionFolders, tmp_path: Path) -> None:
    gone, stays, absent = new_id(NOON), new_id(NOON), new_id(NOON)
    outside = tmp_path / "outside"
    fill(tmp_path, {"outside/file": "1"})
    for execution in (gone, stays):
        fill(folders.home(execution), {"log": "x\n", "workspace/a": "1"})
    (folders.home(gone) / "workspace" / "link").symlink_to(outside)
    await folders.delete([gone, absent])
    assert [each.name for each in (tmp_path / DAY).iterdir()] == [stays]
    assert (outside / "file").exists()
    assert folders.log_file(gone) is None
    assert folders.log_file(stays) == folders.home(stays) / "log"
    await folders.delete([stays])
    assert not (tmp_path / DAY).exists()
