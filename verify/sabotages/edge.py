"""Known bugs of the edge: deadlines, bodies, what goes into the audit log."""

from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


def _without(member: str) -> Any:
    """A patch of `deadlines` in which one of the deadlines never falls."""

    def patch(module: ModuleType) -> None:
        overdue = module.Progress.overdue

        def patient(self: Any, now: float, limits: Any) -> bool:
            kept = getattr(self, member)
            setattr(self, member, None)
            late: bool = overdue(self, now, limits)
            setattr(self, member, kept)
            return late

        module.Progress.overdue = patient

    return patch


sabotage("no-header-deadline", "runbell.http.deadlines")(_without("headers_since"))
sabotage("no-body-deadline", "runbell.http.deadlines")(_without("body_since"))
sabotage("no-write-deadline", "runbell.http.deadlines")(_without("written_since"))
