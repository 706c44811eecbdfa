"""Kept parameters of a start: each takes what the last success handed back, before the first its default."""

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import UNSET

from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidField
from runbell.domain.job import Job
from runbell.domain.pointer import pointer
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord


async def handed_back(
    ports: Ports, record: JobRecord, job: Job, kept: Sequence[str], given: Collection[str]
) -> dict[str, Any]:
    """The values of the parameters in `kept` as they are now; when it begins it takes those of that moment.

    One without value and default is left out. `given`: those that the start has a value for. Raises InvalidField.
    """
    if not kept:
        return {}
    declared = {parameter.name: parameter for parameter in job.parameters if parameter.keep}
    problems = []
    for place, name in enumerate(kept):
        at = pointer("kept", place)
        if name not in declared:
            said = "the job has no such parameter with `keep: true`" + did_you_mean(name, declared)
            problems.append(Problem(at, "unknown_param", said))
        elif name in kept[:place]:
            problems.append(Problem(at, "duplicate", "is there twice; take one out"))
        elif name in given:
            problems.append(Problem(at, "duplicate", "is among `params` too; a value is given or kept, not both"))
    if problems:
        raise InvalidField("`kept` names what cannot be kept; see errors.", problems=tuple(problems))
    last = await ports.store.kept(record.number)
    values = {name: last.get(name, declared[name].default) for name in kept}
    return {name: value for name, value in values.items() if value is not UNSET}
