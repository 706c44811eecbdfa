"""The outbox: in memory what is on the table, whatever is rolled back and whoever comes next."""

from pathlib import Path

import apsw

from runbell.ports.webhook_table import Keys, PutEndpoint
from runbell.stores.sqlite.batch import commit
from runbell.stores.sqlite.outbox import Outbox
from runbell.stores.sqlite.protocol import Request
from tests.stores.builders import a_start, fresh
from tests.stores.subscribers import CALLBACK, an_endpoint

from .desk import a_database, message
from .test_batch import JOB


def asked(db: apsw.Connection, outbox: Outbox, *requests: Request) -> list[int]:
    return [said for said, _ in commit(db, [message(request) for request in requests], None, outbox).answers]


def deliveries(db: apsw.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM deliveries").get)


def test_while_nobody_wants_anything_an_event_asks_the_database_nothing(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    outbox = Outbox(db)
    seen: list[str] = []
    db.trace_v2(apsw.SQLITE_TRACE_STMT, lambda told: seen.append(told["sql"]))
    assert asked(db, outbox, a_start(JOB)) == [0]
    assert not [sql for sql in seen if "deliver" in sql or "endpoint" in sql or "callback" in sql]
    assert not outbox.wanted


def test_a_callback_of_a_start_that_failed_was_never_there(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    outbox = Outbox(db)
    twice = fresh(JOB)
    answers = asked(db, outbox, a_start(JOB, twice), a_start(JOB, twice, callback=CALLBACK))
    assert answers == [0, 1]
    assert not outbox.wanted
    assert db.execute("SELECT count(*) FROM callbacks").get == 0


def test_an_endpoint_that_was_rolled_back_is_told_nothing(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    outbox = Outbox(db)
    endpoint = PutEndpoint(endpoint=an_endpoint(events=("execution.queued",)), keys=Keys("s"))
    twice = fresh(JOB)
    answers = asked(db, outbox, a_start(JOB, twice), endpoint, endpoint, a_start(JOB, twice), a_start(JOB))
    assert answers == [0, 0, 1, 1, 0]
    assert outbox.wanted
    assert deliveries(db) == 1


def test_the_next_writer_knows_what_the_last_one_knew(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    asked(db, Outbox(db), PutEndpoint(endpoint=an_endpoint(events=("execution.queued",)), keys=Keys("s")))
    asked(db, Outbox(db), a_start(JOB))
    assert deliveries(db) == 1
    asked(db, Outbox(db), a_start(JOB, callback=CALLBACK))
    assert CALLBACK in Outbox(db)._callbacks.values()
