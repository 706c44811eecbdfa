"""What thresholds make of exception records, and how a check tells of them."""

import pytest

from runbell.domain.check import Blanks, Finding, Threshold, judged, reached, told, worst

BLANK = Blanks(name="email-blanks", columns=("email",), warn="5%", fail=100)


@pytest.mark.parametrize(
    ("threshold", "count", "rows", "is_reached"),
    [
        (None, 10, 10, False), (1, 0, 10, False), (1, 1, 10, True), (5, 4, None, False), (5, 5, None, True),
        ("5%", 4, 100, False), ("5%", 5, 100, True), ("0.1%", 1, 1_000, True), ("0.1%", 1, 1_001, False),
        ("100%", 10, 10, True), ("0%", 0, 10, False), ("5%", 0, 0, False),
    ],
)  # fmt: skip
def test_a_threshold_is_reached_from_there_on(
    threshold: Threshold | None, count: int, rows: int | None, is_reached: bool
) -> None:
    assert reached(threshold, count, rows) is is_reached


def test_fail_comes_before_warn_and_below_both_a_rule_is_ok_with_its_records() -> None:
    assert [judged(BLANK, count, 1_000).status for count in (0, 49, 50, 99, 100)] == [
        "OK", "OK", "WARN", "WARN", "FAILED",
    ]  # fmt: skip


def test_the_worst_rule_decides() -> None:
    found = [judged(BLANK, count, 1_000) for count in (0, 50, 100)]
    assert [worst(found[:count]) for count in (0, 1, 2, 3)] == ["OK", "OK", "WARN", "FAILED"]


def test_one_rule_is_told_in_few_words_and_several_with_their_names_the_worst_first() -> None:
    one = judged(BLANK, 25_012, 90_000)
    assert told((one,)) == "25012 of 90000 rows"
    rows = Finding(name="rows", type="row_count", status="WARN", count=1, measured=3, reason="3 rows, fewer than 5")
    fine = judged(BLANK, 0, 90_000)
    assert told((fine, rows, one)) == (
        "3 rules, 25013 exception records: email-blanks 25012 of 90000 rows; rows 3 rows, fewer than 5"
    )
    assert told((fine, fine)) == "2 rules, 0 exception records"
