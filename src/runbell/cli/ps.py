"""`runbell ps`: executions, newest first."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from runbell.cli.filters import (
    AcceptedBefore,
    AcceptedFrom,
    Beginning,
    OfJob,
    StartedBy,
    Statuses,
    Tagged,
    WithValue,
    filters,
)
from runbell.cli.output import cell, note, put, put_table
from runbell.cli.phrases import ago, between, duration
from runbell.cli.reaching import HERE, Common
from runbell.cli.terminal import status_word

if TYPE_CHECKING:
    from runbell.client import ExecutionItem

TITLES = ("NUMBER", "JOB", "STATUS", "EXIT", "BY", "CREATED", "TOOK", "KEY")
LIVE = "scheduled,queued,running,stopping"


def ps(
    *,
    status: Statuses = None,
    live: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    job: OfJob = None,
    trigger: StartedBy = None,
    tag: Tagged = None,
    param: WithValue = None,
    q: Beginning = None,
    since: AcceptedFrom = None,
    before: AcceptedBefore = None,
    limit: Annotated[int, Parameter(name=("--limit", "-n"))] = 20,
    common: Common = HERE,
) -> int:
    """List executions, newest first.

    Parameters
    ----------
    live
        Only those that have not ended.
    limit
        At most so many.
    """
    times = filters(since=since, before=before)
    with common.client() as client:
        wanted = client.executions(
            status=LIVE if live else status,
            job=job,
            trigger=trigger,
            tag=tag,
            q=q,
            created_from=times.get("created_at.gte"),
            created_before=times.get("created_at.lt"),
            limit=max(1, min(limit + 1, 1_000)),
            params={name.removeprefix("params."): value for name, value in filters(param=param).items()},
        )
        found = list(islice(wanted, limit + 1))
    shown = found[:limit]

    def people() -> None:
        put_table(TITLES, map(_row, shown), "No executions.")
        if len(found) > limit:
            note(f"There are more: add --limit {limit * 5}")

    put(common.form, shown, people)
    return 0


def _row(one: "ExecutionItem") -> tuple[str, ...]:
    took = duration(one.duration_ms) if one.ended else between(one.started_at, _now())
    by = one.trigger.kind if one.trigger else ""
    code = one.exit_status.code if one.exit_status else None
    return (
        str(one.number),
        cell(one.job),
        status_word(one.status),
        cell(code),
        by,
        ago(one.created_at),
        took,
        cell(one.key),
    )


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat()
