"""The disk of folders on which `verify exceptions` cuts the power: what was not synced may be lost, and only that."""

from random import Random

import pytest
from verify.folder_disk import FolderDisk, PowerGone

SEEDS = range(60)


def left(seed: int, *, sync: bool, sync_folder: bool) -> bytes | None:
    """What is found of a file of which so much was synced."""
    disk = FolderDisk(Random(seed), 0, "/data")
    with disk.open("/data/a") as file:
        file.write(b"x" * 2_000)
        if sync:
            disk.fsync(file.fileno())
    if sync_folder:
        disk.fsync(disk.handle("/data"))
    return disk.left().get("/data/a")


def test_what_was_synced_with_its_name_is_found_whole() -> None:
    assert {left(seed, sync=True, sync_folder=True) for seed in SEEDS} == {b"x" * 2_000}


def test_a_name_that_was_not_synced_may_be_gone() -> None:
    assert {left(seed, sync=True, sync_folder=False) for seed in SEEDS} == {b"x" * 2_000, None}


def test_rows_that_were_not_synced_may_be_torn() -> None:
    assert len({left(seed, sync=False, sync_folder=True) for seed in SEEDS}) > 5


def test_the_power_goes_at_the_chosen_operation_and_stays_away() -> None:
    disk = FolderDisk(Random(1), 2, "/data")
    file = disk.open("/data/a")
    for _ in range(2):
        with pytest.raises(PowerGone):
            file.write(b"x")
