"""The table of moves: every allowed and every refused one."""

from collections.abc import Callable

import pytest
from msgspec import structs

from runbell.domain import lifecycle
from runbell.domain.execution import Error, Execution, Stop
from runbell.domain.lifecycle import ARROWS, Change, Refused
from runbell.domain.status import TERMINAL, DiscardReason, ExitStatus, Status
from tests.builders import NOON, an_execution

LATER = NOON + 5_000
PROOF = Stop(mode="graceful", reason="wrong day", requested_by="key:etl", requested_at=NOON, deadline_at=LATER,
             process_gone_at=LATER, proof="observed")  # fmt: skip

MOVES: dict[str, Callable[[Execution], Change]] = {
    "release": lambda it: lifecycle.release(it, LATER),
    "claim": lambda it: lifecycle.claim(it, LATER, "worker-1"),
    "requeue": lambda it: lifecycle.requeue(it, LATER),
    "ask_to_stop": lambda it: lifecycle.ask_to_stop(
        it, LATER, mode="graceful", reason="", actor="key:etl", grace_ms=5_000
    ),
    "succeed": lambda it: lifecycle.succeed(it, LATER, ExitStatus("OK"), None),
    "fail": lambda it: lifecycle.fail(it, LATER, Error(code="ERROR", detail="no")),
    "lose": lambda it: lifecycle.lose(it, LATER, Error(code="LOST", detail="gone")),
    "confirm_stop": lambda it: lifecycle.confirm_stop(it, LATER, PROOF),
    "discard": lambda it: lifecycle.discard(it, LATER, DiscardReason.EXPIRED),
}
"""One call for each move that has a function of its own name; `withdraw` is what ask_to_stop does to a begun one."""

ASKED_BEFORE_IT_BEGAN = {("ask_to_stop", Status.QUEUED), ("ask_to_stop", Status.SCHEDULED)}


def test_every_arrow_has_a_call_in_this_table() -> None:
    assert set(ARROWS) == set(MOVES) | {"withdraw"}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("status", Status)
def test_a_move_is_allowed_exactly_where_the_table_says(move: str, status: Status) -> None:
    execution = an_execution(status, predecessor_on=None)
    if status in ARROWS[move].before:
        change = MOVES[move](execution)
        assert change.after.status is ARROWS[move].after
        assert change.event.type == ARROWS[move].event
        assert change.after.revision == execution.revision + 1
    elif (move, status) in ASKED_BEFORE_IT_BEGAN:
        assert MOVES[move](execution).after.status is Status.DISCARDED
    else:
        with pytest.raises(Refused):
            MOVES[move](execution)


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_nothing_leads_out_of_a_terminal_status(status: Status) -> None:
    assert not [arrow.move for arrow in ARROWS.values() if status in arrow.before]


@pytest.mark.parametrize("move", [move for move in MOVES if ARROWS[move].after in TERMINAL])
def test_an_ended_execution_says_when_and_holds_no_claim(move: str) -> None:
    before = next(iter(ARROWS[move].before))
    after = MOVES[move](an_execution(before, claimed_by="worker-1")).after
    assert after.ended_at == LATER
    assert after.claimed_by is None


def test_each_claim_takes_the_next_epoch_and_keeps_the_first_start() -> None:
    first = lifecycle.claim(an_execution(), LATER, "worker-1").after
    again = lifecycle.claim(lifecycle.requeue(first, LATER + 1).after, LATER + 2, "worker-2").after
    assert (first.epoch, again.epoch) == (1, 2)
    assert (first.started_at, again.started_at) == (LATER, LATER)


def test_a_follow_up_that_waits_for_its_predecessor_cannot_be_claimed() -> None:
    with pytest.raises(Refused, match="predecessor"):
        lifecycle.claim(an_execution(predecessor_on="succeeded"), LATER, "worker-1")


def test_what_had_begun_is_never_discarded_but_ends_as_stopped() -> None:
    begun = an_execution(Status.QUEUED, started_at=NOON)
    with pytest.raises(Refused):
        lifecycle.discard(begun, LATER, DiscardReason.EXPIRED)
    assert MOVES["ask_to_stop"](begun).after.status is Status.STOPPED


def test_a_stop_before_the_begin_proves_that_it_never_started() -> None:
    after = MOVES["ask_to_stop"](an_execution()).after
    assert after.discard_reason is DiscardReason.STOPPED
    assert after.stop is not None
    assert after.stop.proof == "never_started"


def test_the_third_lost_worker_ends_it_as_failed() -> None:
    after = lifecycle.requeue(an_execution(Status.RUNNING, workers_lost=2), LATER).after
    assert after.status is Status.FAILED
    assert after.exit_status is not None
    assert (after.exit_status.code, after.workers_lost) == ("WORKER_LOST", 3)


def test_a_lost_hand_ends_the_run_only_the_third_time() -> None:
    assert lifecycle.worker_died(an_execution(Status.RUNNING, workers_lost=1), LATER) is None
    third = lifecycle.worker_died(an_execution(Status.RUNNING, workers_lost=2), LATER)
    assert third is not None
    assert third.after.status is Status.FAILED


def test_the_second_request_may_only_shorten_the_grace() -> None:
    stopping = MOVES["ask_to_stop"](an_execution(Status.RUNNING)).after
    hurried = lifecycle.hurry(stopping, LATER)
    assert stopping.stop is not None
    assert hurried.stop is not None
    assert hurried.stop.mode == "kill"
    assert hurried.stop.deadline_at < stopping.stop.deadline_at
    assert lifecycle.hurry(hurried, LATER + 9_000) is hurried


def test_a_change_never_touches_what_it_is_not_about() -> None:
    execution = an_execution(Status.RUNNING, tags=("finance",), key="load-1")
    after = MOVES["succeed"](execution).after
    changed = {"status", "revision", "ended_at", "exit_status", "result", "claimed_by"}
    for name, value in structs.asdict(execution).items():
        assert name in changed or getattr(after, name) == value
