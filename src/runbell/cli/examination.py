"""What `runbell doctor` looks at. Each look answers one Finding (the last some of them) and never raises."""

import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from runbell.cli import profiles
from runbell.cli.finding import Finding
from runbell.cli.mail_trial import mail
from runbell.cli.reaching import Common
from runbell.cli.trouble import Refusal
from runbell.cli.unattended import unattended

MIB: Final = 1 << 20
LITTLE_DISK: Final = 200 * MIB
SOME_DISK: Final = 2_000 * MIB
PYTHON: Final = (3, 11)
FLOORS: Final = {"starlette": (1, 3, 0)}  # CVE-2026-48710, PYSEC-2026-248, CVE-2025-62727
FLOORS_IF_THERE: Final = {"orjson": (3, 11, 6), "python-multipart": (0, 0, 18)}  # CVE-2025-67221, CVE-2024-53981
EXPAT: Final = (2, 6, 0)
LIBXML2: Final = (2, 14)
BUILT: Final = 1_790_000_000  # when this was written, epoch seconds: no clock can be right that says less


def examine(data: Path, jobs: Path | None, common: Common, receiver: str | None = None) -> list[Finding]:
    """All findings, in an order in which they can be mended. `receiver`: where a test mail goes."""
    looks: list[Callable[[], Finding]] = [
        _python, _packages, _xml, _sqlite, _zones, _clock, _user, _profiles, lambda: _writable(data),
        lambda: _ground(data), lambda: _disk(data), lambda: _migrations(data), lambda: _server(common),
        lambda: mail(receiver),
    ]  # fmt: skip
    if jobs is not None:
        looks.append(lambda: _jobs(jobs))
    return [*(look() for look in looks), *unattended(data)]


def _python() -> Finding:
    said = sys.version.split()[0]
    if sys.version_info < PYTHON:
        return Finding("python", "fail", said, "Install Python 3.11 or newer.")
    return Finding("python", "ok", said)


def _packages() -> Finding:
    old = []
    for name, floor in (FLOORS | FLOORS_IF_THERE).items():
        try:
            found = version(name)
        except PackageNotFoundError:
            old += [f"{name} is missing"] if name in FLOORS else []
            continue
        if tuple(int(part) for part in found.split(".")[:3] if part.isdigit()) < floor:
            old.append(f"{name} {found} is older than {'.'.join(map(str, floor))}")
    if old:
        return Finding("packages", "fail", "; ".join(old), "Install runbell again in a fresh virtual environment.")
    return Finding("packages", "ok", f"runbell {version('runbell')}")


def _xml() -> Finding:
    """What parses XML here. runbell reads none with expat, but jobs may; and lxml brings a libxml2 of its own."""
    import pyexpat

    said = f"expat {'.'.join(map(str, pyexpat.version_info))}"
    try:
        from lxml import etree  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        pass
    else:
        said += f", libxml2 {'.'.join(map(str, etree.LIBXML_VERSION))}"
        if etree.LIBXML_VERSION < LIBXML2:
            return Finding("xml", "fail", f"{said} is too old.", "Install a newer lxml, which brings libxml2 with it.")
    if pyexpat.version_info < EXPAT:
        fix = "Install a newer Python before jobs parse XML from outside; runbell itself parses none with expat."
        return Finding("xml", "warn", f"{said} is older than {'.'.join(map(str, EXPAT))}.", fix)
    return Finding("xml", "ok", said)


def _sqlite() -> Finding:
    try:
        from runbell.assembly import fitness
    except ImportError as error:
        return Finding("sqlite", "fail", str(error), "Install runbell again in a fresh virtual environment.")
    problem = fitness.sqlite_problem()
    if problem:
        return Finding("sqlite", "fail", problem, "Install a newer apsw, which brings SQLite with it.")
    return Finding("sqlite", "ok", fitness.sqlite_version())


def _zones() -> Finding:
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return Finding("time zones", "fail", "There is no zone data.", "Install the package tzdata.")
    return Finding("time zones", "ok", "zone data is there")


def _clock() -> Finding:
    now = time.time()
    if now < BUILT:
        return Finding("clock", "fail", "The clock of this machine is years behind.", "Set it; let NTP keep it right.")
    return Finding("clock", "ok", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)))


