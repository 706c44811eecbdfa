"""The audit log in the tables: a chain in which each line is sealed with the hash of the one before."""

import hashlib
from collections.abc import Callable
from typing import Any, Final

import apsw
import msgspec

from runbell.domain.audit import Entry
from runbell.ports.audit_table import AuditPage, AuditQuery, Chain, Noted
from runbell.stores.sqlite import read_audit
from runbell.stores.sqlite.ends import Ends
from runbell.stores.sqlite.protocol import Denials, PruneAudit

NOTHING: Final = b"\x00" * 32
_COLUMNS: Final = ", ".join(read_audit.COLUMNS)
_LAST: Final = "SELECT hash FROM audit ORDER BY seq DESC LIMIT 1"
_FLOOR: Final = "SELECT hash FROM audit_floor"
_ADD: Final = f"INSERT INTO audit ({_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_OLDEST: Final = "SELECT seq, at, hash FROM audit ORDER BY seq LIMIT ?"
_PRUNE: Final = "DELETE FROM audit WHERE seq <= ?"
_RAISE: Final = "INSERT INTO audit_floor (seq, hash) VALUES (?, ?)"
_encode: Final = msgspec.json.Encoder().encode


class Links:
    """Adds lines to the chain inside one transaction; the end of the chain is looked up once."""

    def __init__(self, db: apsw.Connection, write: Callable[[str, tuple[Any, ...]], Any]) -> None:
        self._write = write
        self._last: bytes = db.execute(_LAST).get or db.execute(_FLOOR).get or NOTHING

    def add(self, entry: Entry) -> None:
        """Write one line."""
        self._last = sealed(self._last, entry)
        detail = _encode(entry.detail).decode()
        self._write(
            _ADD,
            (
                entry.at, entry.actor, entry.action, entry.project, entry.object, entry.outcome, entry.address,
                entry.request, detail, self._last,
            ),
        )  # fmt: skip


def sealed(before: bytes, entry: Entry) -> bytes:
    """The hash of a line that follows the line with the hash `before`: over its members as JSON, in their order."""
    return hashlib.sha256(before + _encode(entry)).digest()


def deny(tx: Any, denials: Denials) -> None:
    """Write down refusals."""
    for entry in denials.entries:
        tx.audited(entry)


def prune(tx: Any, asked: PruneAudit) -> int:
    """Let go of the oldest lines up to the first that is young enough. The hash of the last of them stays."""
    gone, last = 0, None
    for seq, at, digest in tx.db.execute(_OLDEST, (asked.limit,)):
        if at >= asked.before:
            break
        gone, last = gone + 1, (seq, digest)
    if last is not None:
        tx.db.execute(_PRUNE, last[:1])
        tx.db.execute("DELETE FROM audit_floor")
        tx.db.execute(_RAISE, last)
    return gone


def check(db: apsw.Connection, after: int, head: bytes, limit: int) -> Chain:
    """Walk `limit` lines on from the line `after`, whose hash was `head`; says where the chain is broken first."""
    lines, last, seq = 0, head or NOTHING, after
    floor = read_audit.floor(db)
    if floor is not None and floor[0] > after:
        seq, last = floor
    elif after and (standing := read_audit.hash_of(db, after, floor)) != head:
        return Chain(lines=0, seq=after, head=standing or NOTHING, broken_at=after)
    for noted in read_audit.following(db, seq, limit):
        if noted.seq != seq + 1 or noted.hash != sealed(last, noted.entry):
            return Chain(lines=lines, seq=seq, head=last, broken_at=seq + 1)
        lines, last, seq = lines + 1, noted.hash, noted.seq
    if lines == limit:
        return Chain(lines=lines, seq=seq, head=last)
    given_out = read_audit.given_out(db)  # lines cut off at the end leave no gap, but their numbers were given out
    return Chain(lines=lines, seq=seq, head=last, broken_at=seq + 1 if given_out > seq else None, over=True)


class AuditRows(Ends):
    """Implements `ports.audit_table.AuditTable`."""

    async def deny(self, entries: list[Entry]) -> None:
        await self._link.ask(Denials(entries))

    async def prune_audit(self, before: int, limit: int) -> int:
        gone: int = await self._link.ask(PruneAudit(before, limit))
        return gone

    async def audit(self, query: AuditQuery) -> AuditPage:
        return read_audit.page(self._db, query)

    async def audit_from(self, after: int, limit: int) -> list[Noted]:
        return read_audit.following(self._db, after, limit)

    async def check_audit(self, after: int, head: bytes, limit: int) -> Chain:
        return check(self._db, after, head, limit)
