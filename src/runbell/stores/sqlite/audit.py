"""The audit log in the tables: a chain in which each line is sealed with the hash of the one before."""

import hashlib
from typing import Any, Final

import apsw
import msgspec

from runbell.domain.audit import Entry
from runbell.ports.audit_table import AuditQuery, Chain, Noted, line
from runbell.stores.sqlite.ends import Ends
from runbell.stores.sqlite.protocol import Denials

NOTHING: Final = b"\x00" * 32
COLUMNS: Final = ("at", "actor", "action", "project", "object", "outcome", "address", "request", "detail")
_COLUMNS: Final = ", ".join(COLUMNS)
_LAST: Final = "SELECT hash FROM audit ORDER BY seq DESC LIMIT 1"
_ADD: Final = f"INSERT INTO audit ({_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_WALK: Final = f"SELECT seq, hash, {_COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?"
_encode: Final = msgspec.json.Encoder().encode


class Links:
    """Adds lines to the chain inside one transaction; the end of the chain is looked up once."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._last: bytes = db.execute(_LAST).get or NOTHING

    def add(self, entry: Entry) -> None:
        """Write one line."""
        self._last = sealed(self._last, entry)
        detail = _encode(entry.detail).decode()
        self._db.execute(
            _ADD,
            (
                entry.at, entry.actor, entry.action, entry.project, entry.object, entry.outcome, entry.address,
                entry.request, detail, self._last,
            ),
        )  # fmt: skip


def sealed(before: bytes, entry: Entry) -> bytes:
    """The hash of a line that follows the line with the hash `before`."""
    return hashlib.sha256(before + _encode(line(entry))).digest()


def deny(tx: Any, denials: Denials) -> None:
    """Write down refusals."""
    for entry in denials.entries:
        tx.audited(entry)


class AuditRows(Ends):
    """Implements `ports.audit_table.AuditTable`."""

    async def deny(self, entries: list[Entry]) -> None:
        await self._link.ask(Denials(entries))

    async def audit(self, query: AuditQuery) -> list[Noted]:
        return read(self._db, query)

    async def check_audit(self, after: int, limit: int, head: bytes) -> Chain:
        return check(self._db, after, limit, head)


def read(db: apsw.Connection, query: AuditQuery) -> list[Noted]:
    """Lines of the log."""
    order, beyond = ("ASC", ">") if query.oldest_first else ("DESC", "<")
    where, values = ["1"], list[Any]()
    for column, sign, value in (
        ("seq", beyond, query.after), ("project", "=", query.project), ("actor", "=", query.actor),
        ("action", "=", query.action), ("outcome", "=", query.outcome), ("at", ">=", query.since),
        ("at", "<", query.before),
    ):  # fmt: skip
        if value is not None:
            where.append(f"{column} {sign} ?")
            values.append(value)
    sql = f"SELECT seq, hash, {_COLUMNS} FROM audit WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?"
    return [_noted(row) for row in db.execute(sql, (*values, query.limit))]


def check(db: apsw.Connection, after: int, limit: int, head: bytes) -> Chain:
    """Walk `limit` lines on from the line `after`, whose hash is `head`; says where the chain is broken first."""
    lines, last, expected = 0, head or NOTHING, after
    for row in db.execute(_WALK, (after, limit)):
        noted = _noted(row)
        expected += 1
        if noted.seq != expected or noted.hash != sealed(last, noted.entry):
            return Chain(lines=lines, broken_at=expected, head=last)
        lines, last = lines + 1, noted.hash
    return Chain(lines=lines, head=last)


def _noted(row: tuple[Any, ...]) -> Noted:
    seq, digest, *said, detail = row
    at, actor, action, project, object_, outcome, address, request = said
    entry = Entry(
        at=at, actor=actor, action=action, project=project, object=object_, outcome=outcome, address=address,
        request=request, detail=msgspec.json.decode(detail),
    )  # fmt: skip
    return Noted(seq=seq, entry=entry, hash=digest)
