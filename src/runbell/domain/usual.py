"""How long something usually takes: the middle and the slow end of what it took lately. Milliseconds."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

SLOWER: Final = 1.5
LEAST_MS: Final = 1_000


class Usual(Struct, frozen=True):
    """Half of the last runs took at most `p50`, nineteen of twenty at most `p95`; `runs` is how many were looked at."""

    p50: int
    p95: int
    runs: int


def usual(durations: Sequence[int]) -> Usual | None:
    """The usual duration, by nearest rank; None when nothing is known."""
    if not durations:
        return None
    ordered = sorted(durations)
    return Usual(_rank(ordered, 50), _rank(ordered, 95), len(ordered))


def slower_than(known: Usual | None, took_ms: int) -> bool | None:
    """Whether this is longer than usual: over the slow end and by half over the middle, a second at least; None when
    nothing is known."""
    if known is None:
        return None
    return took_ms > max(known.p95, known.p50 * SLOWER, known.p50 + LEAST_MS)


def _rank(ordered: Sequence[int], percent: int) -> int:
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
