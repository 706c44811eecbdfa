"""Starts while many wait: long polls and streams of one execution, and what they cost."""

from collections.abc import Iterator

from bench.crowd import Crowd, gathered
from bench.effort import Effort
from bench.figure import Figure
from bench.processes import pss_mb
from bench.server import get_request, serving, start_request


def measure(effort: Effort) -> Iterator[Figure]:
    """p99 of starts and memory of the server with so many waiting (10,000 at full effort)."""
    many = min(10_000, effort.executions // 2)
    with serving() as server:
        held = f"/api/v1/executions/{server.start('held')['id']}"
        server.start("held")
        before = pss_mb(server.pid)
        requests = [
            get_request(f"{held}?wait=60").decode(),
            get_request(f"{held}/events", "Accept: text/event-stream").decode(),
        ]
        with gathered(Crowd(host=server.host, port=server.port, callers=many, requests=requests)) as crowd:
            rounds = [
                server.load([start_request("held")], 202, connections=4, count=effort.looks).p99_ms
                for _ in range(effort.rounds)
            ]
            memory, standing = pss_mb(server.pid), crowd.ask()
        note = f"{standing.connected} connected, {standing.errors} errors"
        yield Figure(
            name=f"starts while {many} wait: p99",
            unit="ms",
            rounds=rounds,
            target=1_000,
            less_is_better=True,
            note=note,
        )
        yield Figure(
            name=f"memory of the server while {many} wait", unit="MB", rounds=[memory], target=500, less_is_better=True,
            note=f"{(memory - before) * 1_024 / many:.1f} KB each",
        )  # fmt: skip
