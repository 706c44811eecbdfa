"""What is asked of a database about the audit log: an append-only chain, each line sealed by the one before."""

from typing import Any, Protocol

from msgspec import Struct

from runbell.domain.audit import Entry


class Noted(Struct, frozen=True, kw_only=True):
    """A line as it stands: its place, what it says, and its hash, SHA-256 over the one before and this line's text."""

    seq: int
    entry: Entry
    hash: bytes


class AuditQuery(Struct, frozen=True, kw_only=True):
    """Lines of the log, newest first or `oldest_first`, beyond the line `after`. `project` None: of all."""

    project: str | None
    actor: str | None = None
    action: str | None = None
    outcome: str | None = None
    since: int | None = None
    before: int | None = None
    oldest_first: bool = False
    after: int | None = None
    limit: int = 50


class Chain(Struct, frozen=True, kw_only=True):
    """What a walk along the chain found: how many lines stand, and the first that does not fit (None: all do)."""

    lines: int
    broken_at: int | None = None
    head: bytes = b""


class AuditTable(Protocol):
    """The audit log. Lines of changes are written with the changes; `deny` writes those that stand alone."""

    async def deny(self, entries: list[Entry]) -> None: ...
    async def audit(self, query: AuditQuery) -> list[Noted]: ...
    async def check_audit(self, after: int, limit: int, head: bytes) -> Chain: ...


def line(entry: Entry) -> dict[str, Any]:
    """What the hash is made of, in a fixed order."""
    return {
        "at": entry.at, "actor": entry.actor, "action": entry.action, "project": entry.project,
        "object": entry.object, "outcome": entry.outcome, "address": entry.address, "request": entry.request,
        "detail": entry.detail,
    }  # fmt: skip
