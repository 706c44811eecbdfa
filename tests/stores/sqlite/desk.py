"""The writer's side without its process: a database file, and requests run on it."""

from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import apsw

from runbell.ports.store import Claim, Start
from runbell.stores.sqlite.batch import commit
from runbell.stores.sqlite.connection import open_for_writing
from runbell.stores.sqlite.migrations import migrate, shipped
from runbell.stores.sqlite.outbox import Outbox
from runbell.stores.sqlite.protocol import Claims, Request, Said, write_request
from tests.builders import NOON
from tests.stores.builders import a_put

_OUTBOXES: Final[WeakKeyDictionary[apsw.Connection, Outbox]] = WeakKeyDictionary()


def a_database(folder: Path) -> apsw.Connection:
    """A database with the newest tables and the job `load`, number 1."""
    db = open_for_writing(folder / "runbell.db")
    migrate(db, shipped())
    done(db, a_put())
    return db


def message(request: Request) -> bytes:
    """The request as the writer takes it out of its inbox."""
    return write_request(request)[4:]


def done(db: apsw.Connection, *requests: Request) -> list[Any]:
    """The answers to requests that came together, all of them done."""
    reply = commit(db, [message(request) for request in requests], None, _outbox(db))
    assert [said for said, _ in reply.answers] == [Said.DONE] * len(requests)
    return [content for _, content in reply.answers]


def said(db: apsw.Connection, *requests: Request) -> list[tuple[int, str | None]]:
    """How each was answered, and the code of its refusal."""
    answers = commit(db, [message(request) for request in requests], None, _outbox(db)).answers
    return [(how, content.code if how == Said.FAULT else None) for how, content in answers]


def _outbox(db: apsw.Connection) -> Outbox:
    """The one that its writer would have."""
    if db not in _OUTBOXES:
        _OUTBOXES[db] = Outbox(db)
    return _OUTBOXES[db]


def run(db: apsw.Connection, start: Start) -> int:
    """Start and claim an execution: its number."""
    (number,) = done(db, start)
    done(db, Claims([Claim(number=number, worker="w1", at=NOON)]))
    return int(number)
