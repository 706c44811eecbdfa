"""What is asked of a database about the audit log: an append-only chain, each line sealed by the one before."""

from typing import Protocol

from msgspec import Struct

from runbell.domain.audit import Entry

Spot = tuple[int, int]
"""A place in the order of time: when (epoch ms), and the line's number."""


class Noted(Struct, frozen=True, kw_only=True):
    """A line as it stands: its place, what it says, and its hash, SHA-256 over the one before and this line's text."""

    seq: int
    entry: Entry
    hash: bytes


class AuditQuery(Struct, frozen=True, kw_only=True):
    """Lines of the log, newest first, older than the spot `after`. `project` None: of all. Times in epoch ms."""

    project: str | None
    actor: str | None = None
    action: str | None = None
    object: str | None = None
    outcome: str | None = None
    since: int | None = None
    before: int | None = None
    after: Spot | None = None
    limit: int = 50


class AuditPage(Struct, frozen=True):
    """Lines, and the spot to go on from; a page may be short and still name one."""

    items: list[Noted]
    next: Spot | None


class Chain(Struct, frozen=True, kw_only=True):
    """What a walk along a piece of the chain found. `broken_at`: the first line that does not fit (None: all do).

    `seq` and `head` are the last line that fits, and its hash; `over`: there was nothing more to walk.
    """

    lines: int
    seq: int
    head: bytes
    broken_at: int | None = None
    over: bool = False


class AuditTable(Protocol):
    """The audit log. Lines of changes are written with the changes; `deny` writes those that stand alone.

    `audit_from`: the lines after the line `after` in the order they were written. `check_audit` walks at most `limit`
    lines on from the line `after`, whose hash is `head`. `prune_audit` lets go of at most `limit` lines from the
    beginning that are older than `before`; it answers how many, and the chain can still be checked from there.
    """

    async def deny(self, entries: list[Entry]) -> None: ...
    async def audit(self, query: AuditQuery) -> AuditPage: ...
    async def audit_from(self, after: int, limit: int) -> list[Noted]: ...
    async def check_audit(self, after: int, head: bytes, limit: int) -> Chain: ...
    async def prune_audit(self, before: int, limit: int) -> int: ...
