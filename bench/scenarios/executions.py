"""No-op executions, from the first start over HTTP until the API says that none is open any more."""

from collections.abc import Iterator

from bench.bare.loop import Bare, Kind, bare_loop
from bench.effort import Effort
from bench.figure import Figure
from bench.processes import processor_seconds, spent
from bench.server import Server, serving, start_request


def measure(effort: Effort) -> Iterator[Figure]:
    """Executions per second, started by 64 connections: a Python step, and a command (/bin/true)."""
    with bare_loop() as bare, serving() as server:
        yield _executions("executions, python step", bare, server, "nothing", effort.executions, effort, 4_000)
        yield _executions("executions, command step", bare, server, "true", effort.commands, effort)


def _executions(
    name: str, bare: Bare, server: Server, job: str, count: int, effort: Effort, target: float | None = None
) -> Figure:
    warm_up = max(count // 10, 1)
    _run(server, job, warm_up)
    before = processor_seconds(server.pid)
    pairs = [
        (bare.round(Kind.POST_AND_TWO_CHANGES, effort.seconds / 2), count / _run(server, job, count))
        for _ in range(effort.rounds)
    ]
    note = spent(server.pid, before, effort.rounds * count)
    if (done := _succeeded(server, job)) != warm_up + effort.rounds * count:
        raise AssertionError(f"{done} of {warm_up + effort.rounds * count} executions of {job} succeeded.")
    return Figure(
        name=name,
        unit="/s",
        rounds=[ours for _, ours in pairs],
        target=target,
        bare=[theirs.per_second for theirs, _ in pairs],
        note=f"{count} a round, all succeeded; {note}",
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
