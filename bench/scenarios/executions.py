"""No-op executions, from the first start over HTTP until the API says that none is open any more."""

from collections.abc import Iterator

from bench.effort import Effort
from bench.figure import Figure
from bench.scenarios.bare import THREE
from bench.server import Server, serving, start_request


def measure(effort: Effort) -> Iterator[Figure]:
    """Executions per second, started by 64 connections: a Python step, and a command (/bin/true)."""
    with serving() as server:
        yield _executions("executions, python step", "nothing", server, effort.executions, effort.rounds, 4_000)
    with serving() as server:
        yield _executions("executions, command step", "true", server, effort.commands, effort.rounds)


def _executions(name: str, job: str, server: Server, count: int, rounds: int, target: float | None = None) -> Figure:
    values = []
    for number in range(1 + rounds):
        asked = count if number else max(count // 10, 1)
        load = server.load([start_request(job)], 202, count=asked)
        values.append(asked / (server.settle() - load.began))
    expected = max(count // 10, 1) + rounds * count
    if (done := _succeeded(server, job)) != expected:
        raise AssertionError(f"{done} of {expected} executions of {job} succeeded.")
    return Figure(
        name=name, unit="/s", rounds=values[1:], target=target, bare=THREE, note=f"{count} a round, all succeeded"
    )


def _succeeded(server: Server, job: str) -> int:
    """How many succeeded, counted page by page."""
    query: dict[str, object] = {"job": job, "status": "succeeded", "limit": 1_000}
    page = server.get("/api/v1/executions", **query)
    found = len(page["items"])
    while page["next_cursor"]:
        page = server.get("/api/v1/executions", **query, cursor=page["next_cursor"])
        found += len(page["items"])
    return found
