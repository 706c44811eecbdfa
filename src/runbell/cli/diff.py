"""`runbell diff`: what differs between two executions, or between one and its job as it is now."""

from typing import TYPE_CHECKING

from runbell.cli.completing import ExecutionName
from runbell.cli.inert import inert
from runbell.cli.naming import execution_named
from runbell.cli.output import cell, put, put_table
from runbell.cli.phrases import duration
from runbell.cli.planning import put_differences
from runbell.cli.reaching import HERE, Common
from runbell.cli.terminal import paint

if TYPE_CHECKING:
    from runbell.client import Diff
    from runbell.client.insights import Side


def diff(execution: ExecutionName, other: str = "", /, *, common: Common = HERE) -> int:
    """Say what differs: definition, parameters, steps, result, first line of the log.

    Parameters
    ----------
    other
        Another execution. Left out: the job as it is defined now.
    """
    with common.client() as client:
        ref = execution_named(client, execution)
        found = client.diff(ref, execution_named(client, other) if other else "current")
    put(common.form, found, lambda: _people(found))
    return 0


def _people(it: "Diff") -> None:
    print(f"{_side(it.before)}  →  {_side(it.after)}")
    for title, differences in (("Definition", it.definition), ("Parameters", it.params), ("Result", it.result)):
        if differences:
            print(f"\n{paint(title, '1')}")
            put_differences(differences, "")
    if it.steps:
        print()
        rows = [
            (
                cell(f"{each.name} [{each.scope}]" if each.scope else each.name),
                f"{each.before_status or '-'} {duration(each.before_ms)}",
                f"{each.after_status or '-'} {duration(each.after_ms)}",
            )
            for each in it.steps
        ]
        put_table(("STEP", "BEFORE", "AFTER"), rows, "")
    if it.log is not None:
        print(f"\n{paint('First line of the log that differs', '1')} (line {it.log.compared + 1})")
        print(f"- {_line(it.log.before)}\n+ {_line(it.log.after)}")
    elif it.after.execution and it.log_complete:
        print("\nThe logs say the same.")
    if not (it.definition or it.params or it.result or it.steps or it.log):
        print("Nothing differs.")


def _side(side: "Side") -> str:
    of = f"{side.job} {side.number}" if side.number else f"{side.job} as it is now"
    return paint(f"{of} (version {side.job_version})", "1")


def _line(text: str | None) -> str:
    return "(the log ends here)" if text is None else inert(text)
