"""Deadlines of a connection, by a clock that is told: headers, bodies, and callers that do not read."""

import pytest

from runbell.http.deadlines import EdgeLimits, Progress

LIMITS = EdgeLimits(headers_s=15, body_s=60, body_rate=1_024, write_s=60, sweep_s=0.5)


def test_headers_are_due_within_their_time() -> None:
    progress = Progress(100.0)
    assert not progress.overdue(114.4, LIMITS)
    assert progress.overdue(114.6, LIMITS)
    progress.headers_since = None
    assert not progress.overdue(1_000.0, LIMITS)


@pytest.mark.parametrize(("received", "closed_at"), [(0, 60), (59_000, 117), (1 << 20, 1_084)])
def test_a_body_has_its_time_and_a_second_more_per_kilobyte(received: int, closed_at: int) -> None:
    progress = Progress(0.0)
    progress.headers_since, progress.body_since, progress.received = None, 0.0, received
    assert not progress.overdue(closed_at - 1, LIMITS)
    assert progress.overdue(closed_at + 1, LIMITS)


def test_a_caller_that_does_not_read_is_given_up() -> None:
    progress = Progress(0.0)
    progress.headers_since, progress.written_since = None, 0.0
    assert not progress.overdue(59, LIMITS)
    assert progress.overdue(60, LIMITS)


def test_a_connection_that_rests_too_long_is_closed() -> None:
    progress = Progress(0.0)
    progress.headers_since, progress.idle_since = None, 0.0
    assert not progress.rested(75, LIMITS)
    assert progress.rested(75.1, LIMITS)
    progress.idle_since = None
    assert not progress.rested(1_000.0, LIMITS)