def _user() -> Finding:
    if os.geteuid() == 0:
        fix = "Run the server as a user of its own; as a service with DynamicUser=yes."
        return Finding("user", "warn", "root: whoever may define a job may do anything on this machine.", fix)
    said = f"user {os.geteuid()}: steps run as the same user, who may read the data folder"
    return Finding("user", "ok", said)


def _profiles() -> Finding:
    file = profiles.profiles_file()
    if not file.exists():
        return Finding("profiles", "ok", "none kept")
    if file.stat().st_mode & 0o077:
        return Finding("profiles", "fail", f"{file} can be read by others.", f"chmod 600 {file}")
    try:
        return Finding("profiles", "ok", f"{len(profiles.load().profiles)} in {file}")
    except Refusal as error:
        return Finding("profiles", "fail", str(error), error.then)


def _migrations(data: Path) -> Finding:
    from runbell.assembly import fitness

    problem = fitness.migration_problem(data)
    if problem is None:
        return Finding("database", "ok", "fits this version" if data.exists() else "none yet")
    said, mended = problem
    if mended:
        return Finding("database", "warn", said, f"The next start does it, or now: runbell db upgrade --data {data}")
    return Finding("database", "fail", said, "Install the version that made it, or restore a backup.")


def _writable(data: Path) -> Finding:
    place = _nearest(data)
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"x")
            os.fsync(probe.fileno())
    except OSError as error:
        return Finding(
            "data folder", "fail", f"{data}: {error.strerror}", "Choose another one: --data DIR, RUNBELL_DATA."
        )
    said = str(data) if data.exists() else f"{data} (made at the first start)"
    key = data / "admin.key"
    if key.exists() and key.stat().st_mode & 0o077:
        return Finding("data folder", "fail", f"{key} can be read by others.", f"chmod 600 {key}")
    return Finding("data folder", "ok", said)


def _ground(data: Path) -> Finding:
    from runbell.assembly import fitness

    problem = fitness.ground_problem(data)
    if problem:
        return Finding("file system", "fail", problem, "Choose another one: --data DIR, RUNBELL_DATA.")
    return Finding("file system", "ok", "a disk of this machine")


def _disk(data: Path) -> Finding:
    free = shutil.disk_usage(_nearest(data)).free
    said = f"{free // MIB} MiB free"
    if free < SOME_DISK:
        state: Literal["warn", "fail"] = "fail" if free < LITTLE_DISK else "warn"
        return Finding("disk", state, said, "Make room, or choose another disk: --data DIR, RUNBELL_DATA.")
    return Finding("disk", "ok", said)


def _server(common: Common) -> Finding:
    from runbell.client import ProblemError, RunbellError, Unreachable

    try:
        with common.client() as client:
            url = client.connection.url
            client.health()
            theirs, ours = client.server_version().get("version"), version("runbell")
            next(iter(client.jobs()), None)
    except Unreachable:
        return _no_server(common)
    except ProblemError as error:
        fix = "Set RUNBELL_TOKEN to an API key of this server." if error.status in (401, 403) else ""
        return Finding("server", "fail", str(error), fix)
    except (RunbellError, Refusal) as error:
        return Finding("server", "fail", str(error), "Name the server's address: --url, RUNBELL_URL.")
    if theirs != ours:
        return Finding("server", "warn", f"{url} is runbell {theirs}, this is {ours}.", "Install the same version.")
    return Finding("server", "ok", f"{url} answers and takes work, runbell {theirs}")


def _no_server(common: Common) -> Finding:
    url = str(common.place().url.value)
    host, _, port = url.removeprefix("http://").partition(":")
    try:
        with socket.create_server((host, int(port or 80))):
            return Finding("server", "ok", f"none runs at {url}; the port is free")
    except (OSError, ValueError):
        return Finding("server", "warn", f"Nobody answers at {url}.", "Start one: runbell serve --jobs DIR")


def _jobs(jobs: Path) -> Finding:
    from runbell.cli.definitions import read_files

    try:
        read = read_files([jobs])
    except Refusal as error:
        return Finding("jobs", "fail", str(error), "Name the folder of your job files: --jobs DIR")
    if read.problems:
        first = read.problems[0].text
        return Finding("jobs", "fail", f"{len(read.problems)} problems; {first}", f"runbell jobs validate {jobs}")
    return Finding("jobs", "ok", f"{len(read.jobs)} in YAML files, no problems")


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    place = folder.resolve()
    while not place.is_dir() and place != place.parent:
        place = place.parent
    return place
