"""Known bugs of sharing: whoever comes first takes all, or nothing is ever full."""

from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("first-come-first-served", "runbell.ports.queue_table")
def _(module: ModuleType) -> None:
    """Projects have no turns: what came first goes first."""
    module.Shares.place = lambda _self, _project, _nth: (0, 0)


@sabotage("queue-for-one", "runbell.stores.sqlite.backlog")
def _(module: ModuleType) -> None:
    """One project may fill the whole queue."""
    full = module.Backlog.full

    def for_anyone(self: Any, project: str, more: Any) -> Any:
        return full(self, project, more) and self.waiting + sum(more.values()) >= self.limit

    module.Backlog.full = for_anyone


@sabotage("queue-without-end", "runbell.stores.sqlite.backlog")
def _(module: ModuleType) -> None:
    """The queue has no limit."""
    module.Backlog.full = lambda _self, _project, _more: False
