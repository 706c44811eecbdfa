"""G-71: whoever is slow on purpose is hung up on in time, and everybody else does not notice."""

import json
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from verify.check import Check, Figure, Trial
from verify.client import ADMIN_KEY, Unanswered
from verify.server import Server, serving

REAL = {"headers_s": 15.0, "body_s": 60.0, "write_s": 60.0, "sweep_s": 0.5}
SCALE = 15
"""In the small form every deadline is that much shorter."""
TOLERANCE_S = 2.0
DRIP_S = 0.25
GOOD_EVERY_S = 0.05
PATIENCE_S = 5.0
AUTHORIZED = f"Authorization: Bearer {ADMIN_KEY}\r\n".encode()
HEAD = b"POST /api/v1/jobs/note/executions HTTP/1.1\r\nHost: a\r\n" + AUTHORIZED
BODY = HEAD + b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
CHUNKS = HEAD + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
PAGES = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 300
KINDS: dict[str, tuple[bytes, bytes]] = {  # what is sent at once, and what drips then
    "says nothing": (b"", b""),
    "stops within the head": (HEAD, b""),
    "drips its head": (HEAD, b"X"),
    "stops within the body": (BODY, b""),
    "drips its body": (BODY, b" "),
    "drips chunks": (CHUNKS, b"1\r\n \r\n"),
    "does not read": (PAGES, b""),
}


def run(trial: Trial) -> Figure:
    """Slow callers of seven kinds at once; good ones work meanwhile, and all slow ones are gone when overdue."""
    scale = SCALE if trial.size <= 350 else 1
    limits = {name: seconds / scale for name, seconds in REAL.items()} | {"strangers": 0, "sweep_s": 0.1}
    due = {kind: limits[_deadline(kind)] for kind in KINDS}
    with serving(trial, IMPATIENT=json.dumps(limits)) as server:
        good = Good(server)
        slow = [Slow(server.port, kind) for kind in list(KINDS) * (trial.size // len(KINDS))]
        began = time.monotonic()
        while time.monotonic() - began < max(due.values()) + TOLERANCE_S:
            time.sleep(DRIP_S)
            for one in slow:
                one.drip()
        held = [one for one in slow if one.closed_after() is None or one.closed_after() > due[one.kind] + TOLERANCE_S]  # type: ignore[operator]
        failed, count, slowest = good.end()
        for one in slow:
            one.close()
    for kind in sorted({one.kind for one in held}):
        trial.say(f"still held: who {kind}")
    return Figure(
        not held and not failed and count > 10 and slowest < PATIENCE_S, len(slow),
        {"held_too_long": len(held), "good": count, "good_failed": failed, "good_slowest_s": slowest, "scale": scale},
    )  # fmt: skip


def _deadline(kind: str) -> str:
    return "write_s" if "read" in kind else "body_s" if "body" in kind or "chunks" in kind else "headers_s"


class Slow:
    """One connection that takes its time."""

    def __init__(self, port: int, kind: str) -> None:
        self.kind = kind
        at_once, self._drop = KINDS[kind]
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._socket.settimeout(5)
        self._socket.connect(("127.0.0.1", port))
        self._began = time.monotonic()
        self._ended: float | None = None
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
        with suppress(OSError):
            self._socket.sendall(at_once)

    def drip(self) -> None:
        """A little more, if it is that kind; and see whether it was hung up on."""
        if self._ended is not None:
            return
        if self._poll.poll(0):
            self._ended = time.monotonic()
            return
        with suppress(OSError):
            self._socket.send(self._drop)

    def closed_after(self) -> float | None:
        """Seconds until the server hung up; None when it has not."""
        return None if self._ended is None else self._ended - self._began

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class Good:
    """Callers that behave: one start after the other, each over a connection of its own now and then."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._failed = self._count = 0
        self._slowest = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._over.wait(GOOD_EVERY_S):
            began = time.monotonic()
            with self._server.client() as client:
                self._failed += not _fine(lambda: client.get("/executions?limit=1").ok)
            self._slowest = max(self._slowest, time.monotonic() - began)
            self._count += 1

    def end(self) -> tuple[int, int, float]:
        """How many failed, of how many, and how long the slowest took."""
        self._over.set()
        self._thread.join()
        return self._failed, self._count, self._slowest


def _fine(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except Unanswered:
        return False


CHECK = Check(
    name="slowloris", promise="G-71", says="slow callers are hung up on in time, and nobody else notices",
    run=run, unit="connections", quick=70, normal=350, full=2_100,
    sabotages=("no-body-deadline", "no-header-deadline", "no-write-deadline"),
)  # fmt: skip
