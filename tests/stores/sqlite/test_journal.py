"""Every change leaves its event in the same commit, and nothing else does."""

from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from runbell.domain.status import StepStatus
from runbell.ports.store import Advance, AskToStop, ConfirmStop, Delete, FollowUpPlan, Requeue
from runbell.stores.sqlite.protocol import Tick
from tests.builders import NOON, a_row
from tests.stores.builders import BROKEN, OK, a_start, fresh

from .desk import a_database, done, run
from .test_batch import JOB


def journal(db: apsw.Connection, number: int) -> list[tuple[Any, ...]]:
    """Type, revision and data of an execution's events."""
    rows = db.execute("SELECT type, revision, data FROM events WHERE number = ? ORDER BY seq", (number,))
    return [(kind.removeprefix("execution."), revision, msgspec.json.decode(data)) for kind, revision, data in rows]


def test_a_life_from_start_to_success(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    number = run(db, a_start(JOB))
    begun, ended = a_row("read", StepStatus.RUNNING), a_row("read")
    done(db, Advance(number=number, epoch=1, at=NOON, steps=(begun,)))
    done(db, Advance(number=number, epoch=1, at=NOON, steps=(ended,), verdict=OK))
    step = {
        "step": "read",
        "scope": None,
        "attempt": 1,
        "status": "succeeded",
        "exit_status": {"code": "OK", "message": ""},
    }
    assert journal(db, number) == [
        ("queued", 1, {"trigger": "api"}),
        ("started", 2, {"epoch": 1}),
        ("step_finished", 4, step),
        ("succeeded", 4, {"exit_status": {"code": "OK", "message": ""}}),
    ]
    times = db.execute("SELECT DISTINCT time, job, project FROM events").fetchall()
    assert times == [(NOON, "load", "default")]


def test_a_step_that_ends_is_told_once_and_what_did_not_run_is_not(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    number = run(db, a_start(JOB))
    rows = [a_row("a"), a_row("b", StepStatus.SKIPPED), a_row("c", StepStatus.WAITING), a_row("d", StepStatus.REUSED)]
    for _ in range(2):
        done(db, Advance(number=number, epoch=1, at=NOON, steps=tuple(rows)))
    assert [kind for kind, _, _ in journal(db, number)] == ["queued", "started", "step_finished"]


def test_a_release_a_stop_a_requeue_and_a_cascade_each_leave_theirs(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    scheduled = fresh(JOB, status="scheduled", start_after=NOON)
    follower = fresh(JOB, predecessor=scheduled.id, predecessor_on="succeeded")
    (number,) = done(db, a_start(JOB, scheduled, follow_ups=(follower,)))
    done(db, Tick(NOON, 10))
    stop = AskToStop(number=number, mode="kill", reason="", actor="me", grace_ms=0, at=NOON)
    done(db, stop)
    assert [kind for kind, _, _ in journal(db, number)] == ["scheduled", "queued", "discarded"]
    assert [kind for kind, _, _ in journal(db, number + 1)] == ["queued", "discarded"]

    number = run(db, a_start(JOB))
    done(db, Advance(number=number, epoch=1, at=NOON, verdict=Requeue()))
    assert journal(db, number)[-1] == ("queued", 3, {"workers_lost": 1})

    number = run(db, a_start(JOB))
    ask = AskToStop(number=number, mode="graceful", reason="", actor="me", grace_ms=5, at=NOON)
    done(db, ask, ask)
    (row,) = done(db, ask)
    stop_text = next(value for value in row if isinstance(value, str) and "requested_by" in value)
    proof = ConfirmStop(msgspec.json.decode(stop_text, type=ConfirmStop.__annotations__["stop"]))
    done(db, Advance(number=number, epoch=1, at=NOON, verdict=proof))
    assert [kind for kind, _, _ in journal(db, number)][2:] == ["stopping", "stopped"]


def test_a_refused_follow_up_has_its_own_story(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    number = run(db, a_start(JOB))
    run(db, a_start(JOB))
    from msgspec import structs

    full = structs.replace(JOB, definition={"limits": {"running": 1, "when_full": "reject"}})
    plan = FollowUpPlan(created=(a_start(full),))
    done(db, Advance(number=number, epoch=1, at=NOON, verdict=BROKEN, follow_ups=plan))
    assert journal(db, 3) == [
        ("queued", 1, {"trigger": "api"}),
        (
            "discarded",
            2,
            {
                "discard_reason": "busy",
                "exit_status": {"code": "DISCARDED", "message": "The job refuses a start while another one runs."},
            },
        ),
    ]


def test_events_outlive_their_execution_and_their_numbers_are_never_given_again(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    number = run(db, a_start(JOB))
    done(db, Advance(number=number, epoch=1, at=NOON, verdict=OK))
    done(db, Delete(number=number, at=NOON))
    assert len(journal(db, number)) == 3
    db.execute("DELETE FROM events")
    done(db, a_start(JOB))
    assert db.execute("SELECT min(seq) FROM events").get == 4


@pytest.mark.parametrize(
    "row",
    ["status = 'running'", "status = 'running', claimed_by = 'w', started_at = 1", "status = 'gone'", "ended_at = 5"],
)
def test_the_tables_themselves_refuse_a_row_that_no_sweep_would_find(tmp_path: Path, row: str) -> None:
    db = a_database(tmp_path)
    done(db, a_start(JOB))
    with pytest.raises(apsw.ConstraintError):
        db.execute(f"UPDATE executions SET {row}")
