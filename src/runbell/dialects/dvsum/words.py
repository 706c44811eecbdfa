"""The house's words in DvSum's, and what a rule is said to have come to. Total: a test walks every status.

Rule statuses: https://dvsum.zendesk.com/hc/en-us/articles/203082320-Validation-Rule-Reference-Information
"""

from collections.abc import Iterable
from typing import Final

from runbell.domain.actions import Task
from runbell.domain.job import Step
from runbell.domain.status import NOT_STARTED, Status, StepStatus

STATUS: Final = {
    Status.SCHEDULED: "Scheduled",
    Status.QUEUED: "Queued",
    Status.RUNNING: "Running",
    Status.STOPPING: "Stopping",
    Status.SUCCEEDED: "Completed",
    Status.FAILED: "Failed",
    Status.STOPPED: "Stopped",
    Status.DISCARDED: "Discarded",
    Status.LOST: "Failed",
}
EXIT_CODE: Final = {
    Status.SCHEDULED: None,
    Status.QUEUED: None,
    Status.RUNNING: None,
    Status.STOPPING: None,
    Status.SUCCEEDED: "OK",
    Status.FAILED: "ERROR",
    Status.STOPPED: "STOPPED",
    Status.DISCARDED: "DISCARDED",
    Status.LOST: "LOST",
}
"""The exit code of an execution that says none itself."""
ITS_OWN: Final = frozenset({Status.SUCCEEDED, Status.FAILED, Status.STOPPED})
"""Where an execution may say its exit code itself."""
RULE_STATUS: Final = {
    StepStatus.PENDING: "Valid",
    StepStatus.RUNNING: "Running",
    StepStatus.WAITING: "Running",
    StepStatus.SUCCEEDED: "Passed",
    StepStatus.REUSED: "Passed",
    StepStatus.FAILED: "Failed",
    StepStatus.STOPPED: "Failed",
    StepStatus.LOST: "Failed",
    StepStatus.SKIPPED: "Valid",
}
TRIGGER_TYPE: Final = {
    "api": "API",
    "schedule": "SCHEDULE",
    "console": "MANUAL",
    "cli": "MANUAL",
    "rerun": "MANUAL",
    "restart": "MANUAL",
    "job": "JOB",
}
GATEWAY_TYPE: Final = {"on_prem": "ON_PREM", "cloud": "CLOUD"}

RULE_TYPES: Final = (
    "DATA FORMAT", "BLANKS", "VALUERANGE", "UNIQUENESS", "UNIQUE VALUES", "DATA ANALYSIS EXCEPTIONS", "CUSTOM QUERY",
    "COUNT", "FRESHNESS", "METRIC", "ORPHAN RECORDS", "ORPHAN KEYS", "INTEGRITY CHECK", "ADDRESS VALIDATION",
    "DOC-MATCHING", "COMPARE",
)  # fmt: skip
CHECKED: Final = {
    "blanks": "BLANKS", "unique": "UNIQUENESS", "format": "DATA FORMAT", "range": "VALUERANGE", "row_count": "COUNT",
    "freshness": "FRESHNESS", "orphans": "ORPHAN RECORDS", "query": "CUSTOM QUERY", "metric": "METRIC",
    "compare": "COMPARE",
}  # fmt: skip
"""The types of a check's rules."""
_VENDORS: Final = {
    word.lower(): word
    for word in ("Passed", "Failed", "Exception", "Invalid", "Matched", "Modified", "Committed", "Valid")
}
_ENDED: Final = frozenset(
    {StepStatus.SUCCEEDED, StepStatus.REUSED, StepStatus.FAILED, StepStatus.STOPPED, StepStatus.LOST}
)
_NEVER_RAN: Final = frozenset({StepStatus.PENDING, StepStatus.SKIPPED})
_WORST_FIRST: Final = ("Invalid", "Failed", "Exception")


def rule_status(status: StepStatus, exit_code: str | None, *, began: bool, exceptions: int = 0) -> str:
    """The word for a rule. A step may say one of the vendor's own words as its exit code."""
    if status in _ENDED and exit_code is not None and exit_code.lower() in _VENDORS:
        return _VENDORS[exit_code.lower()]
    if status is StepStatus.FAILED and (not began or exit_code == NOT_STARTED):
        return "Invalid"
    word = RULE_STATUS[status]
    return "Exception" if word == "Passed" and exceptions else word


def result(rules: Iterable[tuple[StepStatus, str]]) -> str | None:
    """The worst of the rules that ran, each its step's status and its own word; None when none ran."""
    words = {word for status, word in rules if status not in _NEVER_RAN}
    if not words:
        return None
    return next((word for word in _WORST_FIRST if word in words), "Passed")


def rule_type(said: str | None) -> str | None:
    """A rule's type in the vendor's spelling, if it is one of the vendor's; else as it was written."""
    if not said:
        return None
    return next((known for known in RULE_TYPES if known == said.upper()), said)


def type_of(step: Step | None) -> str | None:
    """The type of a step's rule: as it declares it, else that of its check, if its rules have one; else None."""
    declared = rule_type((step.rule or {}).get("type")) if step is not None else None
    if declared or step is None or not isinstance(step.action, Task) or step.action.kind != "check":
        return declared
    found = {rule["type"] for rule in step.action.body["check"]["rules"]}
    return CHECKED[found.pop()] if len(found) == 1 else None
