"""What is measured, one file each. A scenario's `measure` yields its figures as they come."""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from bench.effort import Effort
from bench.figure import Figure
from bench.scenarios import bare, executions, get, latency, lists, memory, starts, startup


class Scenario(Struct, frozen=True):
    """`beside_bare`: its figures are read as ratios of the bare loop, which is measured in the same run."""

    measure: Callable[[Effort], Iterator[Figure]]
    beside_bare: bool = False


SCENARIOS: Final = {
    "bare": Scenario(bare.measure),
    "starts": Scenario(starts.measure, beside_bare=True),
    "executions": Scenario(executions.measure, beside_bare=True),
    "latency": Scenario(latency.measure),
    "get": Scenario(get.measure, beside_bare=True),
    "lists": Scenario(lists.measure),
    "memory": Scenario(memory.measure),
    "startup": Scenario(startup.measure),
}
