"""Where the key of the vault comes from, and what a server refuses to start with."""

import base64
import stat
from pathlib import Path

import pytest

from runbell.assembly.vaulting import open_vault
from runbell.locks.key_file import KEY_FILE, NoKey, find_key
from runbell.stores.sqlite import open_store
from runbell.stores.sqlite.store import SqliteStore

GIVEN = base64.b64encode(bytes(32)).decode()


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first = find_key(tmp_path, None, may_make=True)
    assert find_key(tmp_path, None, may_make=False) == first
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_that_is_given_wins_over_the_file_and_leaves_none(tmp_path: Path) -> None:
    assert find_key(tmp_path, GIVEN, may_make=True) == bytes(32)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    find_key(tmp_path, None, may_make=True)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(NoKey, match="chmod 600"):
        find_key(tmp_path, None, may_make=True)


@pytest.mark.parametrize("text", ["", "short", "AAAA", GIVEN + "AAAA", "!" * 44])
def test_what_is_no_key_is_refused_with_a_way_to_make_one(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoKey, match="openssl rand"):
        find_key(tmp_path, text, may_make=True)
    (tmp_path / KEY_FILE).touch(0o600)
    (tmp_path / KEY_FILE).write_text(text)
    with pytest.raises(NoKey, match=r"secret\.key must hold 32 bytes"):
        find_key(tmp_path, None, may_make=True)


@pytest.mark.anyio
async def test_a_folder_that_knows_a_key_is_not_served_without_it(tmp_path: Path) -> None:
    store = await a_store(tmp_path)
    try:
        first = await open_vault(store, tmp_path, None)
        assert (await open_vault(store, tmp_path, None)).key_id == first.key_id
        with pytest.raises(NoKey, match="is not the key"):
            await open_vault(store, tmp_path, GIVEN)
        (tmp_path / KEY_FILE).unlink()
        with pytest.raises(NoKey, match="missing"):
            await open_vault(store, tmp_path, None)
        assert not (tmp_path / KEY_FILE).exists()
    finally:
        await store.close()


async def a_store(folder: Path) -> SqliteStore:
    return await open_store(folder, on_fatal=pytest.fail)
