"""A runbell server of a benchmark's own: a fresh data folder, started by the command, ended with its folder."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from bench.load import Load, Measured, generate, request

JOBS: Final = Path(__file__).parent / "jobs"
KEY: Final = "bench-bench-bench-bench-bench"
AUTHORIZATION: Final = f"Authorization: Bearer {KEY}"
OPEN: Final = "scheduled,queued,running,stopping"
READY_WITHIN_S: Final = 30
CONNECTIONS: Final = 64


class NotReady(Exception):  # noqa: N818 - what happened, in a word
    """The server did not come up; the message holds what it said."""


class Server:
    """A running server, and the requests that a benchmark sends it."""

    def __init__(self, host: str, port: int, pid: int) -> None:
        self.host, self.port, self.pid = host, port, pid
        self._connection = http.client.HTTPConnection(host, port, timeout=60)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def get(self, path: str, **query: object) -> Any:
        """The JSON of an answer. Raises AssertionError when it is no success."""
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path)

    def start(self, job: str, **params: object) -> Any:
        """Start an execution; its representation."""
        return self.send("POST", f"/api/v1/jobs/{job}/executions", {"params": params})

    def send(self, method: str, path: str, body: Any) -> Any:
        """Send JSON; the JSON of the answer. Raises AssertionError when it is no success."""
        return self._ask(method, path, json.dumps(body))

    def load(
        self, requests: list[bytes], expect: int, *, connections: int = CONNECTIONS,
        count: int | None = None, seconds: float | None = None,
    ) -> Measured:  # fmt: skip
        """Put load on it; every answer has to have the status `expect`."""
        load = Load(
            host=self.host, port=self.port, requests=requests, connections=connections, count=count, seconds=seconds
        )
        return generate(load, expect)

    def settle(self) -> float:
        """Wait until nothing is open any more; when that was seen, on the system's monotonic clock.

        The newest execution is waited for first: one long poll takes less from what is measured than many.
        """
        for newest in self.get("/api/v1/executions", limit=1)["items"]:
            while not self.get(f"/api/v1/executions/{newest['id']}", wait=60)["ended_at"]:
                pass
        while self.get("/api/v1/executions", status=OPEN, limit=1)["items"]:
            time.sleep(0.005)
        return time.monotonic()

    def wait_until_running(self, execution: str) -> None:
        """Wait until this execution runs."""
        while self.get(f"/api/v1/executions/{execution}")["status"] != "running":
            time.sleep(0.01)

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:
        headers = dict([AUTHORIZATION.split(": ", 1)])
        if body is not None:
            headers["Content-Type"] = "application/json"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise AssertionError(f"{method} {path} was answered {answer.status}: {content.decode(errors='replace')}")
        return json.loads(content)


def start_request(job: str, *headers: str, params: dict[str, object] | None = None) -> bytes:
    """The bytes of a start."""
    body = json.dumps({"params": params}).encode() if params else b"{}"
    return request("POST", f"/api/v1/jobs/{job}/executions", AUTHORIZATION, *headers, body=body)


def get_request(path: str, *headers: str) -> bytes:
    """The bytes of a GET."""
    return request("GET", path, AUTHORIZATION, *headers)


@contextmanager
def data_folder() -> Iterator[Path]:
    """An empty folder on the disk of the repository, removed at the end."""
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="data-", dir=results, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def spawned(data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process, not necessarily ready; its output is in `server.log` beside the data folder."""
    command = [sys.executable, "-m", "runbell", "serve", "--port", str(port), "--data", str(data), "--jobs", str(JOBS)]
    environment = os.environ | {"RUNBELL_ADMIN_KEY": KEY, "RUNBELL_DRAIN": "0"}
    with data.with_suffix(".log").open("ab") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def serving(data: Path | None = None) -> Iterator[Server]:
    """A server that is ready, on its own fresh folder unless one is given."""
    if data is None:
        with data_folder() as folder, serving(folder / "data") as server:
            yield server
        return
    port = free_port()
    with spawned(data, port) as process:
        deadline = time.monotonic() + READY_WITHIN_S
        while not listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotReady(f"The server did not get ready: {data.with_suffix('.log').read_text()}")
            time.sleep(0.02)
        server = Server("127.0.0.1", port, process.pid)
        try:
            server.get("/healthz")
            yield server
        finally:
            server.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
        return number


def listens(port: int) -> bool:
    """Whether somebody answers on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
