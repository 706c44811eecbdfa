"""Looking at one execution: ended, running, and unchanged since it was last seen (304)."""

from collections.abc import Iterator
from typing import Final

from bench.bare.loop import Bare, Kind, bare_loop
from bench.effort import Effort
from bench.figure import Figure
from bench.processes import processor_seconds, spent
from bench.server import Server, get_request, serving, start_request

TARGET: Final = 12_000
ENDED: Final = 64


def measure(effort: Effort) -> Iterator[Figure]:
    """Answers per second at 64 connections."""
    with bare_loop() as bare, serving() as server:
        server.load([start_request("nothing")], 202, count=ENDED)
        server.settle()
        ended = server.get("/api/v1/executions", job="nothing", limit=ENDED)["items"]
        paths = [f"/api/v1/executions/{one['id']}" for one in ended]
        yield _gets("GET, ended", bare, server, [get_request(path) for path in paths], 200, effort)

        seen = [f'If-None-Match: "{one["revision"]}"' for one in ended]
        unchanged = [get_request(path, tag) for path, tag in zip(paths, seen, strict=True)]
        yield _gets("GET, 304", bare, server, unchanged, 304, effort)

        running = server.start("held")["id"]
        server.wait_until_running(running)
        yield _gets("GET, running", bare, server, [get_request(f"/api/v1/executions/{running}")], 200, effort)


def _gets(name: str, bare: Bare, server: Server, requests: list[bytes], expect: int, effort: Effort) -> Figure:
    server.load(requests, expect, seconds=effort.seconds / 2)
    before = processor_seconds(server.pid)
    pairs = [
        (bare.round(Kind.GET, effort.seconds / 2), server.load(requests, expect, seconds=effort.seconds))
        for _ in range(effort.rounds)
    ]
    rounds = [ours for _, ours in pairs]
    note = spent(server.pid, before, sum(one.answers for one in rounds))
    return Figure(
        name=name,
        unit="/s",
        rounds=[one.per_second for one in rounds],
        target=TARGET,
        bare=[theirs.per_second for theirs, _ in pairs],
        note=f"p99 {rounds[-1].p99_ms:.1f} ms; {note}, generator {rounds[-1].own_us:.0f} µs",
    )
