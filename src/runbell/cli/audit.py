"""`runbell audit`: list, check and export the audit log."""

import re
from itertools import islice
from typing import Annotated, Final

from cyclopts import App, Parameter

from runbell.cli.inert import inert_json
from runbell.cli.output import cell, note, put, put_table
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import FAULT, Refusal

audit: Final = App(name="audit", help="List, check and export the audit log: who did, or was refused, what.")
TITLES: Final = ("AT", "ACTOR", "ACTION", "OBJECT", "OUTCOME", "PROJECT", "FROM")
_SEEN: Final = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


@audit.command
def ls(
    *,
    actor: str | None = None,
    action: str | None = None,
    object_: Annotated[str | None, Parameter(name="--object")] = None,
    denied: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    since: str | None = None,
    before: str | None = None,
    limit: Annotated[int, Parameter(name=("--limit", "-n"))] = 20,
    common: Common = HERE,
) -> int:
    """List lines of the audit log, newest first.

    Parameters
    ----------
    actor
        Only what this one did: key:NAME, client:ID, user:NAME, file, runbell.
    action
        Only this: jobs.put, executions.start, ...; of a refusal the name of the route.
    object_
        Only what was done to this: a job's name, an execution's id; of a refusal the path.
    denied
        Only what was refused.
    since
        Only at this moment or later, like 2031-04-07T00:00:00Z.
    before
        Only before this moment.
    limit
        At most so many.
    """
    with common.client() as client:
        asked = client.audit(
            actor=actor, action=action, object=object_, outcome="denied" if denied else None, since=since,
            before=before, limit=max(1, min(limit + 1, 1_000)),
        )  # fmt: skip
        found = list(islice(asked, limit + 1))
    shown = found[:limit]

    def people() -> None:
        rows = (
            (line.at, *map(cell, (line.actor, line.action, line.object, line.outcome, line.project, line.address)))
            for line in shown
        )
        put_table(TITLES, rows, "No lines.")
        if len(found) > limit:
            note(f"There are more: runbell audit ls --limit {limit * 5}")

    put(common.form, shown, people)
    return 0


@audit.command
def check(*, seen: str | None = None, common: Common = HERE) -> int:
    """Walk along the chain of the audit log; the exit code is 1 when a line was altered, added, taken out or moved.

    Parameters
    ----------
    seen
        Begin at the end of an earlier check, as it was printed: NUMBER:HASH. Nothing up to there can have been remade.
    """
    anchor = _SEEN.fullmatch(seen or "")
    if seen is not None and anchor is None:
        raise Refusal("--seen is the NUMBER:HASH that an earlier `runbell audit check` printed.")
    with common.client() as client:
        found = client.check_audit(after=int(anchor[1]), head=anchor[2]) if anchor else client.check_audit()

    def people() -> None:
        if found.intact:
            print(f"{found.lines} lines fit; the last is {found.seq}:{found.head}")
        else:
            print(f"The chain is broken at line {found.broken_at}: it, or the one before, is not what was written.")

    put(common.form, found, people)
    return 0 if found.intact else FAULT


@audit.command
def export(*, after: int | None = None, common: Common = HERE) -> int:
    """Print the audit log as NDJSON, oldest first.

    Parameters
    ----------
    after
        Go on after the line with this number (`seq`).
    """
    import msgspec

    with common.client() as client:
        for line in client.export_audit(after=after):
            print(inert_json(msgspec.json.encode(line).decode()))
    return 0
