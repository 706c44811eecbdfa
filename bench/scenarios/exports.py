"""A million rows, exported by the server: how fast, and what it costs in memory and to others meanwhile."""

import http.client
import threading
import time
from collections.abc import Iterator
from typing import Final

from bench.effort import Effort
from bench.figure import Figure
from bench.processes import pss_mb
from bench.server import KEY, Server, serving

ROWS: Final = 1_000_000
LOOK_EVERY_S: Final = 0.05


def measure(effort: Effort) -> Iterator[Figure]:  # noqa: ARG001 - a million is what is promised
    """Rows a second, the growth of the server's memory, and the slowest look at an execution meanwhile."""
    with serving() as server:
        run = server.start("rows", count=ROWS)["id"]
        server.settle()
        place = f"/api/v1/executions/{run}/results/rows"
        _export(server, place, "text/csv", 200_000)  # what is loaded once is no growth
        for media, name in (("text/csv", "CSV"), ("application/x-ndjson", "NDJSON")):
            watch = _Watch(server, f"/api/v1/executions/{run}")
            began = time.monotonic()
            size = _export(server, place, media)
            seconds = time.monotonic() - began
            watch.end()
            yield Figure(name=f"export of 1,000,000 rows as {name}", unit="rows/s", rounds=[ROWS / seconds],
                         note=f"{size / 1e6:.0f} MB in {seconds:.1f} s")  # fmt: skip
            yield Figure(name=f"memory growth of the server, {name}", unit="MiB", rounds=[watch.growth_mib], target=16,
                         less_is_better=True)  # fmt: skip
            yield Figure(name=f"slowest look at an execution meanwhile, {name}", unit="ms",
                         rounds=[1_000 * watch.slowest_s], less_is_better=True)  # fmt: skip


def _export(server: Server, place: str, media: str, most: int | None = None) -> int:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=300)
    connection.request("GET", place, headers={"Authorization": f"Bearer {KEY}", "Accept": media})
    answer, size = connection.getresponse(), 0
    assert answer.status == 200, answer.status
    while (piece := answer.read(1 << 18)) and (most is None or size < most):
        size += len(piece)
    connection.close()
    return size


class _Watch:
    """Looks at the server again and again, from a thread of its own."""

    def __init__(self, server: Server, place: str) -> None:
        self._server, self._place = server, place
        self._before = pss_mb(server.pid)
        self._most = self._before
        self.slowest_s = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    @property
    def growth_mib(self) -> float:
        """How much larger than at first the server was at its largest."""
        return (self._most - self._before) * 1e6 / (1 << 20)

    def _look(self) -> None:
        connection = http.client.HTTPConnection(self._server.host, self._server.port, timeout=60)
        while not self._over.wait(LOOK_EVERY_S):
            began = time.monotonic()
            connection.request("GET", self._place, headers={"Authorization": f"Bearer {KEY}"})
            connection.getresponse().read()
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            self._most = max(self._most, pss_mb(self._server.pid))
        connection.close()
