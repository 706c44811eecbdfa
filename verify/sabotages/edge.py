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


@sabotage("whole-bodies", "runbell.http.body")
def _(module: ModuleType) -> None:
    """A body is read to its end, however long it is."""
    read = module.read

    async def read_all(receive: Any, announced: bytes | None, limit: int = 1 << 40) -> bytes:
        whole: bytes = await read(receive, announced, max(limit, 1 << 40))
        return whole

    module.read = read_all


@sabotage("lenient-http", "runbell.http.protocol")
def _(module: ModuleType) -> None:
    """A head that the parser takes is taken, whatever it lacks."""
    module.EdgeProtocol._head_fault = lambda *_: None


@sabotage("params-of-any-size", "runbell.domain.parameters")
def _(module: ModuleType) -> None:
    """Parameters may be as large as a body may be."""
    module.LARGEST_BYTES = 1 << 40


@sabotage("plain-log", "runbell.assembly.journal")
def _(module: ModuleType) -> None:
    """The server's log is written as text."""

    def plain(self: Any, record: Any) -> str:
        return f"{record.getMessage()} {getattr(record, 'path', '')}"

    module.JsonLines.format = plain


@sabotage("stop-unaudited", "runbell.stores.sqlite.transaction")
def _(module: ModuleType) -> None:
    """One kind of change leaves no line in the audit log."""
    audited = module.Transaction.audited

    def forgetful(self: Any, entry: Any) -> None:
        if entry is None or entry.action != "executions.stop":
            audited(self, entry)

    module.Transaction.audited = forgetful


@sabotage("chain-of-single-links", "runbell.stores.sqlite.audit")
def _(module: ModuleType) -> None:
    """Each line of the audit log is sealed by itself, and not to the line before."""
    sealed = module.sealed
    module.sealed = lambda before, entry: sealed(b"", entry)


@sabotage("takings-forgotten", "runbell.operations.take")
def _(module: ModuleType) -> None:
    """Rows and files leave, and nobody writes down who took them."""
    module.told_first = lambda ports, actor, execution, left, pieces, **detail: pieces


@sabotage("refusals-forgotten", "runbell.operations.asides")
def _(module: ModuleType) -> None:
    """Nobody writes down who was refused."""
    note = module.Asides.note
    module.Asides.note = lambda self, entry: None if entry.outcome == "denied" else note(self, entry)
