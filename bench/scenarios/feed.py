"""The event feed under load: how long after a change its event reaches a reader of the stream."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime

from bench.effort import Effort
from bench.figure import Figure
from bench.server import Server, get_request, serving, start_request

CONNECTIONS = 4


def measure(effort: Effort) -> Iterator[Figure]:
    """Milliseconds from the change (its event's own time) to the reader, while starts come in as fast as they may."""
    with serving() as server:
        server.start("held")
        late: list[float] = []
        rates: list[float] = []
        starts: list[float] = []
        for _ in range(effort.rounds):
            reader = _Reader(server)
            reader.start()
            reader.ready.wait(10)
            load = server.load([start_request("held")], 202, connections=CONNECTIONS, seconds=effort.seconds)
            time.sleep(0.3)
            reader.close()
            late.append(reader.percentile(99))
            rates.append(load.per_second)
            starts.append(load.p99_ms)
        yield Figure(
            name="change to reader of the feed: p99", unit="ms", rounds=late, target=50, less_is_better=True,
            note=f"event's time (whole ms) to the line read, at {sum(rates) / len(rates):.0f} changes/s; "
            f"the starts themselves took {sum(starts) / len(starts):.0f} ms at p99",
        )  # fmt: skip


class _Reader(threading.Thread):
    """A stream from now on; how late each event was, ms."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._line = socket.create_connection((server.host, server.port), timeout=30)
        self._late: list[float] = []
        self.ready = threading.Event()

    def run(self) -> None:
        """Read until the line is closed."""
        self._line.sendall(get_request("/api/v1/events?after=latest", "Accept: text/event-stream"))
        rest = b""
        while data := self._line.recv(65_536):
            now = time.time() * 1e3
            self.ready.set()
            *lines, rest = (rest + data).split(b"\n")
            for text in lines:
                if text.startswith(b"data: "):
                    at = datetime.fromisoformat(json.loads(text[6:])["time"]).timestamp() * 1e3
                    self._late.append(now - at)

    def close(self) -> None:
        """Hang up."""
        self._line.shutdown(socket.SHUT_RDWR)
        self.join(5)
        self._line.close()

    def percentile(self, percent: int) -> float:
        """So many of a hundred events were no later, ms."""
        in_order = sorted(self._late)
        return in_order[len(in_order) * percent // 100]
