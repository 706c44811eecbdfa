"""Accepted starts, answered when they are on disk. One running execution holds the only place, so nothing runs."""

import secrets
from collections.abc import Iterator
from typing import Final

from bench.effort import Effort
from bench.figure import Figure
from bench.load import NUMBER, Measured
from bench.processes import processor_seconds, spent
from bench.scenarios.bare import POST
from bench.server import Server, serving, start_request

PARAMS: Final = {"day": "2031-04-07", "limit": 1000, "mode": "full"}
TARGET: Final = 8_000


def measure(effort: Effort) -> Iterator[Figure]:
    """Starts per second at 64 connections: plain, each with an Idempotency-Key, each with three parameters."""
    with serving() as server:
        server.wait_until_running(server.start("held")["id"])
        yield from _starts("starts", server, "held", effort)
        yield from _starts("starts, each with a key", server, "held", effort, keyed=True)
        server.wait_until_running(server.start("held-with-parameters", **PARAMS)["id"])
        yield from _starts("starts, three parameters", server, "held-with-parameters", effort, params=PARAMS)


def _starts(
    name: str, server: Server, job: str, effort: Effort, *, keyed: bool = False, params: dict[str, object] | None = None
) -> Iterator[Figure]:
    def one_round() -> Measured:
        headers = [f"Idempotency-Key: {secrets.token_hex(4)}-{NUMBER.decode()}"] if keyed else []
        return server.load([start_request(job, *headers, params=params)], 202, seconds=effort.seconds)

    one_round()
    before = processor_seconds(server.pid)
    rounds = [one_round() for _ in range(effort.rounds)]
    note = spent(server.pid, before, sum(one.answers for one in rounds))
    yield Figure(
        name=name,
        unit="/s",
        rounds=[one.per_second for one in rounds],
        target=TARGET,
        bare=POST,
        note=f"{note}, generator {rounds[-1].own_us:.0f} µs",
    )
    yield Figure(name=f"{name}: p99", unit="ms", rounds=[one.p99_ms for one in rounds], less_is_better=True)
