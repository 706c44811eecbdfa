"""Whether this machine is fit to serve, as far as only the rooms know: SQLite's version, the ground under the data."""

from pathlib import Path

import apsw

from runbell.stores.ground import UnsafeGround, check_file_system
from runbell.stores.sqlite.care import newest, shape
from runbell.stores.sqlite.connection import version_problem
from runbell.stores.sqlite.store import DATABASE


def sqlite_version() -> str:
    """The version of SQLite that a server here would use."""
    return apsw.sqlite_lib_version()


def sqlite_problem() -> str | None:
    """Why that SQLite is not safe, in a sentence; None when it is."""
    return version_problem(sqlite_version())


def ground_problem(data: Path) -> str | None:
    """Why a data folder must not lie there, in a sentence; None when it may."""
    try:
        check_file_system(data, Path("/proc/mounts").read_text("utf-8"))
    except UnsafeGround as unsafe:
        return str(unsafe)
    return None


def migration_problem(data: Path) -> tuple[str, bool] | None:
    """Why the database there does not fit this version, and whether `db upgrade` mends it; None when it fits."""
    database = data / DATABASE
    if not database.is_file():
        return None
    try:
        found = shape(database)
    except apsw.Error as error:
        return f"The database {database} cannot be read ({error}).", False
    if found > newest():
        return f"A newer version made the database (its last migration is {found}, ours {newest()}).", False
    return (f"The database is at migration {found}, this version at {newest()}.", True) if found < newest() else None
