"""Memory of the whole tree: server, writer and hands, as the kernel shares it out among processes (PSS)."""

import time
from collections.abc import Iterator

from bench.effort import Effort
from bench.figure import Figure
from bench.processes import name, pss_mb, tree
from bench.server import serving, start_request


def measure(effort: Effort) -> Iterator[Figure]:
    """MB when idle after the start, and again after load. The note says what the processes are."""
    with serving() as server:
        server.start("nothing")
        server.settle()
        time.sleep(0.5)
        yield _figure("idle", server.pid, target=150)
        server.load([start_request("nothing")], 202, count=effort.executions)
        server.settle()
        server.load([start_request("true")], 202, count=effort.commands)
        server.settle()
        time.sleep(0.5)
        yield _figure(f"after {effort.executions + effort.commands} executions", server.pid)


def _figure(when: str, pid: int, target: float | None = None) -> Figure:
    sizes: dict[str, list[float]] = {}
    for process in tree(pid):
        sizes.setdefault(name(process), []).append(pss_mb(process))
    each = [f"{len(some)} {what} {sum(some) / len(some):.1f}" for what, some in sizes.items()]
    return Figure(
        name=f"memory, {when}",
        unit="MB",
        rounds=[sum(map(sum, sizes.values()))],
        target=target,
        less_is_better=True,
        note=f"each on average: {', '.join(each)}",
    )
