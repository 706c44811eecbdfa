"""Accepted starts, answered when they are on disk. One running execution holds the only place, so nothing runs."""

import secrets
from collections.abc import Iterator
from typing import Final

from bench.effort import Effort
from bench.figure import Figure
from bench.load import NUMBER
from bench.scenarios.bare import POST
from bench.server import serving, start_request

PARAMS: Final = {"day": "2031-04-07", "limit": 1000, "mode": "full"}
TARGET: Final = 8_000


def measure(effort: Effort) -> Iterator[Figure]:
    """Starts per second at 64 connections: plain, each with an Idempotency-Key, each with three parameters."""
    yield from _starts("starts", "held", [], {}, effort)
    yield from _starts("starts, each with a key", "held", [f"Idempotency-Key: {{round}}-{NUMBER.decode()}"], {}, effort)
    yield from _starts("starts, three parameters", "held-with-parameters", [], PARAMS, effort)


def _starts(name: str, job: str, headers: list[str], params: dict[str, object], effort: Effort) -> Iterator[Figure]:
    with serving() as server:
        server.wait_until_running(server.start(job, **params)["id"])
        rounds = []
        for _ in range(1 + effort.rounds):
            fresh = [header.format(round=secrets.token_hex(4), number=NUMBER.decode()) for header in headers]
            rounds.append(server.load([start_request(job, *fresh, params=params)], 202, seconds=effort.seconds))
    measured = rounds[1:]
    yield Figure(
        name=name,
        unit="/s",
        rounds=[one.per_second for one in measured],
        target=TARGET,
        bare=POST,
        note=f"generator {measured[-1].own_us:.1f} µs a request",
    )
    yield Figure(name=f"{name}: p99", unit="ms", rounds=[one.p99_ms for one in measured], less_is_better=True)
