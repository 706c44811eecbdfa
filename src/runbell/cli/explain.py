"""`runbell explain`: why an execution stands where it stands, in one sentence, and what can be done."""

from typing import TYPE_CHECKING

from runbell.cli.completing import ExecutionName
from runbell.cli.inert import inert
from runbell.cli.naming import execution_named
from runbell.cli.output import put, put_members
from runbell.cli.phrases import ago, duration
from runbell.cli.reaching import HERE, Common
from runbell.cli.terminal import paint, status_word

if TYPE_CHECKING:
    from runbell.client import Explanation
    from runbell.client.insights import Changed


def explain(execution: ExecutionName, /, *, common: Common = HERE) -> int:
    """Say why an execution stands where it stands, and what can be done."""
    with common.client() as client:
        found = client.explain(execution_named(client, execution))
    put(common.form, found, lambda: _people(found))
    return 0


def _people(it: "Explanation") -> None:
    print(paint(f"{it.job} {it.number}", "1") + f"  {status_word(it.status)}")
    print(inert(it.summary))
    for each in it.blocked_by:
        print(f"  {each.code}, since {ago(each.since)}: {inert(each.detail)}\n    {inert(each.unblock)}")
    known, step, restart = it.usual_ms, it.step, it.restart
    members = [
        ("place in the queue", str(it.position or "")),
        ("expected to start", f"{it.expected_start} ({ago(it.expected_start)})" if it.expected_start else ""),
        ("usually takes", f"{duration(known.p50)}, at most {duration(known.p95)}" if known else ""),
        ("step", inert(f"{step.name} [{step.scope}]" if step.scope else step.name) if step else ""),
        ("changed since", _changed(it.changed_since_last_success)),
        ("its job fires next", f"{it.next_fire} ({ago(it.next_fire)})" if it.next_fire else ""),
    ]
    if restart is not None:
        word = "possible" if restart.safe else "possible, look first" if restart.possible else "not possible"
        members += [("restart", f"{word}: {inert(restart.why)}")]
    put_members(members)
    if it.log_tail:
        print(f"\n{paint('Last lines it wrote', '1')}")
        for line in it.log_tail:
            print(f"  {inert(line)}")
    if restart is not None and restart.possible:
        print(f"\nWhat a restart would do: runbell restart {it.number} --plan")


def _changed(it: "Changed | None") -> str:
    if it is None:
        return ""
    what = [inert(each) or "the definition" for each in it.definition]
    what += [f"parameter {inert(each)}" for each in it.params]
    what += ["the machine"] if it.host else []
    return f"{it.number}, the last success: {', '.join(what) or 'nothing that is known here'}"
