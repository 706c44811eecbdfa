"""What every operation is handed: the ports of this house, in one place."""

from dataclasses import dataclass

from runbell.operations.wait import Watchers
from runbell.ports.artifacts import Artifacts
from runbell.ports.clock import Clock
from runbell.ports.engine import Engine
from runbell.ports.store import Store


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything foreign that an operation may use."""

    store: Store
    engine: Engine
    artifacts: Artifacts
    clock: Clock
    watchers: Watchers
