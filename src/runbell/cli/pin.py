"""`runbell pin` and `runbell unpin`: keep an execution for ever, or let retention have it again."""

from runbell.cli.completing import ExecutionName
from runbell.cli.naming import execution_named
from runbell.cli.output import put
from runbell.cli.phrases import ago
from runbell.cli.reaching import HERE, Common


def pin(execution: ExecutionName, /, *, common: Common = HERE) -> int:
    """Keep an execution, its log and its data, whatever its job's retention says."""
    return _pin(execution, common, pinned=True)


def unpin(execution: ExecutionName, /, *, common: Common = HERE) -> int:
    """Let the job's retention have an execution again."""
    return _pin(execution, common, pinned=False)


def _pin(execution: str, common: Common, *, pinned: bool) -> int:
    with common.client() as client:
        found = client.label(execution_named(client, execution), pinned=pinned)
    goes = "stays until it is unpinned" if pinned else f"goes {ago(found.expires_at)}" if found.expires_at else "stays"
    put(common.form, found, lambda: print(f"{found.job} {found.number} {goes}."))
    return 0
