"""`runbell result`: what an execution has handed back."""

from http import HTTPStatus

from runbell.cli.completing import ExecutionName
from runbell.cli.ending import exit_code
from runbell.cli.naming import execution_named
from runbell.cli.output import note, put
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import NOT_FOUND


def result(execution: ExecutionName, /, *, common: Common = HERE) -> int:
    """Print the result of an execution, as JSON whatever its size; the exit code mirrors how it ended."""
    from runbell.client import ProblemError

    with common.client() as client:
        one = client.execution(execution_named(client, execution))
        if not one.ended:
            note(f"{one.job} {one.number} is {one.status}. Wait for it: runbell logs {one.number} -f")
            return NOT_FOUND
        try:
            value = one.result if one.result is not None else client.result(one.id)
        except ProblemError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            value = None
    if value is None:
        note(f"{one.job} {one.number} handed nothing back.")
    else:
        put("json" if common.form == "table" else common.form, value, lambda: None)
    return exit_code(one)
