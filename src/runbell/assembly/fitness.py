"""Whether this machine is fit to serve, as far as only the rooms know: SQLite's version, the ground under the data."""

from pathlib import Path

import apsw

from runbell.stores.ground import UnsafeGround, check_file_system
from runbell.stores.sqlite.connection import version_problem


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
