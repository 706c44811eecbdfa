"""What an execution left behind: its log and its result."""

from pathlib import Path

from runbell.domain.execution import DATA_REMOVED, LOG_REMOVED, Execution
from runbell.domain.faults import Gone
from runbell.domain.identity import Actor
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.artifacts import LogFilter, LogPage
from runbell.ports.store import Ref


async def logs(ports: Ports, actor: Actor, ref: Ref, wanted: LogFilter) -> tuple[Execution, LogPage]:
    """Lines of the log, while it runs and after. Raises NotFound, Gone."""
    execution = await look.execution(ports, actor, ref)
    check_kept(execution, LOG_REMOVED, "log")
    return execution, await ports.artifacts.log(execution.id, wanted)


async def log_file(ports: Ports, actor: Actor, ref: Ref) -> tuple[Execution, Path | None]:
    """The stored log as a file, None when nothing was written. Raises NotFound, Gone."""
    execution = await look.execution(ports, actor, ref)
    check_kept(execution, LOG_REMOVED, "log")
    return execution, ports.artifacts.log_file(execution.id)


async def result(ports: Ports, actor: Actor, ref: Ref) -> tuple[Execution, bytes | None]:
    """The result as JSON text, None when there is none (yet). Raises NotFound, Gone."""
    execution = await look.execution(ports, actor, ref)
    held = execution.result
    if held is None:
        return execution, None
    if held.inline is not None:
        return execution, held.inline.encode()
    check_kept(execution, DATA_REMOVED, "data")
    return execution, await ports.artifacts.result(execution.id, held.file or "")


def check_kept(execution: Execution, taken: int, thing: str) -> None:
    """Refuse what retention has removed before the execution itself. Raises Gone."""
    if execution.removed & taken:
        raise Gone(
            f"The {thing} of execution {execution.number} was removed when its time was over (`retention` of its job); "
            "pin an execution to keep everything of it.",
            execution=execution.id,
        )
