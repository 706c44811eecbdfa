"""The disk forgets what was not synced, and nothing else."""

from pathlib import Path
from random import Random

import apsw
from verify.disk import SECTOR, Disk, PowerCut, Surface


def test_what_was_synced_survives_and_what_was_written_after_may_not() -> None:
    surface = Surface(b"")
    surface.pending.append((0, b"a" * SECTOR))
    surface.sync()
    surface.pending.append((0, b"b" * SECTOR))
    found = {surface.survived(Random(seed)) for seed in range(40)}
    assert b"a" * SECTOR in found
    assert b"b" * SECTOR in found
    assert any(0 < content.count(b"b") < SECTOR for content in found)
    assert all(content == b"b" * content.count(b"b") + b"a" * content.count(b"a") for content in found)


def test_sectors_of_one_write_have_fates_of_their_own() -> None:
    surface = Surface(b"\0" * 4 * SECTOR)
    surface.pending.append((100, b"x" * 3 * SECTOR))
    kinds = set()
    for seed in range(60):
        content = surface.survived(Random(seed))
        kinds.add(tuple(content[place : place + SECTOR].count(b"x") > 0 for place in range(0, 4 * SECTOR, SECTOR)))
    assert len(kinds) > 8


def test_after_the_cut_nothing_works_and_the_database_can_be_opened_elsewhere(tmp_path: Path) -> None:
    disk = Disk("test-disk", Random(1), cut_at=60)
    db = apsw.Connection(str(tmp_path / "a.db"))
    done = 0
    try:
        db.pragma("journal_mode", "WAL")
        db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
        for done in range(1_000):
            db.execute("INSERT INTO t VALUES (?)", (done,))
    except PowerCut:
        pass
    assert disk.cut
    after = tmp_path / "after"
    after.mkdir()
    disk.leave(after)
    disk.end()
    db.close(force=True)
    found = apsw.Connection(str(after / "a.db")).execute("SELECT count(*) FROM t").get
    assert done <= found <= done + 1
