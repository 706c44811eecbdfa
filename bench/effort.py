"""How much work a run of the benchmarks does."""

from typing import Final

from msgspec import Struct


class Effort(Struct, frozen=True, kw_only=True):
    """Sizes of a run. `seconds` is the length of one measured round under load."""

    rounds: int
    seconds: float
    executions: int
    commands: int
    looks: int
    rows: int
    walk: int
    """How many pages of 1,000 rows lie before a page that counts as deep."""


FULL: Final = Effort(rounds=3, seconds=4.0, executions=20_000, commands=2_000, looks=500, rows=1_000_000, walk=100)
QUICK: Final = Effort(rounds=2, seconds=1.0, executions=3_000, commands=300, looks=100, rows=50_000, walk=5)
TINY: Final = Effort(rounds=1, seconds=0.1, executions=50, commands=5, looks=5, rows=2_000, walk=1)
