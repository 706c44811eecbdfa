"""How a person names an execution or a job, and what is said when there is none of that name."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from runbell.cli.trouble import NOT_FOUND, Refusal
from runbell.domain.did_you_mean import did_you_mean

if TYPE_CHECKING:
    from runbell.client import Client


def execution_named(client: "Client", text: str) -> str:
    """The reference for a number, an id (`run_…`), `key:KEY`, a bare key, or `@last`. Raises Refusal."""
    if text == "@last":
        newest = next(iter(client.executions(limit=1)), None)
        if newest is None:
            raise Refusal("Nothing was run on this server yet.", then="Try: runbell jobs ls", code=NOT_FOUND)
        return newest.id
    if text.isdigit() or text.startswith(("run_", "key:")):
        return text
    return f"key:{text}"


@contextmanager
def job_named(client: "Client", name: str) -> Iterator[None]:
    """Inside, an answer that there is no such job becomes a Refusal that names the nearest one."""
    from runbell.client import ProblemError

    try:
        yield
    except ProblemError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        known = [job.name for job in client.jobs() if job.retired_at is None]
        if name in known:
            raise  # something else is not there
        hint = did_you_mean(name, known)
        said = f"There is no job {name}{hint}." if not hint else f"There is no job {name}{hint}"
        raise Refusal(said, then="Try: runbell jobs ls", code=NOT_FOUND) from None
