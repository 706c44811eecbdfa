"""A real server for a test: started by the command, found by the file it writes, stopped by a signal."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runbell.client import Client
from tests.house.sources import ROOT

RUNBELL = Path(sys.executable).with_name("runbell")
EXAMPLES = ROOT / "examples"


@contextmanager
def serving(data: Path, jobs: Path, **settings: str) -> Iterator[Client]:
    """A server on a free port with the jobs of a folder, and a client that holds its admin key."""
    with (
        a_server(data, "--jobs", jobs, **settings) as url,
        Client(url, (data / "admin.key").read_text().strip()) as client,
    ):
        yield client


@contextmanager
def a_server(data: Path, *options: str | Path, **settings: str) -> Iterator[str]:
    """A server on a free port, told these options and RUNBELL_* settings; its URL."""
    command: list[str | Path] = [RUNBELL, "serve", "--port", "0", "--data", data, *options]
    told = os.environ | {f"RUNBELL_{name.upper()}": value for name, value in settings.items()}
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=told)
    try:
        yield address(server, data / "server.json")
    finally:
        server.terminate()
        said = server.communicate(timeout=40)[1]
    assert server.returncode == 0, said


def address(server: subprocess.Popen[str], file: Path, within_s: float = 20) -> str:
    """What the server writes once it is ready."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and server.poll() is None:
        if file.exists():
            return str(json.loads(file.read_text())["url"])
        time.sleep(0.02)
    server.kill()
    raise AssertionError(f"The server did not get ready: {server.communicate()[1]}")
