"""The plan: which steps start, wait or never run, and the verdict."""

from typing import Any

import pytest

from runbell.domain.execution import Error, StepExecution
from runbell.domain.job import Job, OnLost, Retry, When
from runbell.domain.plan import Broken, Done, Plan, Unknown, outlook, plan
from runbell.domain.status import ExitStatus, StepStatus
from tests.builders import NOON, a_job, a_result, a_row, a_step, in_a_row


def planned(job: Job, *rows: StepExecution, now: int = NOON + 20, scopes: tuple[str, ...] | None = None) -> Plan:
    return plan(job, scopes, rows, now, "seed")


def started(made: Plan) -> list[Any]:
    return [row.name if row.scope is None else (row.name, row.scope) for row in made.start]


def test_a_fresh_run_starts_its_first_step() -> None:
    assert started(planned(a_job(*in_a_row("read", "load")))) == ["read"]


def test_independent_steps_start_side_by_side() -> None:
    job = a_job(a_step("read"), a_step("fetch"), a_step("join", needs=("read", "fetch")))
    assert started(planned(job)) == ["read", "fetch"]
    assert started(planned(job, a_row("read"), a_row("fetch", StepStatus.RUNNING))) == []
    assert started(planned(job, a_row("read"), a_row("fetch"))) == ["join"]


def test_a_step_may_need_one_that_stands_later_in_the_file() -> None:
    job = a_job(a_step("last", needs=("first",)), a_step("first"))
    assert started(planned(job)) == ["first"]
    assert started(planned(job, a_row("first"))) == ["last"]


def test_the_verdict_comes_when_every_step_is_settled() -> None:
    made = planned(a_job(*in_a_row("read", "load")), a_row("read"), a_row("load", result=a_result("28")))
    assert made.verdict == Done(ExitStatus("OK", ""), a_result("28"))


def test_the_result_is_that_of_the_last_step_in_file_order_that_returned_one() -> None:
    job = a_job(*in_a_row("read", "load", "tidy"))
    made = planned(job, a_row("read", result=a_result("1")), a_row("load", result=a_result("2")), a_row("tidy"))
    assert isinstance(made.verdict, Done)
    assert made.verdict.result == a_result("2")


def test_what_needs_a_failed_step_never_runs_and_the_run_fails() -> None:
    job = a_job(*in_a_row("read", "load", "tidy"))
    made = planned(job, a_row("read"), a_row("load", StepStatus.FAILED))
    assert isinstance(made.verdict, Broken)
    assert made.verdict.error.step == "load"
    after = outlook(job, None, [a_row("read"), a_row("load", StepStatus.FAILED)], ended=True)
    assert [row.status for row in after] == [StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED]


def test_an_independent_branch_goes_on_after_a_failure() -> None:
    job = a_job(a_step("left"), a_step("right"), a_step("end", needs=("right",)))
    rows = [a_row("left", StepStatus.FAILED), a_row("right")]
    assert started(planned(job, *rows)) == ["end"]
    assert isinstance(planned(job, *rows, a_row("end")).verdict, Broken)


def test_the_first_failure_in_time_gives_the_code() -> None:
    job = a_job(a_step("left"), a_step("right"))
    late = a_row("left", StepStatus.FAILED, ended_at=NOON + 90, error=Error(code="LATE", detail="late", step="left"))
    early = a_row("right", StepStatus.FAILED, ended_at=NOON + 30, error=Error(code="EARLY", detail="no", step="right"))
    verdict = planned(job, late, early).verdict
    assert isinstance(verdict, Broken)
    assert verdict.error.code == "EARLY"


def test_a_failure_that_may_be_passed_over_makes_it_warn() -> None:
    job = a_job(a_step("read", continue_on_error=True), a_step("load", needs=("read",)))
    assert started(planned(job, a_row("read", StepStatus.FAILED))) == ["load"]
    verdict = planned(job, a_row("read", StepStatus.FAILED), a_row("load")).verdict
    assert isinstance(verdict, Done)
    assert verdict.exit_status.code == "WARN"


def test_a_step_that_says_warn_makes_the_run_warn_with_the_last_message() -> None:
    job = a_job(*in_a_row("read", "load"))
    said = a_row("read", exit_status=ExitStatus("WARN", "3 rows left out"))
    verdict = planned(job, said, a_row("load", ended_at=NOON + 90)).verdict
    assert verdict == Done(ExitStatus("WARN", "3 rows left out"), None)


