"""No-op executions, from the first start over HTTP until the API says that none is open any more."""

from collections.abc import Iterator

from bench.effort import Effort
from bench.figure import Figure
from bench.processes import processor_seconds, spent
from bench.scenarios.bare import THREE
from bench.server import Server, serving, start_request


def measure(effort: Effort) -> Iterator[Figure]:
    """Executions per second, started by 64 connections: a Python step, and a command (/bin/true)."""
    with serving() as server:
        yield _executions("executions, python step", server, "nothing", effort.executions, effort.rounds, 4_000)
        yield _executions("executions, command step", server, "true", effort.commands, effort.rounds)


def _executions(name: str, server: Server, job: str, count: int, rounds: int, target: float | None = None) -> Figure:
    warm_up = max(count // 10, 1)
    _run(server, job, warm_up)
    before = processor_seconds(server.pid)
    values = [count / _run(server, job, count) for _ in range(rounds)]
    note = spent(server.pid, before, rounds * count)
    if (done := _succeeded(server, job)) != warm_up + rounds * count:
        raise AssertionError(f"{done} of {warm_up + rounds * count} executions of {job} succeeded.")
    return Figure(
        name=name, unit="/s", rounds=values, target=target, bare=THREE, note=f"{count} a round, all succeeded; {note}"
    )


def _run(server: Server, job: str, count: int) -> float:
    """Seconds from the first start to the last end."""
    began = server.load([start_request(job)], 202, count=count).began
    return server.settle() - began


def _succeeded(server: Server, job: str) -> int:
    """How many succeeded, counted page by page."""
    query: dict[str, object] = {"job": job, "status": "succeeded", "limit": 1_000}
    page = server.get("/api/v1/executions", **query)
    found = len(page["items"])
    while page["next_cursor"]:
        page = server.get("/api/v1/executions", **query, cursor=page["next_cursor"])
        found += len(page["items"])
    return found
