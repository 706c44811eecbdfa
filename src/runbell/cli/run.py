"""`runbell run`: start a job and stay with it."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from runbell.cli.attending import STAY, Attendance, attend
from runbell.cli.completing import JobName
from runbell.cli.given import read_given, settle
from runbell.cli.naming import job_named
from runbell.cli.planning import put_plan
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import Refusal


def run(
    job: JobName,
    /,
    *,
    param: Annotated[list[str] | None, Parameter(name=("--param", "-p"), negative="")] = None,
    params_file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    kept: Annotated[list[str] | None, Parameter(negative="")] = None,
    key: str | None = None,
    idempotency_key: str | None = None,
    version: int | None = None,
    priority: int | None = None,
    tag: Annotated[list[str] | None, Parameter(negative="")] = None,
    plan: Annotated[bool, Parameter(negative="")] = False,
    attendance: Attendance = STAY,
    common: Common = HERE,
) -> int:
    """Start a job; the exit code mirrors how it ends. The result goes to stdout, everything else to stderr.

    Parameters
    ----------
    param
        One parameter: -p name=text (becomes the declared type), -p name=@file (its text, - for stdin: so secrets do not
        show in `ps`), or -p name:=JSON (-p limit:=null). May be repeated.
    params_file
        A JSON or YAML file of parameters; - reads stdin. -p wins over it.
    kept
        A parameter that takes what the last success handed back for it. May be repeated.
    key
        Your own name for this execution, unique in the project; afterwards it is found as key:NAME.
    idempotency_key
        Makes it safe to type this again: the same key finds the same execution.
    version
        Run this version of the job instead of the current one.
    priority
        Higher goes first.
    tag
        A label for the execution. May be repeated.
    plan
        Start nothing: say what the start would do.
    """
    attendance.seconds()
    _check_idempotency_key(idempotency_key)
    given = read_given(param, params_file)
    with common.client() as client, job_named(client, job):
        definition = {}
        if given.texts:
            definition = (client.job(job) if version is None else client.version(job, version)).definition
        values = settle(given, definition) or None
        if plan:
            foreseen = client.plan(
                job, values, kept=kept, key=key, idempotency_key=idempotency_key, version=version, priority=priority
            )
            return put_plan(foreseen, common.form)
        execution = client.start(
            job,
            values,
            kept=kept,
            key=key,
            idempotency_key=idempotency_key,
            version=version,
            priority=priority,
            tags=tag,
        )
        return attend(client, execution, attendance, common)


def _check_idempotency_key(key: str | None) -> None:
    """An empty one is most often a variable of a script that was not set: without a key each start is a new one."""
    from runbell.client.idempotency import quoted

    try:
        if key is not None:
            quoted(key)
    except ValueError as error:
        raise Refusal(f"--idempotency-key: {error}") from None
