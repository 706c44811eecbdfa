"""The bare loop by itself: uvicorn, one function, a writer process on SQLite FULL: what the stack does here and now."""

from collections.abc import Iterator

from bench.bare.loop import Kind, bare_loop
from bench.effort import Effort
from bench.figure import Figure


def measure(effort: Effort) -> Iterator[Figure]:
    """Requests per second of the bare door; the note says what the generator itself costs."""
    with bare_loop() as bare:
        for kind in Kind:
            rounds = [bare.round(kind, effort.seconds) for _ in range(effort.rounds)]
            yield Figure(
                name=f"bare {kind.name.replace('_', ' ').replace('AND TWO CHANGES', 'and two changes')}",
                unit="/s",
                rounds=[one.per_second for one in rounds],
                note=f"p99 {rounds[-1].p99_ms:.1f} ms, generator {rounds[-1].own_us:.0f} µs a request",
            )
