"""What is measured, one file each. A scenario's `measure` yields its figures as they come."""

from collections.abc import Callable, Iterator
from typing import Final

from bench.effort import Effort
from bench.figure import Figure
from bench.scenarios import (
    bare,
    checks,
    doors,
    executions,
    exports,
    feed,
    get,
    latency,
    lists,
    memory,
    pollers,
    starts,
    startup,
)

Scenario = Callable[[Effort], Iterator[Figure]]

SCENARIOS: Final[dict[str, Scenario]] = {
    "bare": bare.measure,
    "starts": starts.measure,
    "doors": doors.measure,
    "executions": executions.measure,
    "latency": latency.measure,
    "get": get.measure,
    "lists": lists.measure,
    "feed": feed.measure,
    "pollers": pollers.measure,
    "checks": checks.measure,
    "exports": exports.measure,
    "memory": memory.measure,
    "startup": startup.measure,
}
