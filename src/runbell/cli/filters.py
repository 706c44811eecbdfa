"""The filters that a person types, by the names that the API has for them."""

from typing import Annotated

from cyclopts import Parameter

from runbell.cli.completing import JobName
from runbell.cli.times import moment
from runbell.cli.trouble import USAGE, Refusal

_STATUSES = "scheduled queued running stopping succeeded failed stopped discarded lost"
Statuses = Annotated[
    str | None, Parameter(name=("--status", "-s"), help=f"Only these, separated by commas: {_STATUSES}.")
]
OfJob = Annotated[JobName | None, Parameter(name=("--job", "-j"), help="Only executions of this job.")]
StartedBy = Annotated[
    str | None, Parameter(help="Only those started this way: api, cli, console, schedule, job, rerun, restart.")
]
Tagged = Annotated[str | None, Parameter(help="Only those with this tag.")]
WithValue = Annotated[
    list[str] | None,
    Parameter(
        name=("--param", "-p"), negative="",
        help="Only those with this value of an indexed parameter: NAME=VALUE.",
    ),
]  # fmt: skip
Beginning = Annotated[str | None, Parameter(help="A number, or what an id, a key or a job's name begins with.")]
AcceptedFrom = Annotated[
    str | None,
    Parameter(help="Accepted at this moment or later: a time (2031-04-07T02:00:00Z), or so long ago (90s 2h 3d)."),
]
AcceptedBefore = Annotated[str | None, Parameter(help="Accepted before this moment.")]


def filters(
    *,
    status: str | None = None,
    job: str | None = None,
    trigger: str | None = None,
    tag: str | None = None,
    param: list[str] | None = None,
    q: str | None = None,
    since: str | None = None,
    before: str | None = None,
) -> dict[str, str]:
    """Those that were given. `param` are NAME=VALUE. Raises Refusal for one that is not."""
    given = {
        "status": status, "job": job, "trigger": trigger, "tag": tag, "q": q,
        "created_at.gte": None if since is None else moment("--since", since),
        "created_at.lt": None if before is None else moment("--before", before),
    }  # fmt: skip
    found = {name: value for name, value in given.items() if value is not None}
    for text in param or ():
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise Refusal(f"A parameter is NAME=VALUE, not {text}.", then="Try: --param day=2031-04-07", code=USAGE)
        found[f"params.{name}"] = value
    return found
