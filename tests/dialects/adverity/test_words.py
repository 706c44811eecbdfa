"""Every status has a state, and every fault a refusal, in the vendor's words."""

from pathlib import Path

import pytest
from msgspec import structs

from runbell.dialects.adverity import moments
from runbell.dialects.adverity.faults import RULES, Worded
from runbell.dialects.adverity.options import Options
from runbell.dialects.adverity.wire import duration, slug
from runbell.dialects.adverity.words import STATE, STATES, state
from runbell.domain.execution import Execution, Stop
from runbell.domain.fault import Fault
from runbell.domain.faults import FAULTS
from runbell.domain.lifecycle import TAKES_ITS_PLACE
from runbell.domain.status import TERMINAL, DiscardReason, Status
from tests.builders import an_execution
from tests.dialects.adverity.visit import a_visit

PLAIN = Options()


def stopped(by: str, reason: str = "") -> Execution:
    stop = Stop(mode="graceful", reason=reason, requested_by=by, requested_at=0, deadline_at=0)
    return structs.replace(an_execution(), status=Status.STOPPED, stop=stop)


def test_every_status_has_a_state_and_every_fault_a_rule() -> None:
    assert set(STATE) == set(Status)
    assert set(RULES) == {fault.code for fault in FAULTS}
    assert [(one.number, one.label) for one in STATES] == [
        (0, "Scheduled"), (1, "Running"), (2, "Success"), (3, "Cancelled"), (4, "Failed"), (5, "Discarded"),
        (6, "Stale"),
    ]  # fmt: skip


def test_our_own_refusals_are_faults_of_the_house() -> None:
    known = {fault.code for fault in FAULTS}
    assert Worded not in FAULTS
    assert all(issubclass(one, Fault) and one.code in known for one in Worded.__subclasses__())


@pytest.mark.parametrize(
    ("status", "number", "label", "color"),
    [
        (Status.SCHEDULED, 0, "Scheduled", "blue"),
        (Status.QUEUED, 0, "Scheduled", "blue"),
        (Status.RUNNING, 1, "Running", "orange"),
        (Status.STOPPING, 1, "Running", "orange"),
        (Status.SUCCEEDED, 2, "Success", "green"),
        (Status.STOPPED, 3, "Cancelled", "gray"),
        (Status.FAILED, 4, "Failed", "red"),
        (Status.DISCARDED, 5, "Discarded", "gray"),
        (Status.LOST, 4, "Failed", "red"),
    ],
)
def test_the_word_of_a_status(status: Status, number: int, label: str, color: str) -> None:
    found = state(structs.replace(an_execution(), status=status), PLAIN)
    assert (found.number, found.label, found.color) == (number, label, color)
    assert (found.label.upper() in {"SUCCESS", "FAILED", "CANCELLED", "DISCARDED"}) == (status in TERMINAL)


@pytest.mark.parametrize("by", ["key:admin", "client:etl", "user:ann"])
def test_a_stop_that_somebody_asked_for_ends_as_discarded_or_as_the_administrator_says(by: str) -> None:
    assert state(stopped(by), PLAIN).label == "Discarded"
    assert state(stopped(by), Options(manual_stop_label="Cancelled")).label == "Cancelled"


def test_a_stop_that_nobody_asked_for_ends_as_cancelled() -> None:
    assert state(stopped("key:admin", TAKES_ITS_PLACE), PLAIN).label == "Cancelled"
    assert state(stopped("runbell"), PLAIN).label == "Cancelled"


def test_whatever_was_discarded_is_discarded_unless_it_was_stopped_and_the_administrator_says_cancelled() -> None:
    for reason in DiscardReason:
        gone = structs.replace(an_execution(), status=Status.DISCARDED, discard_reason=reason)
        assert state(gone, PLAIN).label == "Discarded"
        by_hand = reason is DiscardReason.STOPPED
        assert state(gone, Options(manual_stop_label="Cancelled")).label == ("Cancelled" if by_hand else "Discarded")


def test_stale_is_said_only_when_the_administrator_says_so() -> None:
    lost = structs.replace(an_execution(), status=Status.LOST)
    assert state(lost, PLAIN).label == "Failed"
    assert (state(lost, Options(use_stale=True)).number, state(lost, Options(use_stale=True)).label) == (6, "Stale")


def test_durations_leave_out_leading_units() -> None:
    assert [duration(ms) for ms in (0, 999, 3_000, 125_000, 3_607_000, -5)] == [
        "0s", "0s", "3s", "2m 5s", "1h 0m 7s", "0s",
    ]  # fmt: skip


def test_slugs_are_lower_case_with_hyphens() -> None:
    assert [slug(name) for name in ("Ads_North.1", "ads--north", "Ads")] == ["ads-north-1", "ads-north", "ads"]


@pytest.mark.anyio
async def test_an_unknown_option_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stale_use"):
        async with a_visit(tmp_path, stale_use="true"):
            pass


@pytest.mark.parametrize(("milliseconds", "shown"), [
    (-62_135_596_800_000 - 18_000_000, "0001-01-01T00:00:00Z"), (253_402_300_799_999 + 1, "9999-12-31T23:59:59Z"),
    (999, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
])  # fmt: skip
def test_any_moment_can_be_shown(milliseconds: int, shown: str) -> None:
    assert moments.text(milliseconds) == shown
