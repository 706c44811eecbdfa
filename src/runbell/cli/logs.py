"""`runbell logs`: the log of an execution, as it is or as it grows."""

import sys
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from cyclopts import Parameter

from runbell.cli.completing import ExecutionName
from runbell.cli.inert import inert_json
from runbell.cli.lines import LineWriter
from runbell.cli.naming import execution_named
from runbell.cli.output import note, put
from runbell.cli.reaching import HERE, Common
from runbell.cli.terminal import lively
from runbell.cli.times import moment
from runbell.cli.trouble import Refusal

if TYPE_CHECKING:
    from runbell.client import Client, LogLine


def logs(
    execution: ExecutionName,
    /,
    *,
    follow: Annotated[bool, Parameter(name=("--follow", "-f"), negative="", show_default=False)] = False,
    since: str | None = None,
    step: str | None = None,
    grep: str | None = None,
    tail: Annotated[int | None, Parameter(name=("--tail", "-n"))] = None,
    failed: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    stream: Literal["out", "err", "sys"] | None = None,
    common: Common = HERE,
) -> int:
    """Print the log of an execution, or follow it until it ends. -o ndjson prints every member of every line.

    Parameters
    ----------
    follow
        Go on as it grows, until the execution has ended; a broken connection is resumed.
    since
        Only what was written since then: a time (2031-04-07T02:00:00Z), or so long ago (90s 10m 2h 3d).
    step
        Only what this step said.
    grep
        Only lines with this text, letter case ignored.
    tail
        Only the last so many lines.
    failed
        Only what the steps said that failed.
    stream
        Only what was written to stdout (out), to stderr (err), or by runbell itself (sys).
    """
    if failed and (follow or step):
        raise Refusal("--failed names the steps itself, once all has ended; leave out -f and --step.")
    began = moment("--since", since) if since else None
    with common.client() as client:
        ref = execution_named(client, execution)
        if failed:
            found: Iterable[LogLine] = _of_failed(client, ref, tail, q=grep, stream=stream, since=began)
        else:
            found = client.logs(ref, follow=follow, step=step, q=grep, tail=tail, stream=stream, since=began)
        _print(found, common, flush=follow)
    return 0


def _print(found: "Iterable[LogLine]", common: Common, *, flush: bool) -> None:
    if common.form in ("json", "yaml"):
        put(common.form, list(found), lambda: None)
        return
    people = LineWriter(colours=lively(sys.stdout))
    feed: Callable[[LogLine], Iterable[str]] = people.feed if common.form == "table" else _as_json
    for line in found:
        for text in feed(line):
            print(text, flush=flush)
    for text in people.flush():
        print(text)


def _as_json(line: "LogLine") -> Iterable[str]:
    return (inert_json(msgspec.json.encode(line).decode()),)


def _of_failed(
    client: "Client", ref: str, tail: int | None, *, q: str | None, stream: str | None, since: str | None
) -> "Iterable[LogLine]":
    """What the steps that failed have said, in its order."""
    slots = {
        (step.name, step.scope, step.attempt)
        for step in client.execution(ref).steps
        if step.status in ("failed", "lost")
    }
    if not slots:
        note("No step of it failed.")
        return ()
    names = {name for name, _, _ in slots}
    only = names.pop() if len(names) == 1 else None
    lines = client.logs(ref, step=only, q=q, stream=stream, since=since)
    mine = (line for line in lines if (line.step, line.scope, line.attempt) in slots)
    return mine if tail is None else deque(mine, tail)
