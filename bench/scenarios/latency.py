"""From start to finished, one execution after the other: by its own times, and as a waiting caller sees it."""

from collections.abc import Iterator
from datetime import datetime

from bench.effort import Effort
from bench.figure import Figure
from bench.server import Server, serving, start_request


def measure(effort: Effort) -> Iterator[Figure]:
    """Milliseconds for a no-op Python step and for /bin/true."""
    with serving() as server:
        yield from _latency("python", "nothing", server, effort, target=3.0)
        yield from _latency("command", "true", server, effort)


def _latency(kind: str, job: str, server: Server, effort: Effort, target: float | None = None) -> Iterator[Figure]:
    waiting = [start_request(job, "Prefer: wait=30")]
    server.load(waiting, 200, connections=1, count=effort.looks)
    rounds = [server.load(waiting, 200, connections=1, count=effort.looks) for _ in range(effort.rounds)]
    newest = server.get("/api/v1/executions", job=job, limit=min(effort.looks * effort.rounds, 1_000))["items"]
    took = sorted(_milliseconds(one["created_at"], one["ended_at"]) for one in newest)
    name = f"start to finished, {kind} step"
    yield Figure(
        name=f"{name}: p50",
        unit="ms",
        rounds=[_percentile(took, 50)],
        target=target,
        less_is_better=True,
        note="created_at to ended_at, whole milliseconds",
    )
    yield Figure(name=f"{name}: p99", unit="ms", rounds=[_percentile(took, 99)], less_is_better=True)
    for percent, values in (("p50", [one.p50_ms for one in rounds]), ("p99", [one.p99_ms for one in rounds])):
        yield Figure(
            name=f"{name}, round trip of Prefer: wait: {percent}", unit="ms", rounds=values, less_is_better=True
        )


def _milliseconds(begin: str, end: str) -> float:
    took = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return round(took.total_seconds() * 1e3)


def _percentile(in_order: list[float], percent: int) -> float:
    return in_order[min(len(in_order) * percent // 100, len(in_order) - 1)]