@pytest.mark.parametrize(
    ("read", "runs"),
    [(StepStatus.FAILED, ["undo", "always"]), (StepStatus.SUCCEEDED, ["load"])],
    ids=["after a failure", "after a success"],
)
def test_when_says_after_which_end_a_step_runs(read: StepStatus, runs: list[str]) -> None:
    job = a_job(
        a_step("read"),
        a_step("load", needs=("read",)),
        a_step("undo", needs=("load",), when=When.FAILED),
        a_step("always", needs=("load",), when=When.ALWAYS),
    )
    assert started(planned(job, a_row("read", read))) == runs


def test_a_step_for_failures_is_passed_over_quietly_when_nothing_failed() -> None:
    job = a_job(a_step("read"), a_step("undo", needs=("read",), when=When.FAILED), a_step("end", needs=("undo",)))
    assert started(planned(job, a_row("read"))) == ["end"]
    assert isinstance(planned(job, a_row("read"), a_row("end")).verdict, Done)


def test_a_failed_step_waits_and_is_tried_again_until_its_attempts_are_used() -> None:
    job = a_job(a_step("read", retry=Retry(attempts=2, delay_ms=1_000)))
    failed = a_row("read", StepStatus.FAILED)
    (waiting,) = planned(job, failed).wait
    assert waiting.attempt == 2
    assert waiting.not_before is not None
    assert 900 <= waiting.not_before - (NOON + 10) <= 1_100
    assert started(planned(job, failed, waiting, now=waiting.not_before - 1)) == []
    (again,) = planned(job, failed, waiting, now=waiting.not_before).start
    assert (again.attempt, again.status) == (2, StepStatus.RUNNING)
    assert isinstance(planned(job, failed, a_row("read", StepStatus.FAILED, attempt=2)).verdict, Broken)


def test_back_off_grows_and_is_capped() -> None:
    job = a_job(a_step("read", retry=Retry(attempts=9, delay_ms=1_000, factor=10, max_ms=5_000)))
    rows = [a_row("read", StepStatus.FAILED, attempt=n) for n in (1, 2, 3)]
    (waiting,) = planned(job, *rows).wait
    assert waiting.not_before == NOON + 10 + 5_000


def test_a_step_that_ran_out_of_time_is_not_tried_again() -> None:
    job = a_job(a_step("read", retry=Retry(attempts=5)))
    late = a_row("read", StepStatus.FAILED, error=Error(code="TIMEOUT", detail="late", step="read"))
    assert isinstance(planned(job, late).verdict, Broken)


def test_a_wait_never_reaches_past_the_time_limit_of_the_step() -> None:
    job = a_job(a_step("read", timeout_ms=500, retry=Retry(attempts=5, delay_ms=60_000)))
    (waiting,) = planned(job, a_row("read", StepStatus.FAILED)).wait
    assert waiting.not_before == NOON + 500


def test_scopes_run_in_their_order_as_many_at_once_as_allowed() -> None:
    job = a_job(a_step("load", for_each="scopes", at_once=2), scopes=("EU", "NA", "AS"))
    assert started(planned(job)) == [("load", "EU"), ("load", "NA")]
    assert started(planned(job, a_row("load", scope="EU"), a_row("load", StepStatus.RUNNING, scope="NA"))) == [
        ("load", "AS")
    ]
    assert started(planned(job, scopes=("AS",))) == [("load", "AS")]


def test_a_failed_scope_ends_the_step_unless_it_may_go_on() -> None:
    job = a_job(a_step("load", for_each=("EU", "NA")))
    assert isinstance(planned(job, a_row("load", StepStatus.FAILED, scope="EU")).verdict, Broken)
    lenient = a_job(a_step("load", for_each=("EU", "NA"), continue_on_error=True))
    assert started(planned(lenient, a_row("load", StepStatus.FAILED, scope="EU"))) == [("load", "NA")]


def test_the_step_after_scopes_waits_for_all_of_them() -> None:
    job = a_job(a_step("load", for_each=("EU", "NA")), a_step("end", needs=("load",)))
    assert started(planned(job, a_row("load", scope="EU"))) == [("load", "NA")]
    assert started(planned(job, a_row("load", scope="EU"), a_row("load", scope="NA"))) == ["end"]


