"""`runbell logs`: the log of an execution, as it is or as it grows."""

import sys
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from runbell.cli.inert import inert_json
from runbell.cli.lines import LineWriter
from runbell.cli.naming import execution_named
from runbell.cli.reaching import HERE, Common
from runbell.cli.terminal import lively


def logs(
    execution: str,
    /,
    *,
    follow: Annotated[bool, Parameter(name=("--follow", "-f"), negative="", show_default=False)] = False,
    step: str | None = None,
    grep: str | None = None,
    tail: Annotated[int | None, Parameter(name=("--tail", "-n"))] = None,
    stream: Literal["out", "err", "sys"] | None = None,
    common: Common = HERE,
) -> int:
    """Print the log of an execution, or follow it until it ends. -o ndjson prints every member of every line.

    Parameters
    ----------
    execution
        Its number, its id, key:KEY, or @last.
    follow
        Go on as it grows, until the execution has ended; a broken connection is resumed.
    step
        Only what this step said.
    grep
        Only lines with this text, letter case ignored.
    tail
        Only the last so many lines.
    stream
        Only what was written to stdout (out), to stderr (err), or by runbell itself (sys).
    """
    people = LineWriter(colours=lively(sys.stdout))
    with common.client() as client:
        ref = execution_named(client, execution)
        for line in client.logs(ref, follow=follow, step=step, q=grep, tail=tail, stream=stream):
            if common.form == "table":
                texts = people.feed(line)
            else:
                texts = iter([inert_json(msgspec.json.encode(line).decode())])
            for text in texts:
                print(text, flush=follow)
    for text in people.flush():
        print(text)
    return 0
