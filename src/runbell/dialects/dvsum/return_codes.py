"""The return code of the older synchronous call: how many exception records a rule may have, and what comes of it.

https://dvsum.zendesk.com/hc/en-us/articles/360006820634-Integrating-Rules-into-batch-workflow. "Fewer than the lower
bound" can never hold with the vendor's own example of a lower bound of 0; so no exceptions are always good.
"""

from collections.abc import Iterable
from typing import Any, Final

from runbell.dialects.dvsum.wire import Rule, RunJobReply, latest_of, rule
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.job import Job
from runbell.domain.status import Status

GOOD: Final = 0
DOUBTFUL: Final = -1
BAD: Final = -2


def of_rule(exceptions: int, bounds: dict[str, Any] | None) -> int:
    """The code for so many exception records under the bounds of a step's `rule`, if it has any."""
    lower, upper = (bounds or {}).get("lower"), (bounds or {}).get("upper")
    if exceptions == 0 or (lower is not None and exceptions < lower):
        return GOOD
    return BAD if upper is not None and exceptions > upper else DOUBTFUL


def run_job_reply(execution: Execution, job: Job, steps: Iterable[StepExecution]) -> RunJobReply:
    """The worst code of all rules; an execution, or a rule, that did not succeed is bad whatever it counted."""
    latest = latest_of(steps)
    rules = [rule(step, job) for step in latest]
    codes = [_code(told, job, step) for told, step in zip(rules, latest, strict=True)]
    code = min(codes, default=GOOD) if execution.status is Status.SUCCEEDED else BAD
    remark = "; ".join(f"{told.rule_name}: {told.message or told.rule_status}" for told in rules)
    return RunJobReply(return_code=code, return_remark=remark, execution_id=execution.number)  # type: ignore[arg-type]


def _code(told: Rule, job: Job, step: StepExecution) -> int:
    if told.rule_status in {"Failed", "Invalid"}:
        return BAD
    declared = job.step_at(step.name, step.scope)
    return of_rule(told.exception_count, declared.rule if declared is not None else None)
