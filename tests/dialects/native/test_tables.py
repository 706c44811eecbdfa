"""The two tables of the native door are total: every status has a word, every fault has a number."""

from runbell.dialects.native import words
from runbell.dialects.native.faults import RULES, problem_page
from runbell.domain.faults import FAULTS
from runbell.domain.status import DiscardReason, Status, StepStatus


def test_every_status_has_one_word_of_its_own() -> None:
    for table, known in (
        (words.STATUS, Status),
        (words.STEP_STATUS, StepStatus),
        (words.DISCARD_REASON, DiscardReason),
    ):
        assert set(table) == set(known)
        assert len(set(table.values())) == len(table)


def test_every_fault_has_a_number_and_a_page_and_there_is_no_other() -> None:
    assert set(RULES) == {fault.code for fault in FAULTS}
    for code, rule in RULES.items():
        page = problem_page(code)
        assert page is not None
        assert (page.status, page.resubmit) == (rule.status, rule.resubmit)
        assert 400 <= rule.status < 600


def test_what_is_refused_before_anything_was_stored_says_when_to_come_again() -> None:
    for code, rule in RULES.items():
        assert (rule.retry_after_s is not None) == (rule.status in {429, 503, 507} or code == "idempotency_in_progress")
