"""Accepted starts, answered when they are on disk. One running execution holds the only place, so nothing runs."""

import secrets
from collections.abc import Iterator
from typing import Final

from bench.bare.loop import Bare, Kind, bare_loop
from bench.effort import Effort
from bench.figure import Figure
from bench.load import NUMBER, Measured
from bench.processes import processor_seconds, spent
from bench.server import Server, serving, start_request

PARAMS: Final = {"day": "2031-04-07", "limit": 1000, "mode": "full"}
TARGET: Final = 8_000


def measure(effort: Effort) -> Iterator[Figure]:
    """Starts per second at 64 connections: plain, each with an Idempotency-Key, each with three parameters."""
    with bare_loop() as bare, serving() as server:
        server.wait_until_running(server.start("held")["id"])
        yield from _starts("starts", bare, server, "held", effort)
        yield from _starts("starts, each with a key", bare, server, "held", effort, keyed=True)
        server.wait_until_running(server.start("held-with-parameters", **PARAMS)["id"])
        yield from _starts("starts, three parameters", bare, server, "held-with-parameters", effort, params=PARAMS)


def _starts(
    name: str,
    bare: Bare,
    server: Server,
    job: str,
    effort: Effort,
    *,
    keyed: bool = False,
    params: dict[str, object] | None = None,
) -> Iterator[Figure]:
    def one_round() -> Measured:
        headers = [f"Idempotency-Key: {secrets.token_hex(4)}-{NUMBER.decode()}"] if keyed else []
        return server.load([start_request(job, *headers, params=params)], 202, seconds=effort.seconds)

    one_round()
    before = processor_seconds(server.pid)
    pairs = [(bare.round(Kind.POST, effort.seconds / 2), one_round()) for _ in range(effort.rounds)]
    rounds = [ours for _, ours in pairs]
    note = spent(server.pid, before, sum(one.answers for one in rounds))
    yield Figure(
        name=name,
        unit="/s",
        rounds=[one.per_second for one in rounds],
        target=TARGET,
        bare=[theirs.per_second for theirs, _ in pairs],
        note=f"{note}, generator {rounds[-1].own_us:.0f} µs",
    )
    yield Figure(name=f"{name}: p99", unit="ms", rounds=[one.p99_ms for one in rounds], less_is_better=True)
