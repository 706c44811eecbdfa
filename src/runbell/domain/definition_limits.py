"""The `limits` and the `retention` of a definition."""

from enum import StrEnum
from typing import Final

from runbell.domain.definition_members import Members
from runbell.domain.job import Limits, Retention, WhenFull

MOST: Final = 1_000_000


class _WhenPaused(StrEnum):
    HOLD = "hold"
    REJECT = "reject"


def read_limits(job: Members) -> Limits:
    """How much of the job may happen at once, and for how long."""
    known = ("running", "when_full", "start_by", "timeout", "grace", "priority", "log", "when_paused")
    limits, default = job.inner("limits", known), Limits()
    paused = limits.choice("when_paused", _WhenPaused.HOLD, _WhenPaused)
    return Limits(
        running=limits.whole("running", None, least=1, most=MOST),
        when_full=limits.choice("when_full", None, WhenFull),
        start_by_ms=limits.duration("start_by", default.start_by_ms),
        timeout_ms=limits.duration("timeout", None),
        grace_ms=limits.duration("grace", default.grace_ms, least=0),
        priority=limits.whole("priority", 0, least=-MOST, most=MOST),
        log_bytes=limits.size("log", default.log_bytes, least=1 << 10),
        when_paused="hold" if paused is _WhenPaused.HOLD else "reject",
    )


def read_retention(job: Members) -> Retention:
    """How long what a run leaves is kept."""
    retention, default = job.inner("retention", ("executions", "logs", "data", "count")), Retention()
    return Retention(
        executions_ms=retention.duration("executions", default.executions_ms),
        logs_ms=retention.duration("logs", default.logs_ms),
        data_ms=retention.duration("data", default.data_ms),
        count=retention.whole("count", None, least=1, most=1_000 * MOST),
    )
