"""Reading the audit log: every page walks one index, over at most SCANNED of its lines when there are more filters."""

from typing import Any, Final

import apsw
import msgspec

from runbell.domain.audit import DENIED, Entry
from runbell.domain.identity import DEFAULT_PROJECT
from runbell.domain.ids import PREFIX, is_id, moment
from runbell.ports.audit_table import AuditPage, AuditQuery, Noted, Spot

SCANNED: Final = 5_000
COLUMNS: Final = ("at", "actor", "action", "project", "object", "outcome", "address", "request", "detail")
MOST: Final = "executions.start"
"""Nearly every line is one of these: neither their action nor their object is in an index. The same goes for the
default project."""
_LINE: Final = f"seq, hash, {', '.join(COLUMNS)}"
_FOLLOWING: Final = f"SELECT {_LINE} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?"
_FLOOR: Final = "SELECT seq, hash FROM audit_floor"
_HASH: Final = "SELECT hash FROM audit WHERE seq = ?"
_GIVEN_OUT: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'audit'"
_OF_ACTION: Final = f"action <> '{MOST}' AND action = ?"
_ON_OBJECT: Final = f"action <> '{MOST}' AND object = ?"
_START: Final = f"SELECT {_LINE} FROM audit INDEXED BY audit_at WHERE at = ? AND object = ? AND action = '{MOST}'"
_COMMON: Final = {"action": MOST, "project": DEFAULT_PROJECT}
_NEWEST: Final[Spot] = (1 << 62, 0)
_WALKS: Final = (  # the narrowest first: filter, index, how it is entered
    ("object", "audit_on_object", _ON_OBJECT),
    ("action", "audit_of_action", _OF_ACTION),
    ("outcome", "audit_denied", "outcome = 'denied' AND ? = 'denied'"),
    ("actor", "audit_of_actor", "actor = ?"),
    ("project", "audit_of_project", f"project <> '{DEFAULT_PROJECT}' AND project = ?"),
)


def page(db: apsw.Connection, query: AuditQuery) -> AuditPage:
    """A page of lines, newest first, and where to go on."""
    index, entry, values, rest = choose(query)
    spot = query.after or _NEWEST
    if query.before is not None and query.before <= spot[0]:
        spot = (query.before, 0)
    entered = [*values, spot[0], *spot, query.since or 0]
    horizon: Spot | None = None
    if rest:
        beyond = db.execute(walk(index, entry, "", "LIMIT 1 OFFSET ?", "at, seq"), (*entered, SCANNED - 1)).fetchone()
        horizon = beyond and (beyond[0], beyond[1])
    low = horizon or (query.since or 0, 0)
    bounded = [*values, spot[0], *spot, low[0], *low, *rest.values(), query.limit + 1]
    also = "AND (at, seq) >= (?, ?)" + "".join(f" AND {column} = ?" for column in rest)
    found = [_noted(row) for row in db.execute(walk(index, entry, also, "LIMIT ?", _LINE), bounded)]
    start = None if query.object is None else _start(db, query.object)
    if start is not None and low <= _spot(start) < spot and _answers(start, query):
        found = sorted((*found, start), key=_spot, reverse=True)
    if len(found) > query.limit:
        return AuditPage(found[: query.limit], _spot(found[query.limit - 1]))
    return AuditPage(found, horizon)


def _start(db: apsw.Connection, name: str) -> Noted | None:
    """The line of an execution's start: it was written of the moment that is in its id."""
    id_ = name.removeprefix(PREFIX)
    if id_ == name or not is_id(id_):
        return None
    row = db.execute(_START, (moment(id_), name)).fetchone()
    return None if row is None else _noted(row)


def _spot(noted: Noted) -> Spot:
    return noted.entry.at, noted.seq


def _answers(noted: Noted, query: AuditQuery) -> bool:
    """Whether a line has what is asked for besides its object."""
    asked = {name: getattr(query, name) for name, *_ in _WALKS}
    return all(value is None or getattr(noted.entry, name) == value for name, value in asked.items())


def choose(query: AuditQuery) -> tuple[str, str, tuple[str, ...], dict[str, str]]:
    """The index to walk, how it is entered and with what, and the filters that are left over."""
    asked = {name: getattr(query, name) for name, *_ in _WALKS if getattr(query, name) is not None}
    for name, index, entry in _WALKS:
        if name in asked and asked[name] != _COMMON.get(name) and (name != "outcome" or asked[name] == DENIED):
            return index, entry, (asked.pop(name),), asked
    return "audit_at", "1", (), asked


def walk(index: str, entry: str, also: str, end: str, columns: str) -> str:
    """The statement that walks an index from a spot towards the past."""
    return (
        f"SELECT {columns} FROM audit INDEXED BY {index} WHERE {entry} AND at <= ? AND (at, seq) < (?, ?) AND at >= ? "
        f"{also} ORDER BY at DESC, seq DESC {end}"
    )


def following(db: apsw.Connection, after: int, limit: int) -> list[Noted]:
    """The lines after the line `after`, as they were written."""
    return [_noted(row) for row in db.execute(_FOLLOWING, (after, limit))]


def floor(db: apsw.Connection) -> tuple[int, bytes] | None:
    """The last line that was let go, and its hash."""
    found: tuple[int, bytes] | None = db.execute(_FLOOR).fetchone()
    return found


def hash_of(db: apsw.Connection, seq: int, floor: tuple[int, bytes] | None) -> bytes | None:
    """The hash of a line, None when it is not there."""
    if floor is not None and floor[0] == seq:
        return floor[1]
    found: bytes | None = db.execute(_HASH, (seq,)).get
    return found


def given_out(db: apsw.Connection) -> int:
    """The highest number that a line was ever given."""
    return db.execute(_GIVEN_OUT).get or 0


def _noted(row: tuple[Any, ...]) -> Noted:
    seq, digest, *said, detail = row
    at, actor, action, project, object_, outcome, address, request = said
    entry = Entry(
        at=at, actor=actor, action=action, project=project, object=object_, outcome=outcome, address=address,
        request=request, detail=msgspec.json.decode(detail),
    )  # fmt: skip
    return Noted(seq=seq, entry=entry, hash=digest)
