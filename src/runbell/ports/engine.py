"""Who runs what was accepted. The table is the truth; a nudge is a hint."""

from typing import Protocol

from msgspec import Struct


class EngineStats(Struct, frozen=True):
    """What the engine is doing now."""

    slots: int
    busy: int
    running: int
    draining: bool
    healthy: bool


class Held(Struct, frozen=True, kw_only=True):
    """An execution that a worker runs, and its steps in flight."""

    number: int
    id: str
    project: str
    job: str
    started_at: int | None
    steps: tuple[str, ...]


class Worker(Struct, frozen=True, kw_only=True):
    """Who runs things: slots for steps, how many are taken, how many hands there are. `last_seen` in epoch ms."""

    name: str
    slots: int
    busy: int
    hands: int
    draining: bool
    healthy: bool
    last_seen: int
    running: tuple[Held, ...]


class Engine(Protocol):
    """Claims executions from the table and runs them."""

    def nudge(self) -> None:
        """Something may be ready to run."""
        ...

    def cancel(self, number: int) -> None:
        """A stop was written for this execution: act on it, if it is held here."""
        ...

    async def serve(self) -> None:
        """Reconcile what a former process left, then claim and run until `drain` ends it."""
        ...

    async def drain(self, seconds: float) -> None:
        """Stop claiming, let running executions end for so long, then kill the rest."""
        ...

    def stats(self) -> EngineStats:
        """What it is doing now."""
        ...

    def workers(self) -> list[Worker]:
        """Everybody who runs things, and what."""
        ...
