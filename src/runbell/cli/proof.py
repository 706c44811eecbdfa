"""What came of a stop, in one sentence."""

from typing import TYPE_CHECKING

from runbell.cli.phrases import between, count, moment

if TYPE_CHECKING:
    from runbell.client import StopReport


def proof_sentence(job: str, number: int, report: "StopReport") -> str:
    """Who is gone since when, and what it took; or why there was nothing to end."""
    which = f"{job} {number}"
    if report.outcome == "already_finished":
        return f"{which} had ended before: {report.status}."
    if report.outcome == "discarded":
        return f"{which} is discarded: it had not begun, and never will."
    if report.outcome == "pending":
        return _pending(which, report)
    gone = moment(report.process_gone_at)
    when = f" at {gone.astimezone():%H:%M:%S}" if gone else ""
    took = f", {between(report.requested_at, report.process_gone_at)} after the request" if gone else ""
    how = "by force" if report.forced_at else "in good order" if report.signalled_at else "with nothing left to end"
    return f"{which} is stopped: its last process was seen gone{when}{took}, {how}."


def _pending(which: str, report: "StopReport") -> str:
    if report.survivors:
        alive = count(report.survivors, "process", "processes")
        return f"{which} is still stopping: {alive} outlived every signal; look at the machine that runs it."
    deadline = moment(report.deadline_at)
    until = f" by {deadline.astimezone():%H:%M:%S}" if deadline else ""
    return f"{which} was asked to stop and will be gone{until}."
