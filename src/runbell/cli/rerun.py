"""`runbell rerun`: a new execution that runs everything of another one again."""

from typing import Annotated, Literal

from cyclopts import Parameter

from runbell.cli.attending import STAY, Attendance, attend
from runbell.cli.completing import ExecutionName
from runbell.cli.given import read_given, settle
from runbell.cli.naming import execution_named
from runbell.cli.output import note
from runbell.cli.planning import put_plan
from runbell.cli.reaching import HERE, Common


def rerun(
    execution: ExecutionName,
    /,
    *,
    mode: Literal["exact", "current"] = "exact",
    param: Annotated[list[str] | None, Parameter(name=("--param", "-p"), negative="")] = None,
    plan: Annotated[bool, Parameter(negative="")] = False,
    attendance: Attendance = STAY,
    common: Common = HERE,
) -> int:
    """Run everything of an execution again, as a new one.

    Parameters
    ----------
    mode
        exact: the version and the inputs that it had. current: today's version of the job.
    param
        Another value for one parameter: -p name=text, or -p name:=JSON. May be repeated.
    plan
        Start nothing: say what would run, and what would be different.
    """
    attendance.seconds()
    given = read_given(param, None)
    with common.client() as client:
        ref = execution_named(client, execution)
        definition = {}
        if given.texts:
            before = client.execution(ref)
            job = client.job(before.job) if mode == "current" else client.version(before.job, before.job_version)
            definition = job.definition
        values = settle(given, definition) or None
        if plan:
            return put_plan(client.plan_rerun(ref, mode=mode, params=values), common.form)
        made = client.rerun(ref, mode=mode, params=values)
        note(f"{made.job} {made.number} runs everything of {execution} again.")
        return attend(client, made, attendance, common)
