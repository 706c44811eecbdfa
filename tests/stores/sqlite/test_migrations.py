"""Numbered scripts, each applied once, all or nothing."""

from pathlib import Path

import apsw
import pytest
from msgspec import structs

from runbell.stores.sqlite.connection import open_for_writing
from runbell.stores.sqlite.migrations import CannotMigrate, Migration, migrate, shipped

ONE = Migration(1, "0001_a.sql", "CREATE TABLE a (x) ; CREATE TABLE b (x);")
TWO = Migration(2, "0002_c.sql", "CREATE TABLE c (x);")


@pytest.fixture
def db(tmp_path: Path) -> apsw.Connection:
    """An empty database."""
    return open_for_writing(tmp_path / "x.db")


def tables(db: apsw.Connection) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]


def test_the_shipped_scripts_have_numbers_that_grow() -> None:
    numbers = [script.number for script in shipped()]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1


def test_scripts_are_applied_in_order_and_once(db: apsw.Connection) -> None:
    migrate(db, [ONE])
    migrate(db, [ONE, TWO])
    migrate(db, [ONE, TWO])
    assert tables(db) == ["a", "b", "c", "migrations"]


def test_a_script_that_changed_since_is_refused(db: apsw.Connection) -> None:
    migrate(db, [ONE])
    with pytest.raises(CannotMigrate, match="is not the one"):
        migrate(db, [structs.replace(ONE, sql=ONE.sql + " "), TWO])
    assert "c" not in tables(db)


def test_a_database_of_a_newer_version_is_refused(db: apsw.Connection) -> None:
    migrate(db, [ONE, TWO])
    with pytest.raises(CannotMigrate, match="newer version"):
        migrate(db, [ONE])


def test_a_script_that_fails_leaves_nothing_of_the_whole(db: apsw.Connection) -> None:
    broken = Migration(3, "0003_d.sql", "CREATE TABLE d (x); CREATE TABLE d (x);")
    with pytest.raises(apsw.SQLError):
        migrate(db, [ONE, TWO, broken])
    assert tables(db) == []
    migrate(db, [ONE])
    assert tables(db) == ["a", "b", "migrations"]


def test_jobs_with_a_schedule_from_before_are_known_and_the_api_is_kept_from_them(db: apsw.Connection) -> None:
    before = [script for script in shipped() if script.number < 15]
    migrate(db, before)
    definitions = {
        1: '{"steps": []}', 2: '{"schedule": {"every": "1h"}}', 3: '{"schedule": {"every": "1h"}, "starts": "api"}',
        4: '{"schedule": {"every": "1h"}, "starts": "both"}', 5: '{"schedule": null}',
    }  # fmt: skip
    for number, definition in definitions.items():
        db.execute(
            "INSERT INTO jobs (number, id, project, name, version, revision, enabled, source, digest, when_full,"
            " grace_ms, created_at, updated_at)"
            " VALUES (?1, ?1, 'default', 'job' || ?1, 1, 1, 1, 'api', '', 'queue', 0, 0, 0)",
            (number,),
        )
        db.execute("INSERT INTO job_versions VALUES (?, 1, 0, '', ?)", (number, definition))
    migrate(db, [script for script in shipped() if script.number <= 15])
    assert db.execute("SELECT number FROM jobs WHERE by_api").fetchall() == [(1,), (3,), (4,), (5,)]
    rows = db.execute('SELECT job_number, "on", next_at FROM schedules ORDER BY job_number').fetchall()
    assert rows == [(2, 1, None), (3, 0, None), (4, 1, None)]