def test_a_lost_step_is_run_again_passed_over_or_ends_the_run_as_it_says() -> None:
    lost = a_row("read", StepStatus.LOST)
    again = planned(a_job(a_step("read", on_lost=OnLost.RERUN)), lost)
    assert [(row.name, row.attempt) for row in again.start] == [("read", 2)]
    passed = a_job(a_step("read", on_lost=OnLost.SKIP), a_step("load", needs=("read",)))
    assert started(planned(passed, lost)) == ["load"]
    verdict = planned(a_job(a_step("read"), a_step("other")), lost, a_row("other", StepStatus.RUNNING)).verdict
    assert isinstance(verdict, Unknown)


def test_a_lost_attempt_does_not_count_as_a_failed_one() -> None:
    job = a_job(a_step("read", on_lost=OnLost.RERUN, retry=Retry(attempts=2)))
    rows = [a_row("read", StepStatus.LOST), a_row("read", StepStatus.FAILED, attempt=2)]
    assert [row.attempt for row in planned(job, *rows).wait] == [3]


def test_reused_steps_count_as_done() -> None:
    job = a_job(*in_a_row("read", "load"))
    assert started(planned(job, a_row("read", StepStatus.REUSED))) == ["load"]


def test_steps_inside_a_python_job_are_listed_but_not_planned() -> None:
    job = a_job(a_step("main"))
    rows = [a_row("main", StepStatus.RUNNING), a_row("read#2", inner=True)]
    assert planned(job, *rows) == Plan()
    assert [row.name for row in outlook(job, None, rows, ended=False)] == ["main", "read#2"]


def test_the_outlook_shows_what_is_still_to_come() -> None:
    job = a_job(a_step("read"), a_step("load", needs=("read",), for_each=("EU", "NA")))
    ahead = outlook(job, None, [a_row("read", StepStatus.RUNNING)], ended=False)
    assert [(row.name, row.scope, row.status) for row in ahead] == [
        ("read", None, StepStatus.RUNNING),
        ("load", "EU", StepStatus.PENDING),
        ("load", "NA", StepStatus.PENDING),
    ]


def test_the_same_history_always_gives_the_same_plan() -> None:
    job = a_job(a_step("read", retry=Retry(attempts=3)))
    failed = a_row("read", StepStatus.FAILED)
    assert planned(job, failed) == planned(job, failed)
    assert plan(job, None, [failed], NOON, "one") != plan(job, None, [failed], NOON, "two")


@pytest.mark.parametrize(
    ("inner", "goes_on"),
    [((OnLost.RERUN,), True), ((OnLost.SKIP,), True), ((OnLost.RERUN, OnLost.FAIL), False), ((), False)],
    ids=["may run again", "may be skipped", "one must not", "lost between its steps"],
)
def test_the_steps_inside_a_python_job_say_what_its_loss_means(inner: tuple[OnLost, ...], goes_on: bool) -> None:
    job = a_job(a_step("main"))
    rows = [a_row(f"part#{n}", StepStatus.LOST, inner=True, on_lost=on_lost) for n, on_lost in enumerate(inner)]
    earlier = a_row("old", StepStatus.LOST, inner=True, on_lost=OnLost.FAIL, ended_at=NOON + 5)
    made = planned(job, a_row("main", StepStatus.LOST), earlier, *rows)
    assert [(row.name, row.attempt) for row in made.start] == ([("main", 2)] if goes_on else [])
    assert isinstance(made.verdict, Unknown) is not goes_on


def test_whoever_was_asked_may_ask_for_a_longer_wait_than_the_retry_has() -> None:
    job = a_job(a_step("call", retry=Retry(attempts=3, delay_ms=1_000, max_ms=5_000)))
    for asked, least, most in ((60_000, 60_000, 60_000), (10, 800, 1_200), (None, 800, 1_200)):
        failed = a_row(
            "call", StepStatus.FAILED, error=Error(code="ERROR", detail="busy", again_in_ms=asked), ended_at=NOON
        )
        (waiting,) = planned(job, failed).wait
        assert waiting.not_before is not None
        assert least <= waiting.not_before - NOON <= most
