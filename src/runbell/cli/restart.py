"""`runbell restart`: a new execution that goes on from where another one failed, was stopped or lost."""

from typing import Annotated

from cyclopts import Parameter

from runbell.cli.attending import STAY, Attendance, attend
from runbell.cli.completing import ExecutionName
from runbell.cli.naming import execution_named
from runbell.cli.output import note
from runbell.cli.planning import put_plan
from runbell.cli.reaching import HERE, Common


def restart(
    execution: ExecutionName,
    /,
    *,
    from_step: str | None = None,
    plan: Annotated[bool, Parameter(negative="")] = False,
    attendance: Attendance = STAY,
    common: Common = HERE,
) -> int:
    """Go on from where an execution failed, was stopped or lost: a new one that reuses its finished steps.

    Parameters
    ----------
    from_step
        Run this step, and all that need it, again too. Default: the first step not done.
    plan
        Start nothing: say which steps would be reused and which would run again.
    """
    attendance.seconds()
    with common.client() as client:
        ref = execution_named(client, execution)
        if plan:
            return put_plan(client.plan_restart(ref, from_step=from_step), common.form)
        made = client.restart(ref, from_step=from_step)
        reused = sum(step.status == "reused" for step in made.steps)
        note(f"{made.job} {made.number} goes on from {execution}; finished steps that it reuses: {reused}")
        return attend(client, made, attendance, common)
