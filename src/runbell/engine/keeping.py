"""What steps hand back for `keep` parameters: held against the parameter's own rules, gathered for the verdict."""

from collections.abc import Iterable
from typing import Any

from msgspec import structs

from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.execution import Error, StepExecution
from runbell.domain.job import Job
from runbell.domain.outcome import Failed, Succeeded
from runbell.domain.parameters_values import Unfit, check_value
from runbell.domain.status import ERROR, StepStatus
from runbell.engine.flight import Landed


def checked(job: Job, row: StepExecution, landed: Landed) -> Landed:
    """The outcome with coerced values; a value that does not fit its parameter fails the step."""
    if not isinstance(landed, Succeeded) or not landed.keep:
        return landed
    step = job.step(row.name)
    declared = {parameter.name: parameter for parameter in job.parameters if parameter.keep}
    values: dict[str, Any] = {}
    for name, value in landed.keep.items():
        parameter = declared.get(name)
        if parameter is None:
            if step is not None and step.frame is not None:
                continue  # it belongs to the included job, whose own executions keep it
            hint = did_you_mean(name, declared)
            return _refused(f"The step hands back {name}, but the job has no such parameter with `keep: true`{hint}.")
        try:
            values[name] = check_value(parameter, value)
        except Unfit as unfit:
            return _refused(f"The step hands back a value for {name} that does not fit: {unfit.detail}.")
    return structs.replace(landed, keep=values or None)


def handed_back(rows: Iterable[StepExecution]) -> dict[str, Any] | None:
    """What all finished steps hand back; of two values for one parameter the later one."""
    found: dict[str, Any] = {}
    keeping = [row for row in rows if row.keep and row.status in (StepStatus.SUCCEEDED, StepStatus.REUSED)]
    for row in sorted(keeping, key=lambda row: row.ended_at or 0):
        found |= row.keep or {}
    return found or None


def _refused(said: str) -> Failed:
    return Failed(Error(code=ERROR, detail=said.replace("?.", "?")))
