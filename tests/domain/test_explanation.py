"""The one sentence for people is right in every status; durations and differences are what they say."""

from typing import Any

import pytest
from msgspec import UNSET

from runbell.domain.comparison import differing
from runbell.domain.execution import Error, Execution, Stop
from runbell.domain.explanation import Blocked, Difference, Prospect, StepNow, lasting, summary
from runbell.domain.status import DiscardReason, ExitStatus, Status, StepStatus
from runbell.domain.usual import Usual, slower_than, usual
from tests.builders import NOON, a_row, an_execution

STOP = Stop(mode="graceful", reason="wrong day", requested_by="client:etl", requested_at=NOON, deadline_at=NOON + 6_000)
PAUSED = Blocked("job_paused", "Job load is paused.", NOON, "Resume it.")
FULL = Blocked("concurrency_limit", "All 4 slots of the server are busy.", NOON, "Wait.")


def running(ms: int, known: Usual | None = None, **fields: Any) -> StepNow:
    return StepNow(a_row("load", StepStatus.RUNNING, started_at=NOON - ms, **fields), known)


def ended(status: Status, **fields: Any) -> Execution:
    return an_execution(status, ended_at=NOON + 90_000, **fields)


SENTENCES: list[tuple[Execution, Prospect, StepNow | None, str]] = [
    (an_execution(), Prospect(), None, "It is next: a free slot takes it within moments."),
    (an_execution(), Prospect((PAUSED,)), None, "Job load is paused."),
    (an_execution(), Prospect((PAUSED, FULL)), None, "Job load is paused. (1 more reason)"),
    (
        an_execution(Status.SCHEDULED), Prospect((Blocked("not_before", "It may not start before noon.", NOON, ""),)),
        None, "It may not start before noon.",
    ),
    (
        an_execution(workers_lost=1, started_at=NOON), Prospect(), None,
        "Its worker was lost and it begins again. It is next: a free slot takes it within moments.",
    ),
    (an_execution(Status.RUNNING), Prospect(), None, "It runs, between two steps."),
    (an_execution(Status.RUNNING), Prospect(), running(5_000), "Step load has been running for 5.0 s."),
    (
        an_execution(Status.RUNNING), Prospect(), running(5_000, Usual(4_000, 6_000, 9), scope="EU"),
        "Step load [EU] has been running for 5.0 s; it usually takes 4.0 s.",
    ),
    (
        an_execution(Status.RUNNING), Prospect(), running(300_000, Usual(4_000, 6_000, 9)),
        "Step load has been running for 5 min, longer than usual (4.0 s).",
    ),
    (
        an_execution(Status.RUNNING), Prospect(),
        StepNow(a_row("load", StepStatus.WAITING, not_before=NOON + 1_000, attempt=2)),
        "Step load did not succeed and is tried again at 2030-03-17 17:46:41 UTC (attempt 2).",
    ),
    (
        an_execution(Status.STOPPING, stop=STOP), Prospect(), running(10),
        "It is to stop, as client:etl asked (wrong day), in step load; by 2030-03-17 17:46:46 UTC it has stopped.",
    ),
    (
        an_execution(Status.STOPPING, stop=Stop(
            mode="kill", reason="", requested_by="a", requested_at=NOON, deadline_at=NOON, survivors=1,
        )),
        Prospect(), None, "It is to stop, as a asked. One process does not die; it is stopped when none is left.",
    ),
    (ended(Status.SUCCEEDED, exit_status=ExitStatus("OK")), Prospect(), None, "It succeeded after 90.0 s."),
    (
        ended(Status.SUCCEEDED, exit_status=ExitStatus("WARN")), Prospect(), None,
        "It succeeded after 90.0 s, with warnings.",
    ),
    (
        ended(Status.FAILED, error=Error(code="ERROR", detail="No rows.", step="load", scope="EU")), Prospect(), None,
        "Step load [EU] failed: No rows.",
    ),
    (
        ended(Status.FAILED, error=Error(code="TIMEOUT", detail="It took 5 s.", step="load")), Prospect(), None,
        "Step load ran out of time: It took 5 s.",
    ),
    (
        ended(Status.FAILED, error=Error(code="TIMEOUT", detail="The execution took too long.")), Prospect(), None,
        "The execution took too long.",
    ),
    (ended(Status.FAILED), Prospect(), None, "It failed after 90.0 s."),
    (
        ended(Status.LOST, error=Error(code="LOST", detail="The worker died.", step="load")), Prospect(), None,
        "The worker died.",
    ),
    (
        ended(Status.STOPPED, stop=STOP), Prospect(), StepNow(a_row("load", StepStatus.STOPPED)),
        "It was stopped, as client:etl asked (wrong day), in step load.",
    ),
    (
        ended(Status.DISCARDED, discard_reason=DiscardReason.EXPIRED, start_by=NOON), Prospect(), None,
        "It never ran: no slot was free for it before 2030-03-17 17:46:40 UTC.",
    ),
    (
        ended(Status.DISCARDED, discard_reason=DiscardReason.STOPPED, stop=STOP), Prospect(), None,
        "It never ran: it was stopped, as client:etl asked (wrong day) before it began.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("execution", "prospect", "step", "sentence"), SENTENCES)
def test_the_summary_says_where_it_stands(
    execution: Execution, prospect: Prospect, step: StepNow | None, sentence: str
) -> None:
    assert summary(execution, NOON, prospect, step) == sentence


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_sentence(status: Status) -> None:
    fields = {"ended_at": NOON} if status.terminal else {}
    said = summary(an_execution(status, **fields), NOON, Prospect(), None)
    assert said.endswith(".")
    assert "None" not in said


@pytest.mark.parametrize("reason", DiscardReason)
def test_every_reason_to_discard_has_a_sentence(reason: DiscardReason) -> None:
    said = summary(ended(Status.DISCARDED, discard_reason=reason), NOON, Prospect(), None)
    assert said.startswith("It never ran: ")


def test_the_usual_duration_is_the_middle_and_the_slow_end() -> None:
    assert usual([]) is None
    assert usual([5]) == Usual(5, 5, 1)
    assert usual(range(100, 0, -1)) == Usual(50, 95, 100)


def test_slower_than_usual_means_clearly_slower() -> None:
    assert slower_than(None, 10**9) is None
    assert slower_than(Usual(100, 110, 9), 1_000) is False  # within a second of the middle nobody cares
    assert slower_than(Usual(10_000, 12_000, 9), 14_000) is False
    assert slower_than(Usual(10_000, 12_000, 9), 15_001) is True
    assert slower_than(Usual(10_000, 60_000, 9), 59_000) is False


def test_a_difference_names_its_place_and_both_values() -> None:
    before = {"steps": [{"name": "a", "x": 1}, {"name": "b/c", "x": 2}], "tags": ["u"], "gone": None}
    after = {"steps": [{"name": "a", "x": 1}, {"name": "b/c", "x": 3}], "tags": ["u", "v"]}
    assert differing(before, after) == (
        Difference("/steps/b~1c/x", 2, 3),
        Difference("/tags/1", UNSET, "v"),
        Difference("/gone", None, UNSET),
    )


def test_the_same_steps_in_another_order_differ() -> None:
    one, other = {"name": "a"}, {"name": "b"}
    assert differing([one, other], [other, one]) == (Difference("", ["a", "b"], ["b", "a"]),)


def test_only_so_many_differences_are_looked_for() -> None:
    assert len(differing(list(range(1_000)), list(range(1, 1_001)))) == 200


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (880, "880 ms"),
        (1_200, "1.2 s"),
        (119_999, "120.0 s"),
        (120_000, "2 min"),
        (7_200_000, "2 h"),
        (2 * 86_400_000, "2 d"),
    ],
)
def test_durations_read_well(ms: int, said: str) -> None:
    assert lasting(ms) == said
