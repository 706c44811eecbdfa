"""Care for a data folder beside the server: back up while it serves; restore, upgrade, pack while it does not."""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

import apsw
import msgspec
from msgspec import Struct

from runbell.artifacts import ExecutionFolders
from runbell.artifacts.data_folder import DATA
from runbell.stores.ground import UnsafeGround, hold, prepare
from runbell.stores.sqlite import care
from runbell.stores.sqlite.migrations import CannotMigrate
from runbell.stores.sqlite.store import DATABASE

EXECUTIONS: Final = "executions"
UPLOADS: Final = "files"
"""What callers handed in: executions that wait, and reruns, still read it."""
ABOUT: Final = "backup.json"


class CannotCare(Exception):  # noqa: N818 - a refusal, with a sentence for whoever asked
    """It was not done; the sentence says why and what to do."""


class Backup(Struct, frozen=True, kw_only=True):
    """What a backup says of itself. `files`: how many executions came with their logs, results and output files.

    `elsewhere`: how many of them have rows or files that do not lie in the data folder, so they are not in the backup.
    """

    runbell: str
    made_at: str
    migration: int
    sha256: str
    bytes: int
    executions: int
    files: int | None
    elsewhere: int = 0


class Shape(Struct, frozen=True):
    """The number of a file's last migration, before and after."""

    before: int
    after: int


class Packed(Struct, frozen=True):
    """The size of the file in bytes, before and after."""

    before: int
    after: int


def back_up(data: Path, target: Path, *, files: bool) -> Backup:
    """A copy of the data folder as of one moment, in a new folder; a server may go on meanwhile. Raises CannotCare.

    Keys that lie in the data folder are not copied: a backup opens nothing.
    """
    with _told(data):
        database = _database(data)
        if target.exists() and any(target.iterdir()):
            raise CannotCare(f"{target} is not empty; name a new folder.")
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        copied = target / DATABASE
        care.copy(database, copied)
        ids = care.execution_ids(copied)
        with_files = _copy_files(ids, data, target) if files else None
        if files and (data / UPLOADS).is_dir():
            _copy_uploads(data / UPLOADS, target / UPLOADS)
        about = Backup(
            runbell=version("runbell"), made_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            migration=care.inspect(copied), sha256=care.digest(copied), bytes=copied.stat().st_size,
            executions=len(ids), files=with_files, elsewhere=_elsewhere(copied, data) if files else 0,
        )  # fmt: skip
        (target / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n")
        return about


def restore(source: Path, data: Path, *, replace: bool) -> Backup:
    """Put a backup where a server will find it. Never over a running one, and over an old one only with `replace`:
    what was there is moved aside, not deleted. Raises CannotCare.
    """
    with _told(data):
        about = _about(source)
        copied = source / DATABASE
        if care.digest(copied) != about.sha256:
            raise CannotCare(f"{copied} is not what was backed up: its SHA-256 differs. Take another backup.")
        care.inspect(copied)
        prepare(data)
        with _alone(data):
            if (data / DATABASE).exists():
                if not replace:
                    raise CannotCare(f"{data} holds a database already; --replace moves it aside first.")
                _move_aside(data)
            if about.files is not None:
                shutil.copytree(source / EXECUTIONS, data / EXECUTIONS, dirs_exist_ok=True)
            if (source / UPLOADS).is_dir():
                shutil.copytree(source / UPLOADS, data / UPLOADS, dirs_exist_ok=True)
            care.copy(copied, data / DATABASE)
        return about


def upgrade(data: Path) -> Shape:
    """Bring the tables to the newest shape, as the next start of the server would. Raises CannotCare."""
    with _told(data):
        database = _database(data)
        before = care.inspect(database)
        if before < care.newest():
            with _alone(data):
                care.upgrade(database)
        return Shape(before, care.newest())


def pack(data: Path) -> Packed:
    """Give back the room of what was deleted. Raises CannotCare while a server runs: it could not write meanwhile."""
    with _told(data):
        database = _database(data)
        with _alone(data):
            before = database.stat().st_size
            care.pack(database)
            return Packed(before, database.stat().st_size)


def _database(data: Path) -> Path:
    database = data / DATABASE
    if not database.is_file():
        raise CannotCare(f"There is no database in {data}; name the data folder: --data DIR, RUNBELL_DATA.")
    return database


def _about(source: Path) -> Backup:
    try:
        return msgspec.json.decode((source / ABOUT).read_bytes(), type=Backup)
    except (OSError, msgspec.MsgspecError):
        raise CannotCare(f"{source} is no backup of runbell: it has no readable {ABOUT}.") from None


def _copy_files(ids: set[str], data: Path, target: Path) -> int:
    """The folders of the executions that the copy knows. What is deleted meanwhile is left out."""
    here, there = (ExecutionFolders(folder.resolve() / EXECUTIONS) for folder in (data, target))
    (target / EXECUTIONS).mkdir(mode=0o700)
    copied = 0
    for execution in ids:
        home = here.home(execution)
        if home.is_dir():
            copied += _copy_folder(home, there.home(execution))
    return copied


def _copy_uploads(here: Path, there: Path) -> None:
    """The files that came whole. What is removed meanwhile is left out."""
    there.mkdir(mode=0o700)
    for file in here.glob("[!.]*"):
        with suppress(FileNotFoundError):
            shutil.copy2(file, there / file.name)


def _elsewhere(copied: Path, data: Path) -> int:
    """How many executions have data that does not lie in the folder: an object store has it, or nobody."""
    here = ExecutionFolders(data.resolve() / EXECUTIONS)
    return len({
        execution for execution, names in care.left_files(copied)
        if not all((here.home(execution) / DATA / name).is_file() for name in names)
    })  # fmt: skip


def _copy_folder(home: Path, target: Path) -> bool:
    try:
        shutil.copytree(home, target, symlinks=True, ignore=_only_plain)
    except shutil.Error as error:
        gone = all(not os.path.lexists(source) for source, *_ in error.args[0])
        if not gone:
            raise CannotCare(f"{home} cannot be copied: {error.args[0][0][2]}.") from None
    except FileNotFoundError:
        return False
    return True


def _only_plain(folder: str, names: list[str]) -> set[str]:
    """Pipes and sockets of a workspace are left out: reading one would never end."""
    return {name for name in names if not (path := Path(folder, name)).is_symlink() and not _plain(path)}


def _plain(path: Path) -> bool:
    return path.is_file() or path.is_dir()


def _move_aside(data: Path) -> None:
    aside = data / time.strftime("before-restore-%Y%m%dT%H%M%SZ", time.gmtime())
    aside.mkdir(mode=0o700)
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", EXECUTIONS, UPLOADS):
        if (data / name).exists():
            (data / name).rename(aside / name)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Inside, no server can begin in that folder, and none runs."""
    lock = asyncio.run(hold(data, 0))
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def _told(data: Path) -> Iterator[None]:
    """Whatever the rooms say becomes a refusal in a sentence."""
    try:
        yield
    except (UnsafeGround, CannotMigrate) as refusal:
        raise CannotCare(str(refusal)) from None
    except apsw.Error as error:
        raise CannotCare(f"The database cannot be used ({error}); check the disk of {data}.") from None
    except OSError as error:
        raise CannotCare(f"{error.filename or data}: {error.strerror or error}.") from None
