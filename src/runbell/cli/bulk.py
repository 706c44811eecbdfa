"""`runbell bulk`: stop, rerun, restart or delete everything that a filter names."""

import sys
import time
from typing import TYPE_CHECKING, Annotated, Literal

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
from runbell.cli.phrases import ago, count
from runbell.cli.reaching import HERE, Common
from runbell.cli.terminal import status_word
from runbell.cli.trouble import USAGE, Refusal

if TYPE_CHECKING:
    from runbell.client import Bulk, BulkPreview, Client

LOOK_S = 0.5
SHOWN = 20


def bulk(
    action: Literal["stop", "rerun", "restart", "delete"],
    /,
    *,
    status: Statuses = None,
    job: OfJob = None,
    trigger: StartedBy = None,
    tag: Tagged = None,
    param: WithValue = None,
    q: Beginning = None,
    since: AcceptedFrom = None,
    before: AcceptedBefore = None,
    dry_run: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    yes: Annotated[bool, Parameter(name=("--yes", "-y"), negative="", show_default=False)] = False,
    reason: str = "",
    common: Common = HERE,
) -> int:
    """Do one thing to everything that a filter names now, and wait until it is done.

    Parameters
    ----------
    action
        stop, rerun, restart or delete.
    dry_run
        Only say what it would be about.
    yes
        Do not ask.
    reason
        Why; kept with what is stopped.
    """
    wanted = filters(status=status, job=job, trigger=trigger, tag=tag, param=param, q=q, since=since, before=before)
    if not wanted:
        raise Refusal("A bulk needs at least one filter.", then="Try: runbell bulk --help", code=USAGE)
    with common.client() as client:
        preview = client.preview_bulk(action, wanted)
        if dry_run:
            put(common.form, preview, lambda: _show(preview))
            return 0
        if not yes and not _agreed(action, preview):
            return 1
        done = _watched(client, client.bulk(action, wanted, reason=reason))
        refused = [one for one in client.bulk_items(done.id) if one.outcome == "refused"] if done.refused else []
    put(common.form, done, lambda: print(f"{action}: {done.done} done, {done.refused} of them refused ({done.id})"))
    for one in refused[:SHOWN]:
        note(f"  {one.number}: {one.detail}")
    return 0 if not done.refused else 1


def _watched(client: "Client", bulk: "Bulk") -> "Bulk":
    while bulk.ended_at is None:
        time.sleep(LOOK_S)
        bulk = client.bulk_status(bulk.id)
    return bulk


def _agreed(action: str, preview: "BulkPreview") -> bool:
    if not preview.count:
        note("No executions.")
        return False
    if not sys.stdin.isatty():
        raise Refusal(f"This would {action} {count(preview.count, 'execution')}; say --yes to do it.", code=USAGE)
    _show(preview)
    note(f"{action} {count(preview.count, 'execution')}? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _show(preview: "BulkPreview") -> None:
    rows = ((str(one.number), cell(one.job), status_word(one.status), ago(one.created_at)) for one in preview.sample)
    put_table(("NUMBER", "JOB", "STATUS", "CREATED"), rows, "No executions.")
    more = "at least " if preview.count_is != "exact" else ""
    note(f"{preview.action}: {more}{count(preview.count, 'execution')}.")
