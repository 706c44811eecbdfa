"""Every status and every refusal has a word."""

import inspect

import pytest

from runbell.dialects.ocapi import refusals
from runbell.dialects.ocapi.faults import NOT_THERE, OWN, RULES
from runbell.dialects.ocapi.words import ALIVE, STATUS, STEP_STATUS, VERBATIM, table
from runbell.domain.fault import Fault
from runbell.domain.faults import FAULTS
from runbell.domain.status import ExitStatus, Status, StepStatus

_EXECUTION, _STATUS = 0, 1
SHOWN = {
    Status.SCHEDULED: ("pending", "PENDING", None),
    Status.QUEUED: ("running", "RUNNING", None),
    Status.RUNNING: ("running", "RUNNING", None),
    Status.STOPPING: ("aborting", "RUNNING", None),
    Status.SUCCEEDED: ("finished", "FINE", True),
    Status.FAILED: ("finished", "ERROR", False),
    Status.STOPPED: ("aborted", "ABORTED", False),
    Status.DISCARDED: ("aborted", "DISCARDED", False),
    Status.LOST: ("aborted", "LOST", False),
}


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_words(status: Status) -> None:
    word, said = STATUS[status], table(verbatim=False, own=False).status(status, ExitStatus("FINE"))
    assert (word.execution, said, word.good) == SHOWN[status]
    assert (word.good is None) == (not status.terminal)


@pytest.mark.parametrize("status", [status for status in Status if status.terminal])
@pytest.mark.parametrize("code", sorted(ALIVE))
def test_nothing_that_has_ended_says_that_it_runs_whatever_code_it_chose(status: Status, code: str) -> None:
    for own in (False, True):
        assert table(verbatim=False, own=own).status(status, ExitStatus(code)) not in ALIVE


def test_verbatim_words_are_those_of_the_documents() -> None:
    assert set(VERBATIM) == set(Status)
    assert (VERBATIM[Status.QUEUED].execution, VERBATIM[Status.QUEUED].status) == ("pending", "PENDING")
    assert (VERBATIM[Status.STOPPING].execution, VERBATIM[Status.STOPPING].status) == ("aborting", "ABORTING")


def test_a_failed_job_shows_its_own_code_where_that_is_asked_for() -> None:
    assert table(verbatim=False, own=True).status(Status.FAILED, ExitStatus("TIMEOUT")) == "TIMEOUT"


def test_every_status_of_a_step_has_a_word_or_is_not_shown() -> None:
    assert set(STEP_STATUS) == set(StepStatus)
    assert {status for status, word in STEP_STATUS.items() if word is None} == {StepStatus.PENDING, StepStatus.SKIPPED}


def test_every_fault_of_the_house_and_of_this_door_has_a_rule() -> None:
    assert set(RULES) == {fault.code for fault in FAULTS}
    own = {
        kind for _, kind in inspect.getmembers(refusals, inspect.isclass)
        if issubclass(kind, Fault) and kind.__module__ == refusals.__name__
    }  # fmt: skip
    assert set(OWN) == own
    for kind, rule in OWN.items():
        assert rule.status == RULES[kind.code].status or kind in {refusals.JobRestart}, kind


def test_every_type_ends_as_the_vendors_do() -> None:
    for rule in (*RULES.values(), *OWN.values(), *NOT_THERE.values()):
        assert rule.type.endswith("Exception")
