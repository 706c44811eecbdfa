"""The data folder: on a disk of this machine, and one server at a time."""

import os
from pathlib import Path

import pytest

from runbell.stores.ground import UnsafeGround, check_file_system, hold, prepare

MOUNTS = """\
/dev/vda / ext4 rw,relatime 0 0
tmpfs /dev/shm tmpfs rw 0 0
server:/export /srv/net nfs4 rw 0 0
/dev/vdb /srv/net/local ext4 rw 0 0
sshfs /srv/with\\040blank fuse.sshfs rw 0 0
ntfs /srv/ntfs fuseblk rw 0 0
old:/export /srv/twice nfs rw 0 0
/dev/vdc /srv/twice ext4 rw 0 0
"""


@pytest.mark.parametrize("folder", ["/srv/net", "/srv/net/data", "/srv/with blank/data", "/srv/ntfs/data"])
def test_a_remote_file_system_is_refused(folder: str) -> None:
    with pytest.raises(UnsafeGround, match="put it on a disk of this machine"):
        check_file_system(Path(folder), MOUNTS)


@pytest.mark.parametrize(
    "folder", ["/srv/data", "/srv/network", "/dev/shm/data", "/srv/net/local/data", "/srv/twice/a"]
)
def test_a_local_one_is_taken_even_below_or_over_a_remote_one(folder: str) -> None:
    check_file_system(Path(folder), MOUNTS)


def test_a_link_to_a_remote_file_system_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/srv/net/data")
    with pytest.raises(UnsafeGround):
        check_file_system(tmp_path / "link", MOUNTS)


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "data")
    assert (tmp_path / "a" / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.anyio
async def test_a_folder_is_held_by_one_and_says_by_whom(tmp_path: Path) -> None:
    held = await hold(tmp_path, 0)
    with pytest.raises(UnsafeGround, match=f"process {os.getpid()}"):
        await hold(tmp_path, 0)
    os.close(held)
    os.close(await hold(tmp_path, 0))


@pytest.mark.anyio
async def test_the_hold_lasts_until_the_last_process_that_shares_it_lets_go(tmp_path: Path) -> None:
    held = await hold(tmp_path, 0)
    shared = os.dup(held)
    os.close(held)
    with pytest.raises(UnsafeGround):
        await hold(tmp_path, 0)
    os.close(shared)
    os.close(await hold(tmp_path, 0))
