"""A receiver of webhooks on loopback: it notes what comes, and answers as it is told to, by the path."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from types import TracebackType
from typing import Any

from msgspec import Struct

MOST_FAILURES = 8
"""How often one message is refused at most: fewer than its ten attempts, so that none may get lost."""


class Heard(Struct, frozen=True):
    """One attempt as it came, and how it was answered."""

    at: float
    path: str
    id: str
    body: dict[str, Any]
    status: int


class Receiver:
    """Serves until it is left. `answer(path, id)` says the status and further headers of each answer."""

    def __init__(self, answer: Callable[[str, str], tuple[int, dict[str, str]]]) -> None:
        self.heard: list[Heard] = []
        self._lock = threading.Lock()
        self._answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.leaving = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: BaseException | type[BaseException] | TracebackType | None) -> None:
        self.leaving.set()
        self._server.shutdown()
        self._server.server_close()

    def note(self, path: str, id_: str, body: bytes) -> tuple[int, dict[str, str]]:
        """Take one attempt down, and decide on its answer, in one step."""
        with self._lock:
            status, headers = self._answer(path, id_)
            self.heard.append(Heard(time.monotonic(), path, id_, json.loads(body), status))
        return status, headers

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, headers = receiver.note(self.path, self.headers["webhook-id"], body)
                if status == 0:
                    receiver.leaving.wait(60)
                    return
                self.send_response(status)
                for name, value in ({"content-length": "0"} | headers).items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        return Handler


def flaky(dice: Random, share: float) -> Callable[[str, str], tuple[int, dict[str, str]]]:
    """Answers that fail that often, but never one message for ever."""
    failures: Counter[str] = Counter()

    def answer(path: str, id_: str) -> tuple[int, dict[str, str]]:
        fails = dice.random() < share and failures[id_] < MOST_FAILURES
        failures[id_] += fails
        return (dice.choice((400, 500, 503, 302)) if fails else 204), {}

    return answer


def faults(heard: list[Heard]) -> dict[str, int]:
    """What is wrong with what was heard: events under two ids, bodies that changed, events after a later one."""
    ids: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    bodies: defaultdict[str, set[str]] = defaultdict(set)
    latest: dict[tuple[str, str], int] = {}
    out_of_order = 0
    for one in heard:
        seq, run = one.body["data"]["seq"], one.body["data"].get("execution", "")
        ids[one.path, seq].add(one.id)
        bodies[one.id].add(json.dumps(one.body, sort_keys=True))
        if one.status == 204:
            out_of_order += seq < latest.get((one.path, run), 0)
            latest[one.path, run] = max(seq, latest.get((one.path, run), 0))
    return {
        "out_of_order": out_of_order,
        "id_changed": sum(len(found) > 1 for found in ids.values()),
        "body_changed": sum(len(found) > 1 for found in bodies.values()),
    }
