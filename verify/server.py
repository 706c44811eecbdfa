"""A server on trial: the real command in a process of its own, with its own folder and port; killed and restarted."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from verify import processes
from verify.check import CannotCheck, Trial
from verify.client import ADMIN_KEY, Client
from verify.sabotages import hooked

ROOT = Path(__file__).parents[1]
JOBS = ROOT / "verify" / "jobs"
READY_S = 20.0


class Server:
    """`runbell serve` under a fixed port. `environment` is put on top of the little it is given.

    With IMPATIENT or BODIES in it, it is served by `verify/impatient.py`; with CLOCK, by `verify/shifted.py`.
    """

    def __init__(self, folder: Path, sabotage: str | None = None, **environment: str) -> None:
        self.data = folder / "data"
        self.port = _free_port()
        self.journal = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RUNBELL_ADMIN_KEY": ADMIN_KEY,
            "RUNBELL_DRAIN": "1",
            **environment,
        }
        if sabotage:
            self._environment |= hooked(sabotage)

    @property
    def pid(self) -> int:
        """The server's own process."""
        if self._process is None:
            raise CannotCheck("The server was not started.")
        return self._process.pid

    @property
    def database(self) -> Path:
        """The table."""
        return next(self.data.glob("*.db"))

    def client(self, timeout: float = 20.0) -> Client:
        """A new connection to it."""
        return Client(self.port, timeout)

    def start(self) -> float:
        """Start it; answers after how many seconds it said that it is ready."""
        self.launch()
        return self.wait_until_ready()

    def launch(self) -> None:
        """Start it and do not wait."""
        with self.journal.open("ab") as journal:
            where = ["--port", str(self.port), "--data", self.data, "--jobs", JOBS]
            given = self._environment.keys()
            script = "shifted.py" if "CLOCK" in given else "impatient.py" if given & {"IMPATIENT", "BODIES"} else None
            program = ["-m", "runbell"] if script is None else [str(ROOT / "verify" / script)]
            self._process = subprocess.Popen(
                [sys.executable, *program, "serve", *where],
                stdin=subprocess.DEVNULL, stdout=journal, stderr=journal, env=self._environment, cwd=self.data.parent,
                start_new_session=True,
            )  # fmt: skip

    def wait_until_ready(self) -> float:
        """Wait for /readyz. Raises CannotCheck when it does not come up."""
        began = time.monotonic()
        while time.monotonic() - began < READY_S:
            if self._process is not None and self._process.poll() is not None:
                break
            if self.ready():
                return time.monotonic() - began
            time.sleep(0.01)
        raise CannotCheck(f"The server did not get ready; its journal ends: {self.last_words()}")

    def ready(self) -> bool:
        """True when /readyz answers 200 now."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
        return False

    def writer(self) -> list[int]:
        """The process that owns the writing connection."""
        return [pid for pid in processes.children(self.pid) if "writer" in processes.command_line(pid)]

    def hands(self) -> list[int]:
        """The hands: every other child."""
        return [pid for pid in processes.children(self.pid) if "hand" in processes.command_line(pid)]

    def kill(self) -> None:
        """SIGKILL the server itself, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def kill_group(self) -> None:
        """SIGKILL everything of it at once: server, writer, hands and what they run."""
        if self._process is not None:
            everybody = [self.pid, *processes.family(self.pid)]
            for pid in everybody:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            processes.end(everybody)

    def kill_hands(self) -> None:
        """SIGKILL all hands, and nobody else."""
        for pid in self.hands():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def gone(self, seconds: float) -> bool:
        """True when the server has ended by itself within so many seconds."""
        if self._process is None:
            return True
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.poll() is not None

    def last_words(self) -> str:
        """The end of its journal, on one line."""
        text = self.journal.read_text(errors="replace") if self.journal.exists() else "(nothing)"
        return " | ".join(text.splitlines()[-12:])

    def settled(self, seconds: float) -> bool:
        """Wait until no execution is queued, running or stopping; False when that takes too long."""
        until = time.monotonic() + seconds
        with self.client() as client:
            while time.monotonic() < until:
                answer = client.get("/executions?status=scheduled,queued,running,stopping&limit=1")
                if answer.ok and not answer.body["items"]:
                    return True
                time.sleep(0.1)
        return False

    def executions(self) -> Iterator[dict[str, object]]:
        """Every execution there is, by the list of the API."""
        with self.client() as client:
            page = client.get("/executions?limit=1000").body
            yield from page["items"]
            while cursor := page.get("next_cursor"):
                page = client.get(f"/executions?limit=1000&cursor={cursor}").body
                yield from page["items"]


@contextmanager
def serving(trial: Trial, **environment: str) -> Iterator[Server]:
    """A started server of this trial; ended with everything below it."""
    server = Server(trial.folder, trial.sabotage, **environment)
    try:
        server.start()
        yield server
    except BaseException:
        trial.say(f"the server's journal ends: {server.last_words()}")
        raise
    finally:
        server.kill_group()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
