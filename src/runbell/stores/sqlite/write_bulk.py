"""Writing bulks: collected in pieces, opened in one commit with their key, told of in batches."""

from typing import Final

from runbell.domain.faults import NotFound
from runbell.ports.bulk_table import AddBulk, Bulk, EndBulk, FillBulk, OpenBulk, TellBulk
from runbell.stores.sqlite import read_bulk, rows
from runbell.stores.sqlite.transaction import Transaction

_ADD: Final = "INSERT INTO bulks (id, project, actor, status, created_at, body) VALUES (?, ?, ?, 'collecting', ?, ?)"
_FILL: Final = "INSERT INTO bulk_items (bulk, number, execution) VALUES (?, ?, ?)"
_GROW: Final = "UPDATE bulks SET total = total + ? WHERE number = ?"
_OPEN: Final = "UPDATE bulks SET status = ?, ended_at = ? WHERE number = ?"
_KEY: Final = """
    INSERT INTO idempotency (client, path, key, fingerprint, members, number, execution, created_at)
    VALUES (?, ?, ?, ?, ?, 0, ?, ?)
"""
_TELL: Final = """
    UPDATE bulk_items SET outcome = ?, code = ?, detail = ?, made = ? WHERE bulk = ? AND number = ? AND outcome IS NULL
"""
_COUNT: Final = "UPDATE bulks SET done = done + ?, refused = refused + ? WHERE number = ?"
_END: Final = "UPDATE bulks SET status = ?, ended_at = ? WHERE number = ? AND ended_at IS NULL"


def add_bulk(tx: Transaction, asked: AddBulk) -> int:
    """A bulk that nobody sees yet: its number."""
    bulk = asked.bulk
    tx.db.execute(_ADD, (bulk.id, bulk.project, bulk.actor, bulk.created_at, rows.json_text(bulk.order)))
    return tx.db.last_insert_rowid()


def fill_bulk(tx: Transaction, asked: FillBulk) -> None:
    """Some more of what it is about."""
    tx.db.executemany(_FILL, [(asked.bulk, number, execution) for number, execution in asked.found])
    tx.db.execute(_GROW, (len(asked.found), asked.bulk))


def open_bulk(tx: Transaction, asked: OpenBulk) -> Bulk:
    """Accept it. If its key was taken meanwhile by the same request, that one's bulk is the answer."""
    bulk = _found(tx, asked.bulk)
    if asked.key is not None:
        earlier = read_bulk.of_key(tx.db, asked.key)
        if earlier is not None:
            tx.db.execute(_END, ("abandoned", 0, bulk.number))
            return earlier
        key = asked.key
        members = rows.json_text(key.members)
        tx.db.execute(_KEY, (key.client, key.path, key.key, key.fingerprint, members, bulk.id, bulk.created_at))
    status, ended_at = ("working", None) if bulk.total else ("done", bulk.created_at)
    tx.db.execute(_OPEN, (status, ended_at, bulk.number))
    tx.audited(asked.audit)
    return _found(tx, bulk.number)


def tell_bulk(tx: Transaction, asked: TellBulk) -> None:
    """Note what came of items; each counts once, whoever tells it twice. The last one ends the bulk."""
    done = refused = 0
    for item in asked.items:
        tx.db.execute(_TELL, (item.outcome, item.code, item.detail, item.made, asked.bulk, item.number))
        done += tx.db.changes()
        refused += tx.db.changes() if item.outcome == "refused" else 0
    tx.db.execute(_COUNT, (done, refused, asked.bulk))
    bulk = _found(tx, asked.bulk)
    if bulk.done >= bulk.total:
        tx.db.execute(_END, ("done", asked.at, asked.bulk))


def end_bulk(tx: Transaction, asked: EndBulk) -> Bulk:
    """Go no further. What has ended already stays as it is."""
    tx.db.execute(_END, (asked.status, asked.at, asked.bulk))
    if tx.db.changes():
        tx.audited(asked.audit)
    return _found(tx, asked.bulk)


def _found(tx: Transaction, number: int) -> Bulk:
    bulk = read_bulk.by_number(tx.db, number)
    if bulk is None:
        raise NotFound("There is no such bulk any more; begin a new one.")
    return bulk
