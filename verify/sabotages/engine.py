"""Known bugs of the domain and the engine."""

from types import ModuleType
from typing import Any

import msgspec

from verify.sabotages import sabotage


@sabotage("on-lost-ignored", "runbell.domain.plan")
def _(module: ModuleType) -> None:
    """A step whose worker died is simply run again, whatever it says."""
    board = module._Board
    unsettled = board._unsettled
    board._lost_for_good = lambda self: None
    board._unsettled = lambda self, step, tries: (
        tries[-1].status is module.StepStatus.LOST or unsettled(self, step, tries)
    )


@sabotage("losses-not-counted", "runbell.domain.execution")
def _(module: ModuleType) -> None:
    """Lost workers never end an execution."""
    module.MAX_WORKERS_LOST = 1_000


@sabotage("timeouts-off", "runbell.engine.order")
def _(module: ModuleType) -> None:
    """The hand is told of no time limit."""
    write_order = module.write_order

    def without_limit(*given: Any, **named: Any) -> Any:
        return msgspec.structs.replace(write_order(*given, **named), timeout_ms=None)

    module.write_order = without_limit


@sabotage("timeouts-off", "runbell.domain.plan")
def _(module: ModuleType) -> None:
    """Nor does the engine look at the one of a step."""
    module.deadline = lambda step, tries: None


@sabotage("timeouts-off", "runbell.engine.time_limits")
def _(module: ModuleType) -> None:
    """Nor at the one of the execution."""
    module.deadline_of = lambda execution: None


@sabotage("no-reconcile", "runbell.engine.reconcile")
def _(module: ModuleType) -> None:
    """A new server does not look at what the former one left running."""

    async def reconcile(shop: Any) -> int:
        return 0

    module.reconcile = reconcile


@sabotage("finished-run-again", "runbell.domain.restart")
def _(module: ModuleType) -> None:
    """A restart takes nothing over."""
    module.reused_steps = lambda job, rows, source, from_step: ()


@sabotage("predecessor-ignored", "runbell.operations.follow_ups")
def _(module: ModuleType) -> None:
    """Follow-ups are released however their predecessor ended."""
    everything = frozenset(module.Status)
    module.FITS = dict.fromkeys(module.FollowUpOn, everything)
