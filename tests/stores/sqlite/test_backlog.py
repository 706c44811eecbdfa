"""The queue's limit: held by a running number that follows every way in and out of the queue."""

from pathlib import Path

from runbell.domain.status import Status
from runbell.ports.store import Advance, AskToStop, Claim, Requeue, Start
from runbell.stores.sqlite import read_executions, read_queue
from runbell.stores.sqlite.backlog import Backlog
from runbell.stores.sqlite.batch import commit
from runbell.stores.sqlite.protocol import Claims, Request, Tick
from tests.builders import NOON, an_execution
from tests.stores.builders import a_key

from .desk import a_database, message


def a_start(number: int, **fields: object) -> Start:
    execution = an_execution(number=0, id=f"{number:026}", created_at=NOON, **fields)
    return Start(execution=execution, job_number=1)


def test_a_full_queue_refuses_starts_until_something_left_it(tmp_path: Path) -> None:
    db, backlog = a_database(tmp_path), Backlog(2, {})

    def codes(*requests: Request) -> list[str | None]:
        answers = commit(db, [message(one) for one in requests], backlog).answers
        return [content.code if said else None for said, content in answers]

    assert codes(a_start(1), a_start(2), a_start(3)) == [None, None, "queue_full"]
    assert codes(Claims([Claim(number=1, worker="w", at=NOON)]), a_start(4), a_start(5)) == [None, None, "queue_full"]
    back = Advance(number=1, epoch=1, at=NOON, verdict=Requeue())
    stop = AskToStop(number=2, mode="kill", reason="", actor="a", grace_ms=0, at=NOON)
    assert codes(back, a_start(6), stop, a_start(7), Tick(NOON, 10)) == [None, "queue_full", None, "queue_full", None]
    counts = read_executions.counts(db)
    assert backlog.waiting == counts["queued"] + counts["scheduled"] == 2


def test_a_start_that_was_accepted_before_is_answered_however_full_the_queue_is(tmp_path: Path) -> None:
    db, backlog = a_database(tmp_path), Backlog(1, {})
    start = Start(execution=a_start(1).execution, job_number=1, idempotency=a_key())
    again = Start(execution=a_start(2).execution, job_number=1, idempotency=a_key())
    (first,), (second,) = (commit(db, [message(one)], backlog).answers for one in (start, again))
    assert (first[0], second[0], second[1][0]) == (0, 0, first[1])


def test_a_limit_of_zero_is_none_and_scheduled_ones_count(tmp_path: Path) -> None:
    db, backlog = a_database(tmp_path), Backlog(0, {})
    later = a_start(1, status=Status.SCHEDULED, start_after=NOON + 1)
    assert [said for said, _ in commit(db, [message(later), message(a_start(2))], backlog).answers] == [0, 0]
    assert backlog.waiting == 2


def test_the_last_tenth_of_the_queue_is_for_projects_that_have_little_in_it(tmp_path: Path) -> None:
    backlog = Backlog(100, {"flood": 89, "calm": 0})
    assert not backlog.full("flood", {})
    assert backlog.full("flood", {"flood": 1})
    assert not backlog.full("calm", {"flood": 1, "calm": 9})
    assert backlog.full("calm", {"flood": 1, "calm": 10})
    backlog.change({"flood": 1, "calm": 9})
    assert backlog.full("new", {"new": 1})  # the whole queue is full for everybody
    assert not backlog.full("new", {})


def test_a_writer_that_begins_knows_what_waits_in_each_project(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    later = a_start(1, status=Status.SCHEDULED, start_after=NOON + 1)
    commit(db, [message(one) for one in (later, a_start(2), a_start(3, predecessor_on="succeeded"))], None)
    assert read_queue.waiting_by_project(db) == {"default": 2}
