"""What a restart takes over."""

import pytest

from runbell.domain.restart import CannotRestart, reused_steps
from runbell.domain.status import StepStatus
from tests.builders import a_job, a_row, a_step, in_a_row

CHAIN = a_job(*in_a_row("read", "load", "report"))


def names(*rows: object) -> list[tuple[str, str | None]]:
    return [(row.name, row.scope) for row in rows]  # type: ignore[attr-defined]


def test_finished_steps_are_reused_and_say_from_where() -> None:
    (kept,) = reused_steps(CHAIN, [a_row("read"), a_row("load", StepStatus.FAILED)], "abc", None)
    assert (kept.name, kept.status, kept.reused_from) == ("read", StepStatus.REUSED, "abc")


def test_a_restart_of_a_restart_names_the_execution_that_did_the_work() -> None:
    (kept,) = reused_steps(CHAIN, [a_row("read", StepStatus.REUSED, reused_from="first")], "second", None)
    assert kept.reused_from == "first"


def test_what_needs_a_step_that_runs_again_runs_again() -> None:
    rows = [a_row("read", StepStatus.FAILED), a_row("load"), a_row("report")]
    assert reused_steps(CHAIN, rows, "abc", None) == ()


def test_from_step_runs_it_and_all_that_need_it() -> None:
    rows = [a_row("read"), a_row("load"), a_row("report", StepStatus.FAILED)]
    assert names(*reused_steps(CHAIN, rows, "abc", "load")) == [("read", None)]


def test_from_step_must_exist_and_its_needs_must_be_done() -> None:
    with pytest.raises(CannotRestart, match="no step lod"):
        reused_steps(CHAIN, [a_row("read")], "abc", "lod")
    with pytest.raises(CannotRestart, match="needs load"):
        reused_steps(CHAIN, [a_row("read")], "abc", "report")


def test_a_need_that_finished_only_some_of_its_scopes_is_not_done() -> None:
    job = a_job(a_step("load", for_each=("EU", "NA", "AS")), a_step("report", needs=("load",)))
    rows = [a_row("load", scope="EU"), a_row("load", StepStatus.FAILED, scope="NA")]
    with pytest.raises(CannotRestart, match="needs load"):
        reused_steps(job, rows, "abc", "report")


def test_only_the_scopes_that_are_not_done_run_again() -> None:
    job = a_job(a_step("read"), a_step("load", needs=("read",), for_each=("EU", "NA", "AS")))
    rows = [a_row("read"), a_row("load", scope="EU"), a_row("load", StepStatus.FAILED, scope="NA")]
    assert names(*reused_steps(job, rows, "abc", None)) == [("read", None), ("load", "EU")]


def test_finished_steps_inside_a_python_job_are_kept_unless_it_is_to_run_from_its_top() -> None:
    job = a_job(a_step("main"))
    rows = [a_row("main", StepStatus.FAILED), a_row("read", inner=True), a_row("write", StepStatus.FAILED, inner=True)]
    assert names(*reused_steps(job, rows, "abc", None)) == [("read", None)]
    assert reused_steps(job, rows, "abc", "main") == ()
