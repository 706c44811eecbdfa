"""Memory of the whole tree: server, writer and hands, as the kernel shares it out among processes (PSS)."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.effort import Effort
from bench.figure import Figure
from bench.server import serving, start_request


def measure(effort: Effort) -> Iterator[Figure]:
    """MB when idle after the start, and again after load. The note lists the processes."""
    with serving() as server:
        server.start("nothing")
        server.settle()
        time.sleep(1)
        yield _figure("idle", server.pid, target=150)
        server.load([start_request("nothing")], 202, count=effort.executions)
        server.settle()
        server.load([start_request("true")], 202, count=effort.commands)
        server.settle()
        time.sleep(1)
        yield _figure(f"after {effort.executions + effort.commands} executions", server.pid)


def _figure(when: str, pid: int, target: float | None = None) -> Figure:
    sizes = {process: _pss_mb(process) for process in _tree(pid)}
    each = ", ".join(f"{_name(process)} {size:.1f}" for process, size in sizes.items())
    return Figure(
        name=f"memory, {when}",
        unit="MB",
        rounds=[sum(sizes.values())],
        target=target,
        less_is_better=True,
        note=f"{len(sizes)} processes: {each}",
    )


def _tree(pid: int) -> list[int]:
    """A process and all that descends from it."""
    children = [
        int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()
    ]
    return [pid, *(below for child in children for below in _tree(child))]


def _pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(f"/proc/{pid}/smaps_rollup says no Pss.")


def _name(pid: int) -> str:
    """What a process is, by the module it runs."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    module = words[words.index("-m") + 1] if "-m" in words else words[0]
    return f"{module.rpartition('.')[2] or module}"
