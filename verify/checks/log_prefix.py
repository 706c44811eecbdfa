"""G-56: what a reader of a growing log has seen is the beginning of the final log, whatever is killed meanwhile."""

import json
import socket
import threading
import time

from verify.check import Check, Figure, Trial
from verify.client import ADMIN_KEY, Unanswered
from verify.server import Server, serving

READERS = 3


class Lines(threading.Thread):
    """Follows the log as a stream, and resumes after every drop. `seen` holds number and text, as they came."""

    def __init__(self, server: Server, identity: str, path: str, pause: float) -> None:
        super().__init__(daemon=True)
        self._server, self._identity, self._path, self._pause = server, identity, path, pause
        self.seen: list[tuple[int, str]] = []
        self.over = threading.Event()
        self.ended = False
        self._last = ""

    def run(self) -> None:
        while not (self.over.is_set() or self.ended):
            try:
                self._read()
            except (OSError, Unanswered):
                self.over.wait(0.05)

    def _read(self) -> None:
        resume = f"Last-Event-ID: {self._last}\r\n" if self._last else ""
        with socket.create_connection(("127.0.0.1", self._server.port), timeout=3) as line:
            line.sendall(
                f"GET /api/v1/executions/{self._identity}/{self._path} HTTP/1.1\r\nHost: x\r\n"
                f"Accept: text/event-stream\r\n{resume}Authorization: Bearer {ADMIN_KEY}\r\n\r\n".encode()
            )
            rest = b""
            while not self.over.is_set() and (data := line.recv(4_000)):
                *blocks, rest = (rest + data).split(b"\n\n")
                for block in blocks:
                    self._take(dict(text.partition(": ")[::2] for text in _plain(block).splitlines()))
                if self.ended:
                    return
                self.over.wait(self._pause)

    def _take(self, event: dict[str, str]) -> None:
        if event.get("event") == "log":
            told = json.loads(event["data"])
            self.seen.append((told["n"], told["text"]))
        if "id" in event:
            self._last = event["id"]
        self.ended = self.ended or event.get("event") == "end"


def _plain(block: bytes) -> str:
    """The block without the frames of the chunked coding: those lines hold no colon."""
    return block.decode("utf-8", "replace")


def run(trial: Trial) -> Figure:
    """A job that writes line after line; the server is killed twice while it does, readers follow all the time."""
    wrong = lines = 0
    for turn in range(trial.size):
        with serving(trial) as server:
            with server.client() as client:
                identity = client.started("talk", {"lines": 3_000})
            readers = [
                Lines(server, identity, path, pause)
                for path, pause in (("events", 0.0), ("logs", 0.0), ("logs?stream=out", 0.01))
            ]
            for reader in readers:
                reader.start()
            raw = _raw_while(server, identity, 0.8)
            server.kill() if turn % 2 else server.kill_group()
            server.start()
            with server.client() as client:
                client.ended(identity, 30)
                final = client.get(f"/executions/{identity}/logs/raw").body
                listed = client.get(f"/executions/{identity}/logs?limit=10000").body
            _until_ended(readers)
            whole = dict(enumerate(bytes(listed).decode().split("\n")[:-1], 1))
            torn = sum(not bytes(final).startswith(piece) for piece in raw)
            for reader in readers:
                seen = reader.seen
                bad = [place for place, (n, text) in enumerate(seen) if n != place + 1 or whole.get(n) != text]
                if bad:
                    trial.say(f"line {seen[bad[0]]} is not the {bad[0] + 1}th line of the log")
                wrong += bool(bad) + (not reader.ended) + (len(seen) != len(whole))
                lines += len(seen)
            wrong += torn
            trial.say(f"{len(whole)} lines, readers {[len(reader.seen) for reader in readers]}, {len(raw)} raw looks")
            if len(whole) < 20 or not raw[-1]:
                wrong += 1
    return Figure(not wrong, trial.size * READERS, {"non_prefix": wrong, "lines": lines})


def _raw_while(server: Server, identity: str, seconds: float) -> list[bytes]:
    """The stored file, as it is seen while it grows."""
    seen: list[bytes] = []
    until = time.monotonic() + seconds
    with server.client() as client:
        while time.monotonic() < until or not seen or len(seen[-1]) < 2_000:
            seen.append(bytes(client.get(f"/executions/{identity}/logs/raw").body))
            time.sleep(0.03)
    return seen


def _until_ended(readers: list[Lines]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and not all(reader.ended for reader in readers):
        time.sleep(0.05)
    for reader in readers:
        reader.over.set()
        reader.join(5)


CHECK = Check(
    name="log-prefix", promise="G-56", says="what a log reader saw is the beginning of the final log",
    run=run, unit="kills", quick=1, normal=10, full=100, sabotages=("line-torn",),
)  # fmt: skip
