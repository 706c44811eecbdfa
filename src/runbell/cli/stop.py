"""`runbell stop`: end an execution, and print the proof."""

from typing import Annotated

from cyclopts import Parameter

from runbell.cli.completing import ExecutionName
from runbell.cli.naming import execution_named
from runbell.cli.output import put
from runbell.cli.proof import proof_sentence
from runbell.cli.reaching import HERE, Common


def stop(
    execution: ExecutionName,
    /,
    *,
    kill: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    reason: str = "",
    no_wait: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    common: Common = HERE,
) -> int:
    """Stop an execution: everything that it started ends, and the answer is the proof.

    Parameters
    ----------
    kill
        At once, without the job's grace.
    reason
        Why; kept with the execution.
    no_wait
        Ask for it, and do not wait for the proof.
    """
    with common.client() as client:
        ref = execution_named(client, execution)
        which = client.execution(ref)
        report = client.stop(ref, kill=kill, reason=reason, wait=not no_wait)
    put(common.form, report, lambda: print(proof_sentence(which.job, which.number, report)))
    return 0
